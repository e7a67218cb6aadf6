import keras
import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part, relative_error
from loss_checks import assert_gradient
from networks.text_to_image_cases import assign, norm, norm_state

from tfgan_contra.layers import AttentionalSelfModulation, spectral_norm_layers

GOLDEN = load_golden("xmcgan/layers.npz")
KINDS = {"global": (3, 5), "spatial": (3, 2, 3, 5)}


def random(*shape, seed=8):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def random_layer(kind, **options):
    """Inputs, a condition, and a layer whose weights and statistics are random."""
    inputs, condition = 1.0 + 2.0 * random(3, 4, 6, 6), random(*KINDS[kind], seed=9)
    layer = AttentionalSelfModulation(**options)
    layer.build(inputs.shape, condition.shape)
    for i, weight in enumerate((*layer.trainable_weights, layer.norm.moving_mean)):
        weight.assign(random(*weight.shape, seed=i))
    layer.norm.moving_variance.assign(1.0 + np.arange(6.0) / 6)
    return inputs, condition, layer


def twin(layer, inputs, condition, moments):
    """The layer in float64, with the condition enlarged first."""
    condition = np.asarray(condition, np.float64)
    if condition.ndim == 2:
        condition = condition[:, None, None]
    else:
        factor = inputs.shape[1] // condition.shape[1]
        condition = condition.repeat(factor, 1).repeat(factor, 2)

    def linear(part_layer):
        kernel = np.asarray(part_layer.kernel, np.float64)
        kernel = kernel.reshape(kernel.shape[-2:])
        return condition @ kernel + np.asarray(part_layer.bias)

    mean, variance = (np.asarray(moment, np.float64) for moment in moments)
    normalised = (inputs - mean) / np.sqrt(variance + layer.epsilon)
    return normalised * (1.0 + linear(layer.scale)) + linear(layer.shift)


@pytest.mark.parametrize("name", ["conditional_bn", "local_conditional_bn"])
def test_equals_the_authors_code(name):
    golden = part(GOLDEN, f"{name}/")
    layer = AttentionalSelfModulation()
    layer.build(golden["in_x"].shape, golden["in_cond"].shape)
    assign(norm(layer), part(golden, "params/"))
    assign(norm_state(layer), part(golden, "before/"))
    inputs = [tf.constant(golden["in_x"]), tf.constant(golden["in_cond"])]
    variables = norm(layer)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        outputs = layer(*inputs, training=True)
        score = tf.reduce_sum(outputs * golden["cotangent"])
    assert relative_error(outputs, golden["out"]) < 1e-5
    sources = [*inputs, *(variable.value for variable in variables.values())]
    names = ["grad_in_x", "grad_in_cond", *(f"grad_params/{n}" for n in variables)]
    gradients = tape.gradient(score, sources)
    for theirs, ours in zip(names, gradients, strict=True):
        assert_gradient(ours, golden[theirs])
    for theirs, ours in norm_state(layer).items():
        assert relative_error(ours, golden[f"after/{theirs}"]) < 1e-6


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("training", [True, False])
def test_equals_the_formula(kind, training):
    inputs, condition, layer = random_layer(kind)
    moments = layer.norm.moving_mean, layer.norm.moving_variance
    if training:
        moments = inputs.mean((0, 1, 2)), inputs.var((0, 1, 2))
    expected = twin(layer, inputs, condition, moments)
    outputs = layer(inputs, condition, training=training)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-5)


def test_a_condition_at_its_own_size_is_exact():
    """Outputs and all gradients are those of the condition enlarged first."""
    inputs, small = random(2, 8, 16, 6), random(2, 2, 4, 5, seed=9)
    large = small.repeat(4, 1).repeat(4, 2)
    results = []
    for condition in (small, large):
        layer = AttentionalSelfModulation()
        layer.build(inputs.shape, condition.shape)
        for i, weight in enumerate(layer.trainable_weights):
            weight.assign(random(*weight.shape, seed=i))
        x, condition = tf.constant(inputs), tf.constant(condition)
        with tf.GradientTape() as tape:
            tape.watch([x, condition])
            outputs = layer(x, condition, training=True)
            score = tf.reduce_sum(outputs * random(*inputs.shape, seed=10))
        sources = [condition, x, *(w.value for w in layer.trainable_weights)]
        results.append([outputs, *tape.gradient(score, sources)])
    (ours, of_small, *rest), (exact, of_large, *others) = results
    np.testing.assert_allclose(ours, exact, atol=1e-6)
    windows = np.asarray(of_large).reshape(2, 2, 4, 4, 4, 5)
    assert_gradient(of_small, windows.sum((2, 4)))
    for gradient, theirs in zip(rest, others, strict=True):
        assert_gradient(gradient, theirs)


