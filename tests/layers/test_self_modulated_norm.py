import keras
import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part
from loss_checks import assert_gradient

from tfgan_contra.layers import SelfModulatedBatchNormalization, batch_norm_layers

GOLDEN = load_golden("ssgan_infomax_dual/self_modulated_bn_b4_4x4_c6.npz")
BLOCK = load_golden("ssgan_infomax_dual/compare_gan_block_G_up_sbn.npz")
KINDS = {
    "hidden": {"hidden": 7, "epsilon": 1e-3, "momentum": 0.999},
    "linear": {"hidden": 0},
    "spectral_norm": {"hidden": 7, "spectral_norm": True},
}


def from_variables(variables, inputs, latents, **options):
    """A layer with the authors' variables, by their names."""
    layer = SelfModulatedBatchNormalization(**options)
    layer.build(inputs.shape, latents.shape)
    for name in (
        ("hidden_layer", "gamma", "beta") if layer.hidden else ("gamma", "beta")
    ):
        theirs = "sbn/" + name.removesuffix("_layer")
        getattr(layer, name).kernel.assign(variables[f"{theirs}/kernel"])
        getattr(layer, name).bias.assign(variables[f"{theirs}/bias"])
    layer.norm.moving_mean.assign(variables["moving_mean"])
    layer.norm.moving_variance.assign(variables["moving_variance"])
    return layer


def from_golden():
    assert int(GOLDEN["num_hidden"]) == 32
    return from_variables(
        part(GOLDEN, "var/bn1/"),
        GOLDEN["x_nhwc"],
        GOLDEN["z"],
        epsilon=float(GOLDEN["epsilon"]),
        momentum=float(GOLDEN["decay"]),
    )


def random_inputs(rows=4, height=3, width=5):
    random = np.random.default_rng(8)
    inputs = random.normal(1.0, 2.0, (rows, height, width, 6)).astype(np.float32)
    return inputs, random.standard_normal((rows, 10)).astype(np.float32)


def random_layer(inputs, latents, **options):
    """A layer whose weights, biases and running statistics are all random."""
    layer = SelfModulatedBatchNormalization(**options)
    layer.build(inputs.shape, latents.shape)
    random = np.random.default_rng(9)
    for weight in (*layer.trainable_weights, layer.norm.moving_mean):
        weight.assign(random.standard_normal(weight.shape))
    layer.norm.moving_variance.assign(random.uniform(0.5, 2.0, inputs.shape[-1]))
    return layer


def numbers(*values):
    return [np.asarray(tf.convert_to_tensor(value), np.float64) for value in values]


def unit(vector):
    return vector / np.linalg.norm(vector)


def authors_kernel(dense, iterate):
    """The kernel as the authors normalise it, and u after one iteration of theirs."""
    (kernel,) = numbers(dense.kernel)
    if not hasattr(dense, "sn_u"):
        return kernel, None
    u, v = numbers(dense.sn_u, dense.sn_v)
    if iterate:
        v = unit(kernel.T @ u)
        u = unit(kernel @ v)
    return kernel / (u @ kernel @ v), u


def twin(layer, inputs, latents, moments, iterate):
    """The authors' layer in float64, and its u vectors afterwards."""
    features, vectors = np.asarray(latents, np.float64), {}

    def linear(name, rows):
        dense = getattr(layer, name)
        kernel, vectors[name] = authors_kernel(dense, iterate)
        return rows @ kernel + numbers(dense.bias)[0]

    if layer.hidden:
        features = np.maximum(linear("hidden_layer", features), 0.0)
    gamma, beta = linear("gamma", features), linear("beta", features)
    mean, variance = moments
    normalised = (inputs - mean) / np.sqrt(variance + layer.epsilon)
    return normalised * gamma[:, None, None] + beta[:, None, None], vectors


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_outputs_and_gradients_equal_the_authors(mode):
    layer = from_golden()
    inputs, latents = tf.constant(GOLDEN["x_nhwc"]), tf.constant(GOLDEN["z"])
    with tf.GradientTape() as tape:
        tape.watch([inputs, latents])
        outputs = layer(inputs, latents, training=mode == "train")
        score = tf.reduce_sum(outputs * GOLDEN["grad_output_weight_nhwc"])
    np.testing.assert_allclose(outputs, GOLDEN[f"y_{mode}_nhwc"], rtol=1e-5, atol=1e-5)
    of_inputs, of_latents = tape.gradient(score, [inputs, latents])
    assert_gradient(of_inputs, GOLDEN[f"grad_x_{mode}_nhwc"])
    assert_gradient(of_latents, GOLDEN[f"grad_z_{mode}"])


