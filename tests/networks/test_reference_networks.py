"""The residual networks give the ContraGAN authors' outputs with their weights."""

import numpy as np
import pytest
from golden_files import load_golden, part, relative_error

from tfgan_contra.importers.studiogan import assign_discriminator, assign_generator
from tfgan_contra.models.configs import ContraGANConfig
from tfgan_contra.networks.configs import BigResNetConfig, ResNetConfig
from tfgan_contra.types import DataSpec

CASES = {
    "contragan/models_resnet32_contragan.npz": (
        DataSpec(32, 3, 10),
        ContraGANConfig(
            network=ResNetConfig(g_width=8, d_width=8, latent_dim=64), embedding_dim=24
        ),
    ),
    "contragan/models_big_resnet64_contragan_recipe.npz": (
        DataSpec(64, 3, 12),
        ContraGANConfig(
            network=BigResNetConfig(
                g_width=8,
                d_width=8,
                latent_dim=100,
                shared_dim=16,
                g_attention_after=(3,),
                d_attention_after=(1,),
            ),
            embedding_dim=16,
        ),
    ),
}


@pytest.fixture(params=list(CASES), scope="module")
def case(request):
    arrays = load_golden(request.param)
    spec, config = CASES[request.param]
    gan = config.build(spec)
    assign_generator(gan.generator, part(arrays, "G_state/"))
    assign_discriminator(gan, part(arrays, "D_state/"))
    return gan, arrays


def images(gan, arrays, training):
    stride = int(arrays.get("meta/stored_image_stride", 1))
    inputs = [arrays["in/z"], arrays["in/y_fake"]]
    return np.asarray(gan.generator(inputs, training=training))[:, ::stride, ::stride]


def check_discriminator(gan, arrays, mode):
    outputs = gan.discriminate(
        arrays["in/images_nhwc"], arrays["in/y_real"], training=mode == "train"
    )
    for ours, theirs in (
        ("global_features", "h"),
        ("logits", "adv_output"),
        ("embeddings", "embed"),
        ("proxies", "proxy"),
    ):
        error = relative_error(outputs[ours], arrays[f"{mode}/D_{theirs}"])
        assert error < 1e-4, (ours, error)
    return outputs


def test_outputs_equal_the_authors(case):
    """Evaluation first: training moves BatchNorm and spectral norm state."""
    gan, arrays = case
    error = relative_error(images(gan, arrays, False), arrays["eval/G_images_nhwc"])
    assert error < 1e-4
    outputs = check_discriminator(gan, arrays, "eval")
    wrong = arrays.get("wrong_if_relu_not_in_place/eval_D_adv_output")
    if wrong is not None:
        assert relative_error(outputs["logits"], wrong) > 0.1

    error = relative_error(images(gan, arrays, True), arrays["train/G_images_nhwc"])
    assert error < 1e-4
    check_discriminator(gan, arrays, "train")

    after = load_after_training(gan, arrays)
    for name, (ours, theirs) in after.items():
        assert relative_error(ours, theirs) < 1e-4, name


def load_after_training(gan, arrays):
    """Pairs of our state and the authors' after one training forward pass."""
    spec, config = gan.spec, gan.config
    fresh = config.build(spec)
    for prefix, assign, target in (
        ("G_state/", assign_generator, fresh.generator),
        ("D_state/", assign_discriminator, fresh),
    ):
        state = part(arrays, prefix) | part(arrays, f"after_train/{prefix}")
        assign(target, state)
    pairs = {}
    for ours, theirs in (
        (gan.generator, fresh.generator),
        *zip(gan.d_parts, fresh.d_parts, strict=True),
    ):
        for a, b in zip(ours.variables, theirs.variables, strict=True):
            pairs[a.path] = (np.asarray(a), np.asarray(b))
    return pairs
