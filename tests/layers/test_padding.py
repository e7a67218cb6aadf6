import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra.layers import PaddedConv2D, ReflectionPadding2D
from tfgan_contra.layers.padding import pad_reflected


def random(*shape):
    return tf.constant(np.random.default_rng(1).standard_normal(shape), tf.float32)


def test_reflection_leaves_out_the_border():
    images = random(2, 3, 4, 2)
    padded = ReflectionPadding2D(2)(images)
    np.testing.assert_array_equal(
        padded, np.pad(images, [(0, 0), (2, 2), (2, 2), (0, 0)], "reflect")
    )
    with pytest.raises(ValueError, match="4 pixels or more.*Received: 3x4"):
        ReflectionPadding2D(3)(images)


@pytest.mark.parametrize(("before", "after"), [(3, 3), (1, 2), (0, 1), (1, 0)])
@pytest.mark.parametrize("known", [True, False])
def test_reflection_has_the_gradient_of_tensorflows_own(before, after, known):
    images, weights = random(2, 5, 4, 3), random(2, 5, 4, 3)
    sides = (before, after)
    upstream = pad_reflected(weights, before, after, True) ** 3

    def slope(function, images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            padded = function(images)
        return padded, tape.gradient(padded, images, output_gradients=upstream)

    spec = tf.TensorSpec([2, 5, 4, 3] if known else [None, None, None, 3])
    ours = tf.function(
        lambda images: slope(lambda x: pad_reflected(x, *sides, training=True), images),
        input_signature=[spec],
    )(images)
    paddings = [(0, 0), sides, sides, (0, 0)]
    theirs = slope(lambda x: tf.pad(x, paddings, "REFLECT"), images)
    np.testing.assert_array_equal(ours[0], theirs[0])
    np.testing.assert_allclose(ours[1], theirs[1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("kernel", "stride", "zeros"), [(3, 1, 1), (4, 1, 1), (3, 2, 1), (7, 1, 0)]
)
def test_convolution_pads_on_all_sides(kernel, stride, zeros):
    images = random(2, 9, 8, 3)
    layer = PaddedConv2D(5, kernel, strides=stride, zeros=zeros)
    outputs = layer(images)
    sides = (zeros, zeros)
    padded = np.pad(images, [(0, 0), sides, sides, (0, 0)])
    expected = tf.nn.conv2d(padded, layer.kernel, stride, "VALID")
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    assert layer.compute_output_shape(images.shape) == outputs.shape
    copy = PaddedConv2D.from_config(layer.get_config())
    assert copy(images).shape == outputs.shape


@pytest.mark.parametrize(("kernel", "stride", "zeros"), [(3, 1, 1), (3, 2, 1)])
def test_a_prepared_convolution_has_the_same_values_and_gradients(
    kernel, stride, zeros
):
    images = random(2, 6, 7, 3)
    layer = PaddedConv2D(5, kernel, strides=stride, zeros=zeros)
    layer.build(images.shape)

    def apart(images):
        return layer(tf.nn.softplus(images))

    def joined(images):
        return layer(images, training=True, prepare=tf.nn.softplus)

    results = []
    for function in (apart, joined, tf.function(joined)):
        with tf.GradientTape() as tape:
            tape.watch(images)
            outputs = function(images)
            total = tf.reduce_sum(outputs**2)
        variables = [images, *(v.value for v in layer.trainable_variables)]
        results.append((outputs, *tape.gradient(total, variables)))
    for result in results[1:]:
        for ours, expected in zip(result, results[0], strict=True):
            np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-4)


def test_what_is_prepared_is_computed_again_after_the_forward_pass():
    """It must wait for the gradient, or it would be kept all the same."""
    layer = PaddedConv2D(5, 3, zeros=1)
    layer.build((1, 6, 7, 3))

    @tf.function
    def slope(images):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(
                layer(images, training=True, prepare=tf.nn.softplus) ** 2
            )
        return tape.gradient(loss, layer.kernel.value)

    graph = slope.get_concrete_function(random(1, 6, 7, 3)).graph
    operations = graph.get_operations()
    first, again = (o for o in operations if o.type == "Softplus")
    assert not first.inputs[0].op.control_inputs
    assert again.inputs[0].op.control_inputs


def test_without_training_there_is_no_gradient_of_our_own():
    """Exports would carry it, and TensorFlow warn of it when they are loaded."""
    layer = PaddedConv2D(5, 3, zeros=1)
    layer.build((1, 6, 7, 3))

    @tf.function
    def outputs(images):
        return layer(pad_reflected(images, 1, 1), prepare=tf.nn.softplus)

    graph = outputs.get_concrete_function(random(1, 6, 7, 3)).graph
    kinds = {operation.type for operation in graph.get_operations()}
    assert "MirrorPad" in kinds and "IdentityN" not in kinds
