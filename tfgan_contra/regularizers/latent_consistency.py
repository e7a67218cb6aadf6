"""Latent consistency: neighbouring latents, equal judgement, different images."""

from typing import Any

import tensorflow as tf

from tfgan_contra import random
from tfgan_contra.regularizers.base import (
    DiscriminatorPass,
    GeneratorPass,
    Losses,
    Regularizer,
)
from tfgan_contra.regularizers.consistency import mean_squared_differences
from tfgan_contra.types import Generated


class LatentConsistency(Regularizer):
    """zCR: D must not tell `G(z)` from `G(z + noise)`; G must make them differ.

    D: mean squared difference of the logits on both, plus that of embeddings or class
    logits where the method has them. G: *minus* the mean squared difference of the
    images, so that the loss is negative and falls as the pictures grow apart.

    Source: Zhao et al., "Improved Consistency Regularization for GANs", AAAI 2021
    (arXiv 2002.04724), in the ContraGAN authors' form with embeddings. Unlike theirs,
    the neighbours leave the generator's BatchNorm statistics alone.

    Args:
        noise: standard deviation of what is added to the latents.
        discriminator_weight: of D's loss.
        generator_weight: of G's loss.
    """

    loss_names = ("d_latent_consistency", "g_latent_consistency")

    def __init__(
        self,
        noise: float = 0.05,
        discriminator_weight: float = 20.0,
        generator_weight: float = 0.5,
    ) -> None:
        self.noise = noise
        self.weights = {
            "d_latent_consistency": discriminator_weight,
            "g_latent_consistency": generator_weight,
        }

    def discriminator_losses(
        self, gan: Any, seen: DiscriminatorPass, key: tf.Tensor
    ) -> Losses:
        """Returns the raw loss of the outputs' differences."""
        neighbours = tf.stop_gradient(self._neighbours(gan, seen.fake, key))
        judged = gan.discriminate(neighbours, seen.fake.condition, training=True)
        return {"d_latent_consistency": mean_squared_differences(seen.on_fake, judged)}

    def generator_losses(self, gan: Any, seen: GeneratorPass, key: tf.Tensor) -> Losses:
        """Returns minus the images' mean squared difference."""
        neighbours = self._neighbours(gan, seen.fake, key)
        distance = tf.math.squared_difference(seen.fake.images, neighbours)
        return {"g_latent_consistency": -tf.reduce_mean(distance)}

    def _neighbours(self, gan: Any, fake: Generated, key: tf.Tensor) -> tf.Tensor:
        """Returns images of the same labels and of latents nearby."""
        rows, size = tf.shape(fake.latents)[0], fake.latents.shape[1]
        latents = fake.latents + self.noise * random.normal(key, rows, size)
        inputs = [latents, fake.condition] if gan.spec.num_classes else latents
        return gan.generator(inputs, training=True, track_statistics=False)