def test_starts_with_glorots_kernels_and_no_biases():
    layer = AttentionalSelfModulation()
    layer.build((None, 4, 4, 300), (None, 2, 2, 500))
    for part_layer in (layer.scale, layer.shift):
        spread = np.asarray(part_layer.kernel).std()
        assert spread == pytest.approx(np.sqrt(2.0 / 800), rel=0.02)
        assert not np.asarray(part_layer.bias).any()


@pytest.mark.parametrize("kind", KINDS)
def test_tracking_can_be_left_out(kind):
    inputs, condition, layer = random_layer(kind)
    before = layer.get_weights()
    layer(inputs, condition, training=True, track_statistics=False)
    for ours, theirs in zip(layer.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_replicas_share_their_statistics(two_replicas):
    with two_replicas.scope():
        inputs, condition, layer = random_layer("spatial")
    inputs, condition = inputs[:2], condition[:2]
    expected = layer(inputs, condition, training=True, track_statistics=False)

    def halves(array):
        return two_replicas.experimental_distribute_values_from_function(
            lambda context: tf.split(array, 2)[context.replica_id_in_sync_group]
        )

    def step(inputs, condition):
        return layer(inputs, condition, training=True)

    run = tf.function(lambda *arrays: two_replicas.run(step, args=arrays))
    outputs = run(halves(inputs), halves(condition))
    outputs = tf.concat(two_replicas.experimental_local_results(outputs), axis=0)
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_spectral_norm_divides_both_kernels(kind):
    inputs, condition, layer = random_layer(kind, spectral_norm=True)
    assert len(spectral_norm_layers(layer)) == 2
    for part_layer in spectral_norm_layers(layer):
        part_layer.settle()
    outputs = layer(inputs, condition)
    for part_layer in spectral_norm_layers(layer):
        part_layer.kernel.assign(5.0 * part_layer.kernel)
    np.testing.assert_allclose(layer(inputs, condition), outputs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_rebuilt_from_its_config(kind):
    options = {"epsilon": 1e-3, "momentum": 0.5, "initializer": "orthogonal"}
    inputs, condition, layer = random_layer(kind, **options)
    copy = AttentionalSelfModulation.from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    copy.build(inputs.shape, condition.shape)
    for weight, source in zip(copy.weights, layer.weights, strict=True):
        weight.assign(source)
    np.testing.assert_array_equal(copy(inputs, condition), layer(inputs, condition))
    assert copy.norm.get_config() == layer.norm.get_config()


@pytest.mark.parametrize("kind", KINDS)
def test_half_precision_keeps_statistics_in_float32(kind):
    inputs, condition, layer = random_layer(kind, dtype="mixed_bfloat16")
    given = (tf.cast(array, tf.bfloat16) for array in (inputs, condition))
    outputs = layer(*given, training=True)
    assert outputs.dtype == tf.bfloat16
    assert keras.backend.standardize_dtype(layer.norm.moving_mean.dtype) == "float32"


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((None, 3, 5), r"shape \[B, K\] or \[B, h, w, K\]. Received: \(None, 3, 5\)"),
        ((None, 3, 4, 5), r"those of the inputs. Received: \(3, 4\) and \(4, 8\)"),
        ((None, 4, 4, 5), r"Received: \(4, 4\) and \(4, 8\)"),
    ],
)
def test_conditions_of_other_shapes_are_refused(shape, message):
    with pytest.raises(ValueError, match=message):
        AttentionalSelfModulation().build((None, 4, 8, 6), shape)
