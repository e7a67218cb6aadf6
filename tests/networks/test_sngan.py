"""SNGAN's networks give mimicry's and compare_gan's outputs with their weights."""

import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part, relative_error
from networks.sngan_cases import (
    CASES,
    filled,
    head_outputs,
    load_case,
    variables,
)

from tfgan_contra.losses import hinge_discriminator_loss, hinge_generator_loss
from tfgan_contra.networks.sngan_blocks import SNGANGeneratorBlock

BEFORE_RELU = "D/act_eval_before_next_inplace_relu/"
# Passes through the discriminator in one step on it: real, fake, rotated.
D_PASSES = {"sngan32": 2, "ssgan64": 3, "infomaxgan32": 2}


@pytest.fixture(scope="module", params=CASES)
def case(request):
    return request.param, load_case(request.param)


def close(ours, theirs, name=""):
    assert relative_error(ours, theirs) < 1e-4, name


def test_outputs_in_evaluation(case):
    _, arrays = case
    generator, discriminator, heads = filled(arrays)
    close(generator(arrays["in/z"]), arrays["G/out_eval_nhwc"])
    features = discriminator(arrays["in/x_nhwc"])
    for name, ours in head_outputs(heads, features).items():
        close(ours, arrays[f"D/eval/{name}"], name)
    if "D/eval/local_feat_nhwc" in arrays:
        close(features["local_features"], arrays["D/eval/local_feat_nhwc"])
        close(features["global_features"], arrays["D/eval/global_feat"])


def test_every_block_in_evaluation(case):
    """The first map is theirs in another order; the features are the blocks' outputs.

    Theirs are as computed, before the next block's ReLU overwrites them.
    """
    _, arrays = case
    generator, discriminator, _ = filled(arrays)
    first = generator.first_side
    theirs = arrays["G/act_eval/l1"]
    rows = len(theirs)
    hidden = tf.reshape(generator.first(arrays["in/z"]), [rows, first, first, -1])
    planes = theirs.reshape(rows, -1, first, first)
    close(hidden, np.moveaxis(planes, 1, 3))
    compared = 0
    for number, block in enumerate(generator.blocks, start=2):
        hidden = block(hidden)
        if f"G/act_eval/block{number}" in arrays:
            close(hidden, arrays[f"G/act_eval/block{number}"], number)
            compared += 1
    outputs = discriminator.block_outputs(arrays["in/x_nhwc"])
    last = len(outputs)
    for number, ours in enumerate(outputs, start=1):
        of_infomax = f"local_feat_blocks.{number - 1}"
        if number == last:
            of_infomax = "global_feat_blocks.0"
        for name in (f"block{number}", of_infomax):
            if BEFORE_RELU + name in arrays:
                close(ours, arrays[BEFORE_RELU + name], name)
                compared += 1
    assert compared >= 3


def test_outputs_and_state_in_training(case):
    """Running variances are unbiased, as PyTorch's; u and v move by one iteration."""
    _, arrays = case
    generator, discriminator, heads = networks = filled(arrays)
    images = generator(arrays["in/z"], training=True)
    for name, axis in (("mean", np.mean), ("std", np.std)):
        theirs = arrays[f"G/out_train_{name}_per_image_channel"]
        close(axis(np.asarray(images), axis=(1, 2)), theirs, name)
    if "G/out_train_nhwc" in arrays:
        close(images, arrays["G/out_train_nhwc"])
    features = discriminator(arrays["in/x_nhwc"], training=True)
    for name, ours in head_outputs(heads, features, training=True).items():
        close(ours, arrays[f"D/train/{name}"], name)
    check_state(
        networks,
        arrays,
        part(arrays, "G/sd_after_1_train_forward/"),
        part(arrays, "D/sd_after_1_train_forward/"),
    )


def check_state(networks, arrays, generator_state, discriminator_state):
    """Compares all variables with those of networks that the states were given to."""
    expected = filled(arrays, generator_state, discriminator_state)
    pairs = zip(
        variables(list(networks[:2]) + list(networks[2].values())),
        variables(list(expected[:2]) + list(expected[2].values())),
        strict=True,
    )
    for (name, ours), (_, theirs) in pairs:
        close(ours, theirs, name)


