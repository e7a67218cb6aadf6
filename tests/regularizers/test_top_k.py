import numpy as np
import pytest
import tensorflow as tf
from regularizers import toy

from tfgan_contra.regularizers import TopK
from tfgan_contra.regularizers.top_k import kept


@pytest.mark.parametrize(
    ("epoch", "gamma", "nu", "expected"),
    [(0, 0.99, 0.5, 64), (1, 0.99, 0.5, 63), (10, 0.9, 0.5, 32), (3, 0.5, 0.01, 8)],
)
def test_the_number_shrinks_every_epoch_down_to_a_fraction(epoch, gamma, nu, expected):
    assert int(kept(64, epoch, gamma, nu)) == expected


def test_rounding_is_that_of_python_and_one_image_is_left():
    for count in range(1, 200):
        assert int(kept(count, 50, 0.5, 0.29)) == max(int(count * 0.29), 1)


def test_the_largest_logits_are_kept_and_only_they_get_a_gradient():
    gan, regularizer = toy.ToyGAN(), TopK(gamma=0.5, nu=0.25, epoch_steps=10)
    logits = tf.constant([3.0, -1.0, 5.0, 2.0])
    for step, expected in ((9, [5, 3, 2, -1]), (10, [5, 3]), (99, [5])):
        gan.step.assign(step)
        with tf.GradientTape() as tape:
            tape.watch(logits)
            best = regularizer.generator_logits(gan, logits)
            loss = -tf.reduce_mean(best)
        np.testing.assert_array_equal(best, expected)
        share = np.isin(logits, expected) / len(expected)
        np.testing.assert_allclose(tape.gradient(loss, logits), -share)
