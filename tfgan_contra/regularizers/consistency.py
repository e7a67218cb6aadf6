"""Consistency of the discriminator: a changed copy must be judged like the original.

CR does it for real images, bCR for real and fake ones, zCR (`latent_consistency.py`)
for fakes of neighbouring latents; bCR and zCR together are ICR.
"""

from typing import Any

import tensorflow as tf

from tfgan_contra import random
from tfgan_contra.augmentation.diff_augment import random_shifts, translate
from tfgan_contra.regularizers.base import (
    DiscriminatorPass,
    Losses,
    Outputs,
    Regularizer,
)

# Draws per image: the flip, the shift of the rows and that of the columns.
NUM_DRAWS = 3
# What is compared, where a method has it.
COMPARED = ("logits", "embeddings", "class_logits")


class ConsistencyRegularization(Regularizer):
    """Mean squared difference of D's outputs on real images and on changed copies.

    `(logits(x) - logits(T x))^2`, plus the same for the method's embeddings or class
    logits where it has them. T flips half of the images and shifts each by at most an
    eighth of its side with reflected borders; it starts from the unaugmented images.

    Source: Zhang et al., "Consistency Regularization for GANs", ICLR 2020
    (arXiv 1910.12027), in the ContraGAN authors' form with embeddings.

    Args:
        weight: of the loss.
    """

    loss_names = ("d_consistency",)

    def __init__(self, weight: float = 10.0) -> None:
        self.weights = {"d_consistency": weight}

    def discriminator_losses(
        self, gan: Any, seen: DiscriminatorPass, key: tf.Tensor
    ) -> Losses:
        """Returns the raw loss on real images."""
        images, labels = seen.real
        draws = random.uniform(key, tf.shape(images)[0], NUM_DRAWS)
        return {"d_consistency": _on_copies(gan, images, labels, seen.on_real, draws)}


class BalancedConsistency(Regularizer):
    """bCR: consistency on real and, with a weight of its own, on fake images.

    Both terms are those of `ConsistencyRegularization`. The fakes are constants: the
    loss trains D only.

    Source: Zhao et al., "Improved Consistency Regularization for GANs", AAAI 2021
    (arXiv 2002.04724), in the ContraGAN authors' form with embeddings.

    Args:
        real_weight: of the loss on real images.
        fake_weight: of the loss on fake images.
    """

    loss_names = ("d_consistency_real", "d_consistency_fake")

    def __init__(self, real_weight: float = 10.0, fake_weight: float = 10.0) -> None:
        self.weights = {
            "d_consistency_real": real_weight,
            "d_consistency_fake": fake_weight,
        }

    def discriminator_losses(
        self, gan: Any, seen: DiscriminatorPass, key: tf.Tensor
    ) -> Losses:
        """Returns both raw losses; real and fake images get their own changes."""
        (images, labels), fake = seen.real, seen.fake
        draws = random.uniform(key, tf.shape(images)[0], 2 * NUM_DRAWS)
        for_real, for_fake = tf.split(draws, 2, axis=1)
        return {
            "d_consistency_real": _on_copies(
                gan, images, labels, seen.on_real, for_real
            ),
            "d_consistency_fake": _on_copies(
                gan, fake.images, fake.condition, seen.on_fake, for_fake
            ),
        }


def mean_squared_differences(first: Outputs, second: Outputs) -> tf.Tensor:
    """Returns the sum of the mean squared differences of what a method compares."""
    terms = [
        tf.reduce_mean(tf.math.squared_difference(first[name], second[name]))
        for name in COMPARED
        if name in first
    ]
    return tf.add_n(terms)


def flip_and_shift(images: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
    """Mirrors images whose first draw is below 0.5 and shifts them by the others.

    Args:
        images: `[B, H, W, C]`.
        draws: `[B, NUM_DRAWS]` uniform in [0, 1).
    """
    mirrored = tf.reverse(images, [2])
    images = tf.where(draws[:, 0, None, None, None] < 0.5, mirrored, images)
    shifts = random_shifts(draws[:, 1:], tf.shape(images)[1])
    return translate(images, shifts, padding="reflect")


def _on_copies(
    gan: Any, images: tf.Tensor, labels: Any, outputs: Outputs, draws: tf.Tensor
) -> tf.Tensor:
    copies = flip_and_shift(images, draws)
    on_copies = gan.discriminate(copies, labels, training=True)
    return mean_squared_differences(outputs, on_copies)