def test_the_vectors_after_all_passes_of_a_step(case):
    name, arrays = case
    _, discriminator, heads = filled(arrays)
    for number in range(D_PASSES[name]):
        features = discriminator(arrays["in/x_nhwc"], training=True)
        projections = {k: v for k, v in heads.items() if not number or "_head" in k}
        head_outputs(projections, features, training=True)
    _, expected, expected_heads = filled(arrays, None, part(arrays, "step/D/u_after/"))
    pairs = zip(
        variables([discriminator, *heads.values()]),
        variables([expected, *expected_heads.values()]),
        strict=True,
    )
    compared = 0
    for (path, ours), (_, theirs) in pairs:
        if path.endswith("sn_u"):
            close(ours, theirs, path)
            compared += 1
    assert compared == len(part(arrays, "step/D/u_after/"))


def as_gradients(arrays, role):
    """Returns mimicry's gradients as the variables of networks that they fill."""
    states = {"G": None, "D": None} | {role: part(arrays, f"step/{role}/grad/")}
    generator, discriminator, heads = filled(arrays, states["G"], states["D"])
    parts = [generator] if role == "G" else [discriminator, *heads.values()]
    return [np.asarray(v) for _, v in variables(parts) if v.trainable]


def test_gradients_of_one_step():
    """Of SNGAN's; those of the other methods go through their losses."""
    arrays = load_case("sngan32")
    generator, discriminator, heads = filled(arrays)
    head = heads["logit_head"]

    def logits(images):
        features = discriminator(images, training=True)["global_features"]
        return head(features, training=True)

    d_weights = [*discriminator.trainable_variables, *head.trainable_variables]
    fakes = generator(arrays["step/z_D"], training=True)
    with tf.GradientTape() as tape:
        real, fake = logits(arrays["in/x_nhwc"]), logits(fakes)
        loss = hinge_discriminator_loss(real, fake)
    close(loss, arrays["step/D/errD"])
    gradients = tape.gradient(loss, [weight.value for weight in d_weights])
    for ours, theirs in zip(gradients, as_gradients(arrays, "D"), strict=True):
        close(ours, theirs)

    g_weights = generator.trainable_variables
    with tf.GradientTape() as tape:
        loss = hinge_generator_loss(
            logits(generator(arrays["step/z_G"], training=True))
        )
    close(loss, arrays["step/G/errG"])
    gradients = tape.gradient(loss, [weight.value for weight in g_weights])
    scale = max(np.abs(gradient).max() for gradient in gradients)
    for weight, ours, theirs in zip(
        g_weights, gradients, as_gradients(arrays, "G"), strict=True
    ):
        if before_a_norm(weight.path):
            assert max(np.abs(ours).max(), np.abs(theirs).max()) < 1e-5 * scale
        else:
            close(ours, theirs, weight.path)


def before_a_norm(path):
    """Whether a weight is a bias that a later norm takes away: it has no gradient.

    Upsampling keeps a constant, so the last norm takes away those of every shortcut.
    """
    *_, block, _, weight = path.split("/")
    return weight == "bias" and block.startswith("block")


def test_the_block_of_ssgans_authors():
    arrays = load_golden("ssgan_infomax_dual/compare_gan_block_G_up_sbn.npz")
    block = SNGANGeneratorBlock(
        5,
        upsampling="zero_insertion",
        shortcut_kernel=3,
        self_modulated=True,
        spectral_norm=False,
        initializer="zeros",
    )
    x, z, theirs = arrays["x_nhwc"], arrays["z"], part(arrays, "var/B1/")
    block.build(x.shape, z.shape)
    for conv, name in (
        (block.conv1, "up_conv1"),
        (block.conv2, "same_conv2"),
        (block.shortcut, "up_conv_shortcut"),
    ):
        conv.kernel.assign(theirs[f"{name}/kernel"])
        conv.bias.assign(theirs[f"{name}/bias"])
    for norm, name in ((block.norm1, "bn1"), (block.norm2, "bn2")):
        norm.norm.moving_mean.assign(theirs[f"{name}/moving_mean"])
        norm.norm.moving_variance.assign(theirs[f"{name}/moving_variance"])
        for layer, part_name in (
            (norm.hidden_layer, "hidden"),
            (norm.gamma, "gamma"),
            (norm.beta, "beta"),
        ):
            layer.kernel.assign(theirs[f"{name}/sbn/{part_name}/kernel"])
            layer.bias.assign(theirs[f"{name}/sbn/{part_name}/bias"])
    close(block(x, z), arrays["y_eval_nhwc"])
    close(block(x, z, training=True), arrays["y_train_nhwc"])
