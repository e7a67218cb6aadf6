import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part, relative_error
from loss_checks import assert_gradient

from tfgan_contra.layers import (
    ReferenceAttention,
    SelfAttention,
    spectral_norm_layers,
)

GOLDEN = load_golden("ssgan_infomax_dual/attention_sagan_c16_8x8.npz")
LAYERS = (SelfAttention, ReferenceAttention)


def random_features(rows=2, height=4, width=6, channels=16, seed=1):
    shape = (rows, height, width, channels)
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def filled(layer, state):
    """Gives a built layer the weights of a PyTorch state."""
    for name, theirs in (("theta", "theta"), ("phi", "phi"), ("g", "g"), ("out", "o")):
        kernel = state[f"{theirs}.weight"].transpose(2, 3, 1, 0)
        getattr(layer, name).kernel.assign(kernel)
    layer.gate.assign(state["gamma"])
    return layer


def random_layer(kind, channels=16, gate=0.7, **options):
    layer = kind(**options)
    shape = (None, 4, 6, channels)
    layer.build(*(shape,) * (2 if kind is ReferenceAttention else 1))
    layer.gate.assign(gate)
    return layer


def twin(layer, inputs, reference):
    """The attention in float64, position by position."""

    def convolved(name, features):
        kernel = np.asarray(tf.convert_to_tensor(getattr(layer, name).kernel))
        return np.asarray(features, np.float64) @ kernel[0, 0]

    def pooled(features):
        rows, height, width, channels = features.shape
        windows = features.reshape(rows, height // 2, 2, width // 2, 2, channels)
        return windows.max((2, 4)).reshape(rows, -1, channels)

    queries = convolved("theta", inputs).reshape(len(inputs), -1, inputs.shape[-1] // 8)
    keys, values = (pooled(convolved(name, reference)) for name in ("phi", "g"))
    scores = np.exp(queries @ keys.transpose(0, 2, 1))
    read = scores / scores.sum(-1, keepdims=True) @ values
    read = convolved("out", read.reshape(*inputs.shape[:-1], -1))
    return inputs + float(layer.gate) * read


def test_outputs_and_gradient_equal_a_published_pytorch_version():
    inputs = tf.constant(GOLDEN["x_nhwc"])
    layer = SelfAttention()
    layer.build(inputs.shape)
    filled(layer, part(GOLDEN, "sd/"))
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(inputs)
        score = tf.reduce_sum(outputs * GOLDEN["grad_output_nhwc"])
    assert relative_error(outputs, GOLDEN["y_eval_nhwc"]) < 1e-5
    assert_gradient(tape.gradient(score, inputs), GOLDEN["grad_x_nhwc"])


def test_height_and_width_may_differ():
    inputs, layer = random_features(), random_layer(SelfAttention)
    expected = twin(layer, inputs, inputs)
    np.testing.assert_allclose(layer(inputs), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(4, 6), (2, 8)])
def test_reference_gives_keys_and_values(shape):
    inputs, layer = random_features(), random_layer(ReferenceAttention)
    reference = random_features(height=shape[0], width=shape[1], seed=2)
    expected = twin(layer, inputs, reference)
    np.testing.assert_allclose(layer(inputs, reference), expected, rtol=1e-4, atol=1e-5)
    assert np.abs(layer(inputs, inputs) - expected).max() > 0.01


def test_an_image_as_its_own_reference_is_self_attention():
    inputs, layer = random_features(), random_layer(SelfAttention)
    other = random_layer(ReferenceAttention)
    for weight, source in zip(other.weights, layer.weights, strict=True):
        weight.assign(source)
    np.testing.assert_array_equal(other(inputs, inputs), layer(inputs))


@pytest.mark.parametrize("kind", LAYERS)
def test_starts_as_the_identity(kind):
    inputs, layer = random_features(), kind()
    given = (inputs, inputs[::-1]) if kind is ReferenceAttention else (inputs,)
    np.testing.assert_array_equal(layer(*given), inputs)


@pytest.mark.parametrize("kind", LAYERS)
def test_spectral_norm_divides_all_four_kernels(kind):
    inputs, layer = random_features(), random_layer(kind, spectral_norm=True)
    given = (inputs, inputs[::-1]) if kind is ReferenceAttention else (inputs,)
    assert len(spectral_norm_layers(layer)) == 4
    for convolution in spectral_norm_layers(layer):
        convolution.settle()
    outputs = layer(*given)
    for convolution in spectral_norm_layers(layer):
        convolution.kernel.assign(5.0 * tf.convert_to_tensor(convolution.kernel))
    np.testing.assert_allclose(layer(*given), outputs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", LAYERS)
def test_rebuilt_from_its_config(kind):
    copy = kind.from_config(kind(spectral_norm=True, name="mixing").get_config())
    assert (copy.spectral_norm, copy.name) == (True, "mixing")


def test_a_reference_of_other_channels_is_refused():
    with pytest.raises(ValueError, match="equally many channels. Received: 16 and 8"):
        ReferenceAttention().build((None, 4, 4, 16), (None, 4, 4, 8))
