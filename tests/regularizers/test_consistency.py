import numpy as np
import tensorflow as tf
from golden_files import load_golden

from tfgan_contra.regularizers import ConsistencyConfig, ConsistencyRegularization
from tfgan_contra.regularizers.consistency import flip_and_shift
from tfgan_contra.types import Batch

GOLDEN = load_golden("contragan/augmentations.npz")


class Linear:
    """A discriminator whose logit is the first pixel's first channel."""

    def discriminate(self, images, labels, training):
        return {"logits": images[:, 0, 0, 0], "embeddings": images[:, 0, 0, :2]}


def test_flip_equals_the_authors():
    images = GOLDEN["images_nhwc"]
    draws = np.full((len(images), 3), 0.5, np.float32)  # No shift.
    draws[:, 0] = 0.0
    flipped = flip_and_shift(tf.constant(images), tf.constant(draws))
    np.testing.assert_array_equal(flipped, GOLDEN["cr_flip_nhwc"])


def test_loss_is_the_mean_square_of_the_outputs_differences():
    images = tf.constant(GOLDEN["images_nhwc"])
    gan, key = Linear(), tf.constant([1, 2], tf.int64)
    outputs = gan.discriminate(images, None, True)
    regularizer = ConsistencyRegularization(weight=3.0)
    losses = regularizer(gan, Batch(images), outputs, Batch(images), key)
    from tfgan_contra import random

    copies = flip_and_shift(images, random.uniform(key, len(images), 3)).numpy()
    before, after = images.numpy()[:, 0, 0], copies[:, 0, 0]
    expected = np.mean((before[:, 0] - after[:, 0]) ** 2)
    expected += np.mean((before[:, :2] - after[:, :2]) ** 2)
    np.testing.assert_allclose(losses["d_consistency"], expected, rtol=1e-5)
    assert regularizer.weights == {"d_consistency": 3.0}


def test_config_builds_it():
    assert ConsistencyConfig(weight=2.0).build().weights == {"d_consistency": 2.0}
