"""CUT, FastCUT and SinCUT go through the whole harness, from colour to grey."""

import dataclasses

import numpy as np
import pytest
from models import harness

from tfgan_contra.errors import ConfigError
from tfgan_contra.models.translation_configs import (
    CUTConfig,
    FastCUTConfig,
    SinCUTConfig,
)
from tfgan_contra.regularizers.configs import TopKConfig

CUT = CUTConfig(
    network=harness.TRANSLATION_NETWORK,
    nce_layers=(0, 4, 12),
    num_patches=16,
    embedding_dim=8,
)
SINCUT = SinCUTConfig(
    network=harness.SINCUT_NETWORK, nce_layers=(0, 2), embedding_dim=8
)
SHARED = {
    field.name: getattr(CUT, field.name)
    for field in dataclasses.fields(CUT)
    if field.name in ("network", "nce_layers", "num_patches", "embedding_dim")
}
VARIANTS = {
    "cut": CUT,
    "cut_average_batch_negatives": dataclasses.replace(
        CUT, ema_decay=0.9, ema_start=1, negatives="batch"
    ),
    "fastcut": FastCUTConfig(**SHARED),
    "sincut": SINCUT,
}


# Options of a variant that is here already; they run on demand.
LATER = ("cut_average_batch_negatives",)


@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.slow if name in LATER else ())
        for name in VARIANTS
    ],
    scope="module",
)
def config(request):
    return VARIANTS[request.param]


@pytest.fixture(scope="module")
def gan(config):
    return harness.build(config)


def test_config_round_trip(config):
    harness.check_config_round_trip(config)


def test_trains_and_resumes(gan, config, tmp_path):
    harness.check_trains(gan, config)
    harness.check_resume(gan, config, tmp_path / "state.npz")


def test_keras_saves_its_weights(gan, tmp_path):
    harness.check_save_weights(gan, tmp_path / "gan.weights.h5")


def test_exports(gan, tmp_path):
    harness.check_translation_export(gan, tmp_path / "model")


def test_two_replicas_equal_one(gan, config, two_replicas):
    harness.check_two_replicas(config, two_replicas, gan)


@pytest.mark.parametrize(
    ("name", "precision"),
    [
        ("cut", "mixed_bfloat16"),
        ("cut", "mixed_float16"),
        ("sincut", "mixed_float16"),
    ],
)
def test_mixed_precision(name, precision, tmp_path):
    harness.check_precision(VARIANTS[name], precision, tmp_path / "state.npz")


def test_the_paper_weighs_both_contrasts_by_half():
    weights = CUTConfig().loss_weights()
    assert weights == {
        "d_adversarial": 1.0,
        "g_adversarial": 2.0,
        "g_nce": 0.5,
        "g_identity_nce": 0.5,
    }
    assert FastCUTConfig().loss_weights()["g_nce"] == 10.0


def test_losses_are_named_by_layer(gan, config):
    names = gan.loss_names()
    for layer in config.nce_layers:
        assert f"g_nce_layer_{layer}" in names
    assert ("g_identity_nce" in names) == config.translates_target
    assert ("g_identity" in names) == isinstance(config, SinCUTConfig)


def test_mirrored_steps_happen_half_of_the_time():
    gan = harness.build(VARIANTS["fastcut"])
    drawn = []
    for step in range(200):
        gan.step.assign(step)
        drawn.append(bool(gan.draw_mirrored(gan.step_noise())))
    assert 70 < sum(drawn) < 130


def test_translation_keeps_the_size(gan):
    images = np.zeros((1, 13, 18, 3), np.float32)
    assert gan.translate(images).shape == (1, 13, 18, 1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"network": harness.NETWORK}, "network must be of TranslationNetworkConfig"),
        ({"regularizers": (TopKConfig(),)}, "regularizers must be of Dragan"),
        ({"nce_layers": (0, 4, 99)}, r"nce_layers must be .* 0 to 24"),
        ({"nce_layers": (4, 4)}, "different layers"),
        ({"negatives": "others"}, "negatives"),
    ],
)
def test_a_config_that_cannot_train_is_refused(changes, words):
    with pytest.raises(ConfigError, match=words):
        dataclasses.replace(CUT, **changes).validate("method")


def test_crops_too_small_for_the_discriminator_are_refused():
    network = dataclasses.replace(
        harness.TRANSLATION_NETWORK, discriminator="n_layers", d_halvings=6
    )
    with pytest.raises(ConfigError, match="image size .* or more with this"):
        network.check_resolution("method.network", 32)
    least = build_discriminator(network).smallest_side
    network.check_resolution("method.network", least)
    with pytest.raises(ConfigError, match=f"{least} or more"):
        network.check_resolution("method.network", least - 1)


def build_discriminator(network):
    return network.build_discriminator(harness.TRANSLATION_SPEC)


def test_networks_trained_together_skip_an_overflow_together():
    gan = harness.build(VARIANTS["fastcut"], precision="mixed_float16")
    gan.g_optimizer.dynamic_scale.assign(1e30)
    harness.fit(gan, VARIANTS["fastcut"], steps=2)
    counts = [
        int(np.asarray(o.inner_optimizer.iterations))
        for o in (gan.g_optimizer, gan.f_optimizer)
    ]
    assert counts == [0, 0]