def test_running_statistics_equal_the_authors():
    layer = from_golden()
    layer(GOLDEN["x_nhwc"], GOLDEN["z"], training=True)
    after = part(GOLDEN, "var_after_1_update/bn1/")
    for name in ("moving_mean", "moving_variance"):
        np.testing.assert_allclose(getattr(layer.norm, name), after[name], rtol=1e-6)


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_both_norms_of_the_authors_block(mode):
    """Their block: norm, ReLU, zeros inserted, 3x3, norm, ReLU, 3x3, 3x3 shortcut."""
    variables = part(BLOCK, "var/B1/")

    def norm(name, rows):
        layer = from_variables(part(variables, name + "/"), rows, BLOCK["z"])
        return tf.nn.relu(layer(rows, BLOCK["z"], training=mode == "train"))

    def convolution(name, rows):
        kernel, bias = variables[f"{name}/kernel"], variables[f"{name}/bias"]
        return tf.nn.conv2d(rows, kernel, 1, "SAME") + bias

    def with_zeros(rows):
        return tf.nn.conv2d_transpose(
            rows,
            tf.eye(rows.shape[-1])[None, None],
            [len(rows), 2 * rows.shape[1], 2 * rows.shape[2], rows.shape[-1]],
            2,
        )

    np.testing.assert_array_equal(with_zeros(BLOCK["unpool_in"]), BLOCK["unpool_out"])
    inputs = tf.constant(BLOCK["x_nhwc"])
    hidden = convolution("up_conv1", with_zeros(norm("bn1", inputs)))
    outputs = convolution("same_conv2", norm("bn2", hidden))
    outputs += convolution("up_conv_shortcut", with_zeros(inputs))
    np.testing.assert_allclose(outputs, BLOCK[f"y_{mode}_nhwc"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_equals_the_formula(kind):
    inputs, latents = random_inputs()
    layer = random_layer(inputs, latents, **KINDS[kind])
    moments = inputs.mean((0, 1, 2)), inputs.var((0, 1, 2))
    expected, vectors = twin(layer, inputs, latents, moments, iterate=True)
    outputs = layer(inputs, latents, training=True)
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-4)
    for name, vector in vectors.items():
        if vector is not None:
            np.testing.assert_allclose(getattr(layer, name).sn_u, vector, atol=1e-5)

    moments = numbers(layer.norm.moving_mean, layer.norm.moving_variance)
    expected, _ = twin(layer, inputs, latents, moments, iterate=False)
    np.testing.assert_allclose(layer(inputs, latents), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_starts_close_to_a_plain_norm(kind):
    inputs, latents = random_inputs()
    layer = SelfModulatedBatchNormalization(**KINDS[kind])
    layer.build(inputs.shape, latents.shape)
    np.testing.assert_array_equal(layer.gamma.bias, GOLDEN["init_gamma_bias"])
    np.testing.assert_array_equal(layer.beta.bias, GOLDEN["init_beta_bias"])
    kernels = np.concatenate([np.ravel(w) for w in layer.trainable_weights[::2]])
    assert 0.015 < kernels.std() < 0.025
    first, second = numbers(layer.gamma.kernel, layer.beta.kernel)
    assert np.abs(first - second).max() > 0.01


def test_accumulated_moments_are_means_over_batches():
    """The authors' other statistics, in the way standing statistics are collected."""
    inputs, latents = random_inputs(rows=8)
    layer = random_layer(inputs, latents)
    (norm,) = batch_norm_layers(layer)
    for i, rows in enumerate((slice(0, 4), slice(4, 8))):
        norm.momentum = 1.0 - 1.0 / (i + 1)
        layer(inputs[rows], latents[rows], training=True)
    halves = inputs.reshape(2, 4, 3, 5, 6)
    moments = halves.mean((1, 2, 3)).mean(0), halves.var((1, 2, 3)).mean(0)
    expected, _ = twin(layer, inputs, latents, moments, iterate=False)
    np.testing.assert_allclose(layer(inputs, latents), expected, rtol=1e-4, atol=1e-4)


def test_tracking_can_be_left_out():
    inputs, latents = random_inputs()
    layer = SelfModulatedBatchNormalization()
    layer(inputs, latents, training=True, track_statistics=False)
    np.testing.assert_array_equal(layer.norm.moving_mean, np.zeros(6))
    np.testing.assert_array_equal(layer.norm.moving_variance, np.ones(6))


def test_replicas_share_their_statistics(two_replicas):
    inputs, latents = random_inputs()
    with two_replicas.scope():
        layer = random_layer(inputs, latents)
    expected = layer(inputs, latents, training=True, track_statistics=False)

    def halves(array):
        return two_replicas.experimental_distribute_values_from_function(
            lambda context: tf.split(array, 2)[context.replica_id_in_sync_group]
        )

    def step(inputs, latents):
        return layer(inputs, latents, training=True)

    run = tf.function(lambda *arrays: two_replicas.run(step, args=arrays))
    outputs = run(halves(inputs), halves(latents))
    outputs = tf.concat(two_replicas.experimental_local_results(outputs), axis=0)
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_rebuilt_from_its_config(kind):
    inputs, latents = random_inputs()
    layer = random_layer(inputs, latents, **KINDS[kind])
    copy = SelfModulatedBatchNormalization.from_config(layer.get_config())
    copy.build(inputs.shape, latents.shape)
    for weight, source in zip(copy.weights, layer.weights, strict=True):
        weight.assign(source)
    np.testing.assert_array_equal(copy(inputs, latents), layer(inputs, latents))
    assert copy.norm.get_config() == layer.norm.get_config()


def test_half_precision_keeps_statistics_in_float32():
    inputs, latents = random_inputs()
    layer = random_layer(inputs, latents, dtype="mixed_bfloat16")
    outputs = layer(
        tf.cast(inputs, tf.bfloat16), tf.cast(latents, tf.bfloat16), training=True
    )
    assert outputs.dtype == tf.bfloat16
    assert keras.backend.standardize_dtype(layer.norm.moving_mean.dtype) == "float32"


def test_negative_units_are_refused():
    with pytest.raises(ValueError, match="0 or more units. Received: -1"):
        SelfModulatedBatchNormalization(-1)
