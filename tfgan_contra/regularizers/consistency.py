"""Consistency regularisation: an augmented image must be judged like the original."""

from typing import Any

import tensorflow as tf

from tfgan_contra import random
from tfgan_contra.augmentation.diff_augment import random_shifts, translate
from tfgan_contra.types import Batch


class ConsistencyRegularization:
    """Mean squared difference of D's outputs on real images and on changed copies.

    `(logits(x) - logits(T x))^2`, plus the same for the method's embeddings or class
    logits where it has them. T flips half of the images and shifts each by at most an
    eighth of its side with reflected borders; it starts from the unaugmented images.

    Source: Zhang et al., "Consistency Regularization for GANs", ICLR 2020
    (arXiv 1910.12027), in the ContraGAN authors' form with embeddings.

    Args:
        weight: of the loss.
    """

    name = "consistency"
    loss_names = ("d_consistency",)
    compared = ("logits", "embeddings", "class_logits")

    def __init__(self, weight: float = 10.0) -> None:
        self.weights = {"d_consistency": weight}

    def __call__(
        self, gan: Any, real: Batch, outputs: dict, fake: Batch, key: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Returns the raw loss by name.

        Args:
            gan: the variant, for its `discriminate`.
            real: real images and labels.
            outputs: the discriminator's outputs on them.
            fake: unused; other regularisers look at it.
            key: two-number seed of this draw.
        """
        draws = random.uniform(key, tf.shape(real.images)[0], 3)
        copies = flip_and_shift(real.images, draws)
        on_copies = gan.discriminate(copies, real.condition, training=True)
        terms = [
            tf.reduce_mean(tf.math.squared_difference(outputs[name], on_copies[name]))
            for name in self.compared
            if name in outputs
        ]
        return {"d_consistency": tf.add_n(terms)}


def flip_and_shift(images: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
    """Mirrors images whose first draw is below 0.5 and shifts them by the others.

    Args:
        images: `[B, H, W, C]`.
        draws: `[B, 3]` uniform in [0, 1).
    """
    mirrored = tf.reverse(images, [2])
    images = tf.where(draws[:, 0, None, None, None] < 0.5, mirrored, images)
    shifts = random_shifts(draws[:, 1:], tf.shape(images)[1])
    return translate(images, shifts, padding="reflect")
