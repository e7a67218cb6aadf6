"""Blocks and spectral norm of XMC-GAN against the authors' JAX code."""

import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part, relative_error
from loss_checks import assert_gradient
from networks import text_to_image_cases as cases

from tfgan_contra.layers import SNConv2D, SNDense
from tfgan_contra.networks.text_to_image_blocks import (
    ModulatedGeneratorBlock,
    discriminator_block,
)

GOLDEN = load_golden("xmcgan/layers.npz")
DISCRIMINATOR_BLOCKS = {
    "disc_optimized_block_3to4": {"filters": 4, "downsample": True, "first": True},
    "disc_block_4to6_down": {"filters": 6, "downsample": True, "first": False},
    "disc_block_4to4_nodown": {"filters": 4, "downsample": False, "first": False},
}


def check(layer, golden, inputs, variables, state):
    """Compares a training call in outputs, gradients and state; returns gradients."""
    cases.assign(variables, part(golden, "params/"))
    cases.assign(state, part(golden, "before/"))
    inputs = [tf.constant(array) for array in inputs]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(*inputs, training=True)
        score = tf.reduce_sum(outputs * golden["cotangent"])
    assert relative_error(outputs, golden["out"]) < 1e-5
    weights = [variable.value for variable in variables.values()]
    of_inputs, of_weights = tape.gradient(score, [inputs, weights])
    largest = max(np.abs(gradient).max() for gradient in of_weights)
    for name, ours in zip(variables, of_weights, strict=True):
        theirs = golden[f"grad_params/{name}"]
        if np.abs(theirs).max() < 1e-5 * largest:
            # A bias before a norm: what is left of its gradient is rounding.
            assert np.abs(ours).max() < 1e-5 * largest, name
        else:
            assert_gradient(ours, theirs)
    for name, ours in state.items():
        theirs = golden[f"after/{name}"].reshape(ours.shape)
        assert relative_error(ours, theirs) < 1e-5, name
    return of_inputs


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("spectral_dense_7to5", lambda: SNDense(5, epsilon=1e-10)),
        ("spectral_conv3x3_4to6", lambda: SNConv2D(6, 3, padding="same")),
    ],
)
def test_spectral_norm_equals_the_authors(name, make):
    """They add 1e-10 where we have a lower bound, which no real kernel comes near."""
    golden, layer = part(GOLDEN, f"{name}/"), make()
    layer.build(golden["in_x"].shape)
    state = {"spectral_norm_stats/u0": layer.sn_u}
    (gradient,) = check(layer, golden, [golden["in_x"]], cases.linear(layer, ""), state)
    assert_gradient(gradient, golden["grad_in_x"])
    np.testing.assert_array_equal(layer.kernel, golden["params/kernel"])


@pytest.mark.parametrize("name", ["gen_block_6to4", "gen_spatial_block_6to4"])
def test_generator_blocks_equal_the_authors(name):
    """Their spatial block is given the condition twice, also at the larger size."""
    golden = part(GOLDEN, f"{name}/")
    block = ModulatedGeneratorBlock(4, spectral_norm=False, initializer="zeros")
    block.build(golden["in_x"].shape, golden["in_cond"].shape)
    of_inputs, of_condition = check(
        block,
        golden,
        [golden["in_x"], golden["in_cond"]],
        cases.generator_block(block),
        cases.generator_block_state(block),
    )
    assert_gradient(of_inputs, golden["grad_in_x"])
    theirs = golden["grad_in_cond"]
    if "in_cond_upsampled" in golden:
        enlarged = golden["in_cond"].repeat(2, 1).repeat(2, 2)
        np.testing.assert_array_equal(golden["in_cond_upsampled"], enlarged)
        windows = golden["grad_in_cond_upsampled"].reshape(3, 4, 2, 4, 2, 5)
        theirs = theirs + windows.sum((2, 4))
    assert_gradient(of_condition, theirs)


@pytest.mark.parametrize("name", DISCRIMINATOR_BLOCKS)
def test_discriminator_blocks_equal_the_authors(name):
    golden = part(GOLDEN, f"{name}/")
    block = discriminator_block(
        **DISCRIMINATOR_BLOCKS[name], spectral_norm=True, initializer="glorot_normal"
    )
    block.build(golden["in_x"].shape)
    (gradient,) = check(
        block,
        golden,
        [golden["in_x"]],
        cases.discriminator_block(block),
        cases.discriminator_block_state(block),
    )
    assert_gradient(gradient, golden["grad_in_x"])


@pytest.mark.parametrize("spatial", [False, True])
def test_a_block_is_rebuilt_from_its_config(spatial):
    options = {"spectral_norm": True, "initializer": "orthogonal", "name": "one"}
    block = ModulatedGeneratorBlock(4, **options)
    config = block.get_config()
    assert config | {"filters": 4, **options} == config
    copy = ModulatedGeneratorBlock.from_config(config)
    condition = (None, 2, 2, 5) if spatial else (None, 5)
    for layer in (block, copy):
        layer.build((None, 4, 4, 3), condition)
    assert [w.path for w in copy.weights] == [w.path for w in block.weights]
