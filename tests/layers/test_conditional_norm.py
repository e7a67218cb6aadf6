import numpy as np
import tensorflow as tf

from tfgan_contra.layers import BatchNormalization, ConditionalBatchNormalization


def inputs():
    return np.random.default_rng(0).normal(2.0, 3.0, (4, 5, 5, 3)).astype(np.float32)


def test_running_statistics_follow_pytorch():
    """Biased variance to normalise, unbiased into the average, momentum 0.1."""
    images, layer = inputs(), BatchNormalization()
    outputs = np.array(layer(images, training=True))
    mean, variance = images.mean((0, 1, 2)), images.var((0, 1, 2))
    expected = (images - mean) / np.sqrt(variance + 1e-4)
    np.testing.assert_allclose(outputs, expected, atol=1e-5)
    unbiased = images.var((0, 1, 2), ddof=1)
    np.testing.assert_allclose(layer.moving_mean, 0.1 * mean, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, 0.9 + 0.1 * unbiased, rtol=1e-5)


def test_tracking_can_be_left_out():
    layer = BatchNormalization()
    layer(inputs(), training=True, track_statistics=False)
    np.testing.assert_array_equal(layer.moving_mean, np.zeros(3))


def test_condition_scales_and_shifts():
    images, layer = inputs(), ConditionalBatchNormalization()
    condition = tf.one_hot([0, 1, 2, 0], 3)
    layer(images, condition)
    gain, bias = np.array(layer.gain.kernel), np.array(layer.bias.kernel)
    layer.norm.moving_mean.assign([1.0, 2.0, 3.0])
    layer.norm.moving_variance.assign([4.0, 5.0, 6.0])
    normalised = (images - [1.0, 2.0, 3.0]) / np.sqrt(np.array([4.0, 5.0, 6.0]) + 1e-4)
    rows = np.array([0, 1, 2, 0])
    expected = normalised * (1 + gain[rows])[:, None, None] + bias[rows][:, None, None]
    np.testing.assert_allclose(layer(images, condition), expected, atol=1e-5)


def test_running_variance_may_stay_biased():
    """As TensorFlow averages it; the outputs do not depend on it."""
    images, layer = inputs(), BatchNormalization(unbiased=False)
    outputs = layer(images, training=True)
    np.testing.assert_allclose(
        layer.moving_variance, 0.9 + 0.1 * images.var((0, 1, 2)), rtol=1e-6
    )
    np.testing.assert_array_equal(outputs, BatchNormalization()(images, training=True))
    assert BatchNormalization.from_config(layer.get_config()).unbiased is False
