"""ContraGAN: a class-conditional GAN whose discriminator contrasts images.

Source: Kang and Park, "ContraGAN: Contrastive Learning for Conditional Image
Generation", NeurIPS 2020 (arXiv 2006.12681).
"""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.errors import ConfigError
from tfgan_contra.losses.temperature import scheduled_temperature
from tfgan_contra.models.base import ContrastiveGAN, Losses
from tfgan_contra.models.configs import ContraGANConfig
from tfgan_contra.models.contrasts import CONTRASTS, Judged
from tfgan_contra.models.heads import EmbeddingHeads
from tfgan_contra.random import StepNoise
from tfgan_contra.types import Batch


class ContraGAN(EmbeddingHeads, ContrastiveGAN):
    """Adversarial loss plus 2C on real images for D and on fake images for G.

    2C pulls an image's embedding to its class proxy and to the other images of its
    class, and away from all other images of the batch. With several replicas the
    contrast sees the images of all of them (`gather_negatives`); the authors'
    distributed code has the same loss but 1/replicas of its gradient. The paper's
    ablation puts other losses (`models/contrasts.py`) in the place of 2C.
    """

    Config = ContraGANConfig
    config: ContraGANConfig

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
        """Adversarial loss on real and fake images, the contrast on the real ones."""
        fake = self.sample_fakes(tf.shape(real.images)[0], noise)
        real_images = self.augment(real.images, noise)
        fake_images = self.augment(fake.images, noise)
        on_real = self.discriminate(real_images, real.condition, training=True)
        on_fake = self.discriminate(fake_images, fake.condition, training=True)
        seen = Judged(real.images, real.condition, on_real)
        return {
            "d_adversarial": self.adversarial.discriminator(
                on_real["logits"], on_fake["logits"]
            ),
            "d_contrastive": self.contrast(self, seen, noise),
            **self.d_regularization(real, on_real, fake, on_fake, noise),
        }

    def generator_losses(self, rows: Any, noise: StepNoise) -> Losses:
        """Adversarial loss and the contrast on fake images."""
        fake = self.generate_fakes(rows, noise)
        images = self.augment(fake.images, noise)
        on_fake = self.discriminate(images, fake.condition, training=True)
        seen = Judged(fake.images, fake.condition, on_fake)
        return {
            "g_adversarial": self.g_adversarial(on_fake["logits"]),
            "g_contrastive": self.contrast(self, seen, noise),
            **self.g_regularization(fake, on_fake, noise),
        }

    def temperature(self) -> Any:
        """Returns the contrast's temperature, constant or scheduled."""
        config = self.config
        if config.final_temperature is None:
            return config.temperature
        return scheduled_temperature(
            self.step,
            start=config.temperature,
            end=config.final_temperature,
            num_steps=config.temperature_steps,
            jumps=config.temperature_jumps,
        )

    def build_heads(self) -> tuple[keras.layers.Layer, ...]:
        """Makes the heads and chooses the contrast."""
        if self.config.contrast == "proxy_nca" and self.spec.num_classes < 2:
            raise ConfigError(
                "contrast=proxy_nca needs data of at least two classes. "
                f"Received: num_classes={self.spec.num_classes}"
            )
        self.contrast = CONTRASTS[self.config.contrast]
        return super().build_heads()

    def loss_names(self) -> tuple[str, ...]:
        """Returns the names of the logged losses."""
        return ("d_adversarial", "d_contrastive", "g_adversarial", "g_contrastive")
