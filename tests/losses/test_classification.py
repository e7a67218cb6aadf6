"""Cross entropy of class logits against NumPy."""

import numpy as np
import tensorflow as tf

from tfgan_contra.losses import classification_loss


def test_equals_numpy_with_gradient():
    random = np.random.default_rng(0)
    logits = random.standard_normal((6, 4)).astype(np.float32) * 5
    labels = np.array([0, 3, 1, 1, 2, 0])
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    expected = -np.log(probabilities[np.arange(6), labels]).mean()
    gradient = (probabilities - np.eye(4)[labels]) / 6
    given = tf.constant(logits)
    with tf.GradientTape() as tape:
        tape.watch(given)
        loss = classification_loss(given, labels)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    np.testing.assert_allclose(tape.gradient(loss, given), gradient, atol=1e-6)


def test_is_finite_where_softmax_underflows():
    loss = classification_loss([[1e4, -1e4]], [1])
    np.testing.assert_allclose(loss, 2e4)
