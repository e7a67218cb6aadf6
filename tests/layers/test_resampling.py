import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra.layers import (
    ResampledConv2D,
    average_pool,
    conv2d_after_upsampling,
    conv2d_then_average_pool,
    upsample_nearest,
)


def random(*shape):
    return tf.constant(np.random.default_rng(1).standard_normal(shape), tf.float32)


def test_upsampling_repeats_pixels():
    images = random(2, 3, 4, 5)
    expected = np.repeat(np.repeat(images, 2, 1), 2, 2)
    np.testing.assert_array_equal(upsample_nearest(images), expected)


@pytest.mark.parametrize("size", [1, 3])
def test_joined_operations_equal_the_two_steps(size):
    images, kernel = random(2, 6, 4, 5), random(size, size, 5, 7)
    np.testing.assert_allclose(
        conv2d_after_upsampling(images, kernel),
        tf.nn.conv2d(upsample_nearest(images), kernel, 1, "SAME"),
        atol=2e-5,
    )
    np.testing.assert_allclose(
        conv2d_then_average_pool(images, kernel),
        average_pool(tf.nn.conv2d(images, kernel, 1, "SAME")),
        atol=2e-5,
    )


@pytest.mark.parametrize(("resample", "side"), [("up", 8), ("down", 2), ("none", 4)])
def test_output_shape(resample, side):
    layer = ResampledConv2D(3, 3, padding="same", resample=resample)
    assert layer(random(2, 4, 4, 5)).shape == (2, side, side, 3)
    assert layer.compute_output_shape((2, 4, 4, 5)) == (2, side, side, 3)


def test_bad_arguments():
    with pytest.raises(ValueError, match="none, up, down. Received: 'left'"):
        ResampledConv2D(3, 3, resample="left")
    with pytest.raises(ValueError, match="1x1 or 3x3 kernel"):
        ResampledConv2D(3, 5, padding="same", resample="up")
