import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part, relative_error

from tfgan_contra.importers.sincut import (
    assign_equalized_block,
    assign_equalized_convolution,
    assign_equalized_linear,
    assign_upsampling_convolution,
)
from tfgan_contra.layers import (
    EqualizedConv2D,
    EqualizedDense,
    EqualizedResidualBlock,
    UpsamplingConv2D,
)

GOLDEN = load_golden("cut/sincut_layers.npz")
INPUTS = GOLDEN["input_nhwc"]
CONVOLUTIONAL = {
    "convlayer3": (EqualizedConv2D(5, 3), assign_equalized_convolution),
    "convlayer3_down": (
        EqualizedConv2D(5, 3, downsample=True),
        assign_equalized_convolution,
    ),
    "resblock_down": (
        EqualizedResidualBlock(6, downsample=True),
        assign_equalized_block,
    ),
    "resblock_same": (EqualizedResidualBlock(4), assign_equalized_block),
    "styledconv_up": (UpsamplingConv2D(3), assign_upsampling_convolution),
}


@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_outputs_equal_the_authors(name):
    layer, assign = CONVOLUTIONAL[name]
    layer.build(INPUTS.shape)
    state = {f"x.{k}": v for k, v in part(GOLDEN, f"{name}/").items()}
    assign(layer, "x", state)
    noise = GOLDEN.get(f"{name}_noise_nhwc")
    outputs = layer(INPUTS) if noise is None else layer(INPUTS, noise=noise)
    assert relative_error(outputs, GOLDEN[f"{name}_out_nhwc"]) < 1e-5
    # Every constant and weight of the file had a place.
    weights = sum(1 for key in state if not key.endswith("kernel"))
    assert len(layer.weights) == weights


def test_linear_layer_equals_the_authors():
    layer = EqualizedDense(5)
    layer.build((None, 6))
    state = {f"x.{k}": v for k, v in part(GOLDEN, "equal_linear/").items()}
    assign_equalized_linear(layer, "x", state)
    outputs = layer(GOLDEN["equal_linear_in"])
    theirs = GOLDEN["equal_linear_out"]
    config = layer.get_config() | {"activate": True, "gain": np.sqrt(2)}
    activated = EqualizedDense.from_config(config)
    activated.build((None, 6))
    activated.set_weights(layer.get_weights())
    expected = np.sqrt(2) * np.where(outputs > 0, outputs, 0.2 * outputs)
    assert min(relative_error(o, theirs) for o in (outputs, expected)) < 1e-5
    assert relative_error(activated(GOLDEN["equal_linear_in"]), expected) < 1e-5


def test_kernels_are_normal_and_scaled_when_used():
    layer = EqualizedConv2D(64, 3)
    layer.build((None, None, None, 64))
    assert np.asarray(layer.kernel).std() == pytest.approx(1.0, rel=0.02)
    scaled = np.asarray(layer.scaled_kernel()).std()
    assert scaled == pytest.approx(np.sqrt(2 / (9 * 64)), rel=0.02)
    assert not np.any(np.asarray(layer.bias))


def test_noise_is_off_at_first_and_the_same_for_all_channels():
    layer = UpsamplingConv2D(3)
    noise = tf.random.stateless_normal([2, 12, 14, 1], [1, 2])

    def before_activation(outputs):
        return np.where(outputs > 0, outputs, outputs / 0.2) / np.sqrt(2)

    plain = layer(INPUTS)
    np.testing.assert_array_equal(layer(INPUTS, noise=noise), plain)
    layer.noise_strength.assign(0.5)
    noisy = layer(INPUTS, noise=noise)
    change = before_activation(noisy) - before_activation(plain)
    np.testing.assert_allclose(
        change, np.broadcast_to(0.5 * noise, change.shape), atol=1e-4
    )


def test_configs_rebuild_the_layers():
    for layer in (*(c[0] for c in CONVOLUTIONAL.values()), EqualizedDense(2)):
        copy = type(layer).from_config(layer.get_config())
        assert copy.get_config() == layer.get_config()
