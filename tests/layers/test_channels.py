"""Images of one number of channels as images of another."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfgan_contra.layers.channels import with_channels

COLOURS = np.random.default_rng(0).integers(0, 256, (1, 5, 6, 3), np.uint8)


def scaled(pixels):
    return pixels.astype(np.float32) / 127.5 - 1


@pytest.mark.parametrize("given", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("wanted", [1, 2, 3, 4, 5])
def test_any_count_becomes_any_other(given, wanted):
    images = scaled(np.resize(COLOURS, (2, 4, 4, given)))
    assert with_channels(images, wanted).shape == (2, 4, 4, wanted)


def test_grey_is_what_pillow_makes():
    grey = np.asarray(Image.fromarray(COLOURS[0]).convert("L"))
    ours = with_channels(scaled(COLOURS), 1)[0, ..., 0]
    np.testing.assert_allclose(ours, scaled(grey), atol=1.01 / 127.5)


def test_grey_is_repeated_and_alpha_is_opaque():
    grey = scaled(COLOURS[..., :1])
    painted = np.asarray(with_channels(grey, 4))
    np.testing.assert_array_equal(painted[..., :3], np.repeat(grey, 3, axis=-1))
    np.testing.assert_array_equal(painted[..., 3], 1.0)
    np.testing.assert_array_equal(with_channels(painted, 3), painted[..., :3])


def test_gradients_pass():
    images = tf.constant(scaled(COLOURS))
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(with_channels(images, 1))
    expected = np.broadcast_to([0.299, 0.587, 0.114], images.shape)
    np.testing.assert_allclose(tape.gradient(total, images), expected, rtol=1e-6)
