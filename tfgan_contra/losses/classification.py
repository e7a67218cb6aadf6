"""Cross entropy of class logits, as auxiliary classifiers use it."""

from typing import Any

import tensorflow as tf

from tfgan_contra.losses.compiled import to_float32, xla_compiled


@xla_compiled
def classification_loss(class_logits: Any, labels: Any) -> tf.Tensor:
    """Mean over rows of `-log softmax(logits)[label]`.

    Args:
        class_logits: `[B, K]`.
        labels: `[B]` int in [0, K).

    Source: Odena et al., "Conditional Image Synthesis with Auxiliary Classifier
    GANs", ICML 2017 (arXiv 1610.09585).
    """
    (logits,) = to_float32(class_logits)
    rows = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    return tf.reduce_mean(rows)
