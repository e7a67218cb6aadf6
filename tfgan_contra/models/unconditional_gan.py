"""The plain GAN, without classes: the baseline of all others.

Source: Goodfellow et al., NeurIPS 2014 (arXiv 1406.2661). By its adversarial loss,
networks and regularisers this is DCGAN, LSGAN, Geometric GAN, WGAN, WGAN-GP, ....
"""

import dataclasses
from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.models.base import ContrastiveGAN, Losses
from tfgan_contra.models.configs import ImageMethodConfig, UnconditionalGANConfig
from tfgan_contra.models.heads import head_layers
from tfgan_contra.random import StepNoise
from tfgan_contra.types import Batch, DataSpec


class UnconditionalGAN(ContrastiveGAN):
    """Adversarial loss on one logit per image; labels of the data are left out."""

    Config: type[ImageMethodConfig] = UnconditionalGANConfig
    needs_classes = False

    def __init__(self, config: Any, spec: DataSpec, **kwargs: Any) -> None:
        without_classes = dataclasses.replace(spec, num_classes=0, class_names=())
        super().__init__(config, without_classes, **kwargs)

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
        """Adversarial loss on real and fake images."""
        fake = self.sample_fakes(tf.shape(real.images)[0], noise)
        on_real = self.discriminate(self.augment(real.images, noise), training=True)
        on_fake = self.discriminate(self.augment(fake.images, noise), training=True)
        return {
            "d_adversarial": self.adversarial.discriminator(
                on_real["logits"], on_fake["logits"]
            ),
            **self.d_regularization(real, on_real, fake, on_fake, noise),
        }

    def generator_losses(self, rows: Any, noise: StepNoise) -> Losses:
        """Adversarial loss on fake images."""
        fake = self.generate_fakes(rows, noise)
        on_fake = self.discriminate(self.augment(fake.images, noise), training=True)
        return {
            "g_adversarial": self.g_adversarial(on_fake["logits"]),
            **self.g_regularization(fake, on_fake, noise),
        }

    def build_heads(self) -> tuple[keras.layers.Layer, ...]:
        """Makes the logit."""
        dense, _ = head_layers(self.config.network.d_spectral_norm)
        self.logit_head = dense(1, name="logit_head")
        self.logit_head.build((None, self.discriminator.feature_dim))
        return (self.logit_head,)

    def discriminate(
        self, images: tf.Tensor, labels: Any = None, training: bool = False
    ) -> dict[str, tf.Tensor]:
        """Returns features and `logits` `[B]`; labels play no part."""
        outputs = self.discriminator(images, training=training)
        features = outputs["global_features"]
        outputs["logits"] = self.logit_head(features, training=training)[:, 0]
        return outputs

    def loss_names(self) -> tuple[str, ...]:
        """Returns the names of the logged losses."""
        return ("d_adversarial", "g_adversarial")
