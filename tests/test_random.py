import numpy as np
import tensorflow as tf

from tfgan_contra.random import StepNoise, normal


def test_the_same_step_draws_the_same_and_each_draw_differs():
    first, again, other = StepNoise(1, 5), StepNoise(1, 5), StepNoise(1, 6)
    a, b = first.latents(4, 3), first.latents(4, 3)
    np.testing.assert_array_equal(again.latents(4, 3), a)
    assert np.abs(a - b).max() > 0.1
    assert np.abs(other.latents(4, 3) - a).max() > 0.1


def test_labels_cover_the_classes_evenly():
    labels = StepNoise(0, 0).labels(4000, 4).numpy()
    counts = np.bincount(labels, minlength=4)
    assert labels.dtype == np.int32 and np.all(np.abs(counts - 1000) < 150)


def test_replicas_share_one_draw(two_replicas):
    key = tf.constant([3, 4], tf.int64)
    whole = normal(key, 4, 2)
    parts = tf.function(lambda: two_replicas.run(lambda: normal(key, 2, 2)))()
    rows = two_replicas.experimental_local_results(parts)
    np.testing.assert_array_equal(np.concatenate(rows), whole)
