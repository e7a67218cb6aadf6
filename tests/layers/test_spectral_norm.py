import keras
import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part, relative_error

from tfgan_contra.layers import (
    SNConv2D,
    SNConv2DTranspose,
    SNDense,
    SNEmbedding,
    fold_spectral_norm,
    spectral_norm_layers,
)
from tfgan_contra.networks import ResNetGenerator

GOLDEN = load_golden("contragan/spectral_norm_layers.npz")


def convolution_rest(inputs, size):
    return lambda v: v.reshape(inputs, size, size).transpose(1, 2, 0).ravel()


def deconvolution_rest(inputs, size):
    # PyTorch's rows after moving the output channels first: (in, kh, kw).
    return convolution_rest(inputs, size)


def same(array):
    return array


OIHW = (2, 3, 1, 0)
CASES = {
    "conv3x3_6to8": (
        lambda: SNConv2D(8, 3, padding="same"),
        lambda w: w.transpose(OIHW),
        convolution_rest(6, 3),
    ),
    "conv1x1_6to4_nobias": (
        lambda: SNConv2D(4, 1, use_bias=False),
        lambda w: w.transpose(OIHW),
        convolution_rest(6, 1),
    ),
    "conv4x4_stride2_5to7": (
        lambda: SNConv2D(7, 4, strides=2, padding="same"),
        lambda w: w.transpose(OIHW),
        convolution_rest(5, 4),
    ),
    "deconv4x4_stride2_6to4": (
        lambda: SNConv2DTranspose(4, 4, strides=2, padding="same"),
        lambda w: w.transpose(2, 3, 1, 0),
        deconvolution_rest(6, 4),
    ),
    "linear_9to7": (lambda: SNDense(7), lambda w: w.T, same),
    "embedding_12x5": (lambda: SNEmbedding(12, 5), same, same),
}


def from_file(golden, name):
    return golden.get(f"{name}_nhwc", golden.get(name))


@pytest.mark.parametrize("case", list(CASES))
def test_equals_pytorch(case):
    golden = part(GOLDEN, f"{case}/")
    make, kernel, rest = CASES[case]
    layer = make()
    inputs = from_file(golden, "input")
    layer.build(inputs.shape)
    weight = getattr(layer, layer._kernel_name)
    weight.assign(kernel(golden["weight_orig"]))
    layer.sn_u.assign(golden["u_before"])
    layer.sn_v.assign(rest(golden["v_before"]))
    if "bias" in golden:
        layer.bias.assign(golden["bias"])

    outputs = layer(inputs, training=False)
    assert relative_error(outputs, from_file(golden, "eval_before_output")) < 1e-5
    with tf.GradientTape() as tape:
        outputs = layer(inputs, training=True)
        score = tf.reduce_sum(outputs * from_file(golden, "R"))
    gradient = tf.convert_to_tensor(tape.gradient(score, weight.value))
    assert relative_error(outputs, from_file(golden, "train1_output")) < 1e-5
    assert relative_error(layer.sn_u, golden["train1_u"]) < 1e-5
    assert relative_error(layer.sn_v, rest(golden["train1_v"])) < 1e-5
    assert relative_error(layer.sigma(), golden["train1_sigma"]) < 1e-5
    assert relative_error(gradient, kernel(golden["train1_grad_weight_orig"])) < 1e-4
    outputs = layer(inputs, training=True)
    assert relative_error(outputs, from_file(golden, "train2_output")) < 1e-5
    outputs = layer(inputs, training=False)
    assert relative_error(outputs, from_file(golden, "eval_after_output")) < 1e-5
    exact = golden["largest_singular_value_exact"]
    assert relative_error(layer.sigma(iterations=200), exact) < 1e-4
    np.testing.assert_array_equal(weight, kernel(golden["weight_orig"]))


def test_evaluation_is_frozen_unless_asked_to_iterate():
    inputs = np.ones((2, 5), np.float32)
    frozen, iterating = SNDense(4), SNDense(4, evaluation="iterate")
    for layer, moves in ((frozen, False), (iterating, True)):
        layer.build(inputs.shape)
        before = np.array(layer.sn_u)
        layer(inputs, training=False)
        assert np.any(before != np.array(layer.sn_u)) == moves


def test_sigma_is_float32_under_mixed_precision():
    layer = SNDense(4, dtype="mixed_bfloat16")
    outputs = layer(np.ones((2, 5), np.float32), training=True)
    assert outputs.dtype == tf.bfloat16
    assert layer.sigma().dtype == tf.float32


def test_whole_step_xla_gives_the_same_step():
    inputs = tf.constant(np.random.default_rng(0).standard_normal((3, 5)), tf.float32)
    plain, compiled = SNDense(4), SNDense(4)
    for layer in (plain, compiled):
        layer.build(inputs.shape)
    for target, source in zip(compiled.variables, plain.variables, strict=True):
        target.assign(source)

    def step(layer):
        with tf.GradientTape() as tape:
            score = tf.reduce_sum(tf.square(layer(inputs, training=True)))
        return tape.gradient(score, layer.kernel.value)

    jitted = tf.function(lambda: step(compiled), jit_compile=True, autograph=False)
    np.testing.assert_allclose(jitted(), step(plain), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(compiled.sn_u, plain.sn_u, rtol=1e-5, atol=1e-6)


def test_state_survives_saving(tmp_path):
    inputs = np.ones((2, 5), np.float32)
    model = keras.Sequential([keras.Input((5,)), SNDense(4, name="a")])
    for _ in range(3):
        model(inputs, training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(model.layers[0].sn_u, loaded.layers[0].sn_u)
    np.testing.assert_array_equal(model(inputs), loaded(inputs))


def test_folding_gives_a_plain_network_with_the_same_images():
    generator = ResNetGenerator(
        image_size=32, num_classes=3, width=4, latent_dim=8, spectral_norm=True
    )
    inputs = [np.ones((2, 8), np.float32), np.array([0, 2])]
    for _ in range(3):
        generator(inputs, training=True)
    for layer in spectral_norm_layers(generator):
        layer.settle(200)
    folded = fold_spectral_norm(generator)
    assert not spectral_norm_layers(folded)
    np.testing.assert_allclose(folded(inputs), generator(inputs), atol=2e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"power_iterations": 0}, "power_iterations must be 1 or more. Received: 0"),
        ({"evaluation": "x"}, "evaluation must be one of frozen, iterate"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        SNDense(4, **arguments)
