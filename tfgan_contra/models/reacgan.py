"""ReACGAN: an auxiliary classifier rebuilt as data-to-data cross entropy.

Source: Kang, Shim, Cho and Park, "Rebooting ACGAN: Auxiliary Classifier GANs with
Stable Training", NeurIPS 2021 (arXiv 2111.01118).
"""

from typing import Any

import tensorflow as tf

from tfgan_contra.losses.data_to_data import data_to_data_cross_entropy_loss
from tfgan_contra.models.base import ContrastiveGAN, Losses
from tfgan_contra.models.configs import ReACGANConfig
from tfgan_contra.models.gathering import first_row, gathered
from tfgan_contra.models.heads import EmbeddingHeads
from tfgan_contra.random import StepNoise
from tfgan_contra.types import Batch


class ReACGAN(EmbeddingHeads, ContrastiveGAN):
    """Adversarial loss plus D2D-CE on real images for D and on fake images for G.

    D2D-CE pulls an image's embedding to its class proxy and away from the images of
    other classes; pairs that are easy enough (two margins) count no more. Embeddings
    have unit length, which keeps the classifier's gradient from exploding early on.
    """

    Config = ReACGANConfig
    config: ReACGANConfig

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Algorithm 1 of the paper: `d_steps` updates of D, one of G, then EMA."""
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
        """Adversarial loss on real and fake images, D2D-CE on the real ones."""
        fake = self.sample_fakes(tf.shape(real.images)[0], noise)
        real_images = self.augment(real.images, noise)
        fake_images = self.augment(fake.images, noise)
        on_real = self.discriminate(real_images, real.condition, training=True)
        on_fake = self.discriminate(fake_images, fake.condition, training=True)
        return {
            "d_adversarial": self.adversarial.discriminator(
                on_real["logits"], on_fake["logits"]
            ),
            "d_contrastive": self.contrast(on_real, real.condition),
            **self.d_regularization(real, on_real, fake, on_fake, noise),
        }

    def generator_losses(self, rows: Any, noise: StepNoise) -> Losses:
        """Adversarial loss and D2D-CE on fake images."""
        fake = self.generate_fakes(rows, noise)
        images = self.augment(fake.images, noise)
        on_fake = self.discriminate(images, fake.condition, training=True)
        return {
            "g_adversarial": self.g_adversarial(on_fake["logits"]),
            "g_contrastive": self.contrast(on_fake, fake.condition),
            **self.g_regularization(fake, on_fake, noise),
        }

    def contrast(self, outputs: dict[str, tf.Tensor], labels: tf.Tensor) -> tf.Tensor:
        """D2D-CE of this replica's images against those of all replicas."""
        embeddings = outputs["embeddings"]
        return data_to_data_cross_entropy_loss(
            embeddings,
            outputs["proxies"],
            labels,
            temperature=self.config.temperature,
            positive_margin=self.config.positive_margin,
            form=self.config.form,
            all_embeddings=gathered(self, embeddings),
            all_labels=gathered(self, labels),
            row_offset=first_row(self, embeddings),
        )

    def loss_names(self) -> tuple[str, ...]:
        """Returns the names of the logged losses."""
        return ("d_adversarial", "d_contrastive", "g_adversarial", "g_contrastive")
