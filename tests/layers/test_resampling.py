import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden

from tfgan_contra.layers import (
    ResampledConv2D,
    average_pool,
    conv2d_after_bilinear_upsampling,
    conv2d_after_upsampling,
    conv2d_after_zero_insertion,
    conv2d_then_average_pool,
    insert_zeros,
    upsample_bilinear,
    upsample_nearest,
)


def random(*shape):
    return tf.constant(np.random.default_rng(1).standard_normal(shape), tf.float32)


def test_upsampling_repeats_pixels():
    images = random(2, 3, 4, 5)
    expected = np.repeat(np.repeat(images, 2, 1), 2, 2)
    np.testing.assert_array_equal(upsample_nearest(images), expected)


def test_bilinear_upsampling_is_linear_between_the_centres_of_pixels():
    images = np.asarray(random(2, 3, 4, 5))
    rows, columns = (np.arange(2 * n) / 2 - 0.25 for n in (3, 4))

    def resized(plane):
        tall = np.stack([np.interp(rows, range(3), line) for line in plane.T], 1)
        return np.stack([np.interp(columns, range(4), line) for line in tall])

    ours = upsample_bilinear(images)
    for image in range(2):
        for channel in range(5):
            expected = resized(images[image, :, :, channel])
            np.testing.assert_allclose(ours[image, :, :, channel], expected, atol=1e-6)


def test_zeros_are_inserted_behind_pixels():
    images = random(2, 3, 4, 5)
    expected = np.zeros((2, 6, 8, 5), np.float32)
    expected[:, ::2, ::2] = images
    np.testing.assert_array_equal(insert_zeros(images), expected)
    arrays = load_golden("ssgan_infomax_dual/compare_gan_block_G_up_sbn.npz")
    ours = insert_zeros(tf.constant(arrays["unpool_in"]))
    np.testing.assert_array_equal(ours, arrays["unpool_out"])


def test_bilinear_upsampling_in_half_precision_compiles():
    @tf.function(jit_compile=True)
    def gradient(images):
        with tf.GradientTape() as tape:
            tape.watch(images)
            larger = tf.nn.relu(upsample_bilinear(tf.nn.relu(images)))
        return larger, tape.gradient(larger, images)

    images = tf.cast(1.0 + tf.abs(random(1, 3, 3, 2)), tf.bfloat16)
    larger, slope = gradient(images)
    assert larger.dtype == slope.dtype == tf.bfloat16
    assert float(tf.reduce_sum(slope)) == 36 * 2


@pytest.mark.parametrize("size", [1, 3])
def test_joined_operations_equal_the_two_steps(size):
    images, kernel = random(2, 6, 4, 5), random(size, size, 5, 7)
    np.testing.assert_allclose(
        conv2d_after_upsampling(images, kernel),
        tf.nn.conv2d(upsample_nearest(images), kernel, 1, "SAME"),
        atol=2e-5,
    )
    np.testing.assert_allclose(
        conv2d_after_bilinear_upsampling(images, kernel),
        tf.nn.conv2d(upsample_bilinear(images), kernel, 1, "SAME"),
        atol=2e-5,
    )
    np.testing.assert_allclose(
        conv2d_after_zero_insertion(images, kernel),
        tf.nn.conv2d(insert_zeros(images), kernel, 1, "SAME"),
        atol=2e-5,
    )
    np.testing.assert_allclose(
        conv2d_then_average_pool(images, kernel),
        average_pool(tf.nn.conv2d(images, kernel, 1, "SAME")),
        atol=2e-5,
    )


@pytest.mark.parametrize(
    ("resample", "side"),
    [("up", 8), ("up_bilinear", 8), ("up_zeros", 8), ("down", 2), ("none", 4)],
)
def test_output_shape(resample, side):
    layer = ResampledConv2D(3, 3, padding="same", resample=resample)
    assert layer(random(2, 4, 4, 5)).shape == (2, side, side, 3)
    assert layer.compute_output_shape((2, 4, 4, 5)) == (2, side, side, 3)


def test_bad_arguments():
    with pytest.raises(ValueError, match="none, up, .*, down. Received: 'left'"):
        ResampledConv2D(3, 3, resample="left")
    with pytest.raises(ValueError, match="1x1 or 3x3 kernel"):
        ResampledConv2D(3, 5, padding="same", resample="up")
