"""Projection GAN: the class enters the discriminator as an inner product.

Source: Miyato and Koyama, "cGANs with Projection Discriminator", ICLR 2018
(arXiv 1802.05637). With its networks this is SNGAN, SAGAN or BigGAN.
"""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.models.base import ContrastiveGAN, Losses
from tfgan_contra.models.configs import ProjGANConfig
from tfgan_contra.models.heads import head_layers
from tfgan_contra.random import StepNoise
from tfgan_contra.types import Batch


class ProjGAN(ContrastiveGAN):
    """Adversarial loss on `logit(h) + class_embedding . h`, h the pooled features."""

    Config = ProjGANConfig

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """`d_steps` updates of D, one of G, then EMA."""
        noise = self.step_noise()
        for real in self.d_slices(data):
            self.update_discriminator(
                lambda real: self.discriminator_losses(real, noise), real
            )
        self.update_generator(
            lambda rows: self.generator_losses(rows, noise), tf.shape(real.images)[0]
        )
        self.update_ema()
        return self.finish_step()

    def discriminator_losses(self, real: Batch, noise: StepNoise) -> Losses:
        """Adversarial loss on real and fake images, each with its labels."""
        fake = self.sample_fakes(tf.shape(real.images)[0], noise)
        real_images = self.augment(real.images, noise)
        fake_images = self.augment(fake.images, noise)
        on_real = self.discriminate(real_images, real.condition, training=True)
        on_fake = self.discriminate(fake_images, fake.condition, training=True)
        return {
            "d_adversarial": self.adversarial.discriminator(
                on_real["logits"], on_fake["logits"]
            ),
            **self.d_regularization(real, on_real, fake, on_fake, noise),
        }

    def generator_losses(self, rows: Any, noise: StepNoise) -> Losses:
        """Adversarial loss on fake images."""
        fake = self.generate_fakes(rows, noise)
        images = self.augment(fake.images, noise)
        on_fake = self.discriminate(images, fake.condition, training=True)
        return {
            "g_adversarial": self.g_adversarial(on_fake["logits"]),
            **self.g_regularization(fake, on_fake, noise),
        }

    def build_heads(self) -> tuple[keras.layers.Layer, ...]:
        """Makes the unconditional logit and the class embedding."""
        dense, embedding = head_layers(self.config.network.d_spectral_norm)
        size = self.discriminator.feature_dim
        self.logit_head = dense(1, name="logit_head")
        self.class_embedding = embedding(
            self.spec.num_classes, size, name="class_embedding"
        )
        self.logit_head.build((None, size))
        self.class_embedding.build()
        return (self.logit_head, self.class_embedding)

    def discriminate(
        self, images: tf.Tensor, labels: Any = None, training: bool = False
    ) -> dict[str, tf.Tensor]:
        """Returns features and `logits` `[B]`; without labels the class is left out."""
        outputs = self.discriminator(images, training=training)
        features = outputs["global_features"]
        outputs["logits"] = self.logit_head(features, training=training)[:, 0]
        if labels is not None:
            embeddings = self.class_embedding(labels, training=training)
            outputs["logits"] += tf.reduce_sum(embeddings * features, axis=1)
        return outputs

    def loss_names(self) -> tuple[str, ...]:
        """Returns the names of the logged losses."""
        return ("d_adversarial", "g_adversarial")
