"""The multi-class hinge losses of MHingeGAN: one of the classes is "fake".

Shapes: `B` rows, `K` classes, whose logits stand before that of "fake".
"""

from typing import Any

import tensorflow as tf

from tfgan_contra.losses.compiled import MASKED, to_float32, xla_compiled


def multi_hinge_discriminator_loss(
    real_logits: Any, fake_logits: Any, labels: Any
) -> tf.Tensor:
    """Wants the label's logit largest on real images, the last one on fake images.

    `mean relu(1 + max_{k != y} r_k - r_y) + mean relu(1 + max_{k < K} f_k - f_K)`,
    the multi-class hinge of Crammer and Singer over K + 1 classes.

    Args:
        real_logits: `[B, K + 1]`.
        fake_logits: `[B, K + 1]`.
        labels: `[B]` int in [0, K), of the real images.

    Source: Kavalerov, Czaja and Chellappa, "A Multi-Class Hinge Loss for Conditional
    GANs", WACV 2021 (arXiv 1912.04216). Equal to StudioGAN's code.
    """
    real, fake = to_float32(real_logits, fake_logits)
    is_fake = tf.fill(tf.shape(fake)[:1], tf.shape(fake)[1] - 1)
    return _crammer_singer(real, tf.cast(labels, tf.int32)) + _crammer_singer(
        fake, is_fake
    )


def multi_hinge_generator_loss(fake_logits: Any, labels: Any) -> tf.Tensor:
    """Wants the label's logit largest on generated images.

    Args:
        fake_logits: `[B, K + 1]`.
        labels: `[B]` int in [0, K), with which the images were generated.

    Source: as its pair. The authors weigh it with 0.05 and add a
    `feature_matching_loss`.
    """
    (fake,) = to_float32(fake_logits)
    return _crammer_singer(fake, tf.cast(labels, tf.int32))


@xla_compiled
def _crammer_singer(logits_BK: tf.Tensor, targets_B: tf.Tensor) -> tf.Tensor:
    own_BK = targets_B[:, None] == tf.range(tf.shape(logits_BK)[1])[None, :]
    target_B = tf.reduce_sum(tf.where(own_BK, logits_BK, 0.0), axis=1)
    largest_B = tf.reduce_max(tf.where(own_BK, MASKED, logits_BK), axis=1)
    return tf.reduce_mean(tf.nn.relu(1.0 + largest_B - target_B))
