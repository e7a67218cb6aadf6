import numpy as np
import pytest
import tensorflow as tf
from golden_files import relative_error

from tfgan_contra.layers import InstanceNormalization


def images(batch=3, scale=1.0):
    random = np.random.default_rng(2)
    made = random.standard_normal((batch, 4, 5, 6)) * [1, 2, 3, 4, 5, 6] + 7.0
    return tf.constant(made * scale, tf.float32)


def reference(inputs, epsilon):
    inputs = np.asarray(inputs, np.float64)
    mean, variance = (f(inputs, axis=(1, 2), keepdims=True) for f in (np.mean, np.var))
    return (inputs - mean) / np.sqrt(variance + epsilon)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("scale", [1.0, 3e-3])
def test_equals_the_formula(batch, scale):
    """The second scale is that of the authors' initialisation: epsilon decides."""
    inputs = images(batch, scale)
    made = InstanceNormalization()(inputs)
    assert relative_error(made, reference(inputs, 1e-5)) < 1e-5
    if scale < 1:
        assert relative_error(made, reference(inputs, 1.1e-5)) > 1e-3


@pytest.mark.parametrize("batch", [1, 2])
def test_gradient_equals_that_of_the_formula(batch):
    inputs = images(batch, 0.01)
    weights = tf.constant(np.random.default_rng(0).random(inputs.shape), tf.float32)

    def plainly(inputs):
        mean, variance = tf.nn.moments(inputs, [1, 2], keepdims=True)
        return (inputs - mean) * tf.math.rsqrt(variance + 1e-5)

    gradients = []
    for normalize in (InstanceNormalization(), plainly):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            total = tf.reduce_sum(normalize(inputs) * weights)
        gradients.append(tape.gradient(total, inputs))
    assert relative_error(*gradients) < 1e-4


def test_number_and_size_may_be_unknown_to_the_graph():
    layer = InstanceNormalization()
    spec = tf.TensorSpec([None, None, None, 6], tf.float32)
    graph = tf.function(lambda x: layer(x), input_signature=[spec])
    assert graph.get_concrete_function().output_shapes.as_list()[3] == 6
    for batch in (1, 3):
        inputs = images(batch)
        np.testing.assert_allclose(graph(inputs), layer(inputs), atol=1e-5)


def test_statistics_of_half_precision_are_float32():
    layer = InstanceNormalization(dtype="mixed_bfloat16")
    inputs = tf.cast(images(), tf.bfloat16)
    outputs = layer(inputs)
    assert outputs.dtype == tf.bfloat16
    expected = reference(tf.cast(inputs, tf.float32), 1e-5)
    assert relative_error(tf.cast(outputs, tf.float32), expected) < 0.01


def test_an_image_does_not_see_its_neighbours():
    inputs, layer = images(2), InstanceNormalization()
    np.testing.assert_allclose(layer(inputs)[1], layer(inputs[1:])[0], atol=1e-6)


def test_config_rebuilds_the_layer():
    layer = InstanceNormalization(epsilon=0.5)
    copy = InstanceNormalization.from_config(layer.get_config())
    np.testing.assert_array_equal(copy(images()), layer(images()))


def test_given_statistics_take_the_place_of_the_images_own():
    inputs = images(2)
    layer = InstanceNormalization()
    whole = reference(inputs[:1], 1e-5)
    means, variances = tf.nn.moments(inputs[0], [0, 1])
    layer.statistics = lambda seen: (means, variances)
    # A corner of the first image is normalised as the whole of it.
    corner = layer(inputs[:1, :2, :3])
    assert relative_error(corner, whole[:, :2, :3]) < 1e-5
    both = layer(inputs)
    expected = (inputs - means) / tf.sqrt(variances + 1e-5)
    assert relative_error(both, expected) < 1e-5
    layer.statistics = None
    assert relative_error(layer(inputs), reference(inputs, 1e-5)) < 1e-5
