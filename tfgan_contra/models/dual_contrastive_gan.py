"""Dual Contrastive GAN: the adversarial loss itself is a contrast.

Source: Yu et al., "Dual Contrastive Loss and Attention for GANs", ICCV 2021 (arXiv
2103.16748). The authors published no code; networks and R1 are this library's.
"""

from typing import Any

import tensorflow as tf

from tfgan_contra.losses.dual_contrastive import (
    dual_contrastive_discriminator_loss,
    dual_contrastive_generator_loss,
)
from tfgan_contra.models.base import Losses
from tfgan_contra.models.gathering import gathered
from tfgan_contra.models.self_supervised_configs import DualContrastiveGANConfig
from tfgan_contra.models.slicing import interleave
from tfgan_contra.models.unconditional_gan import UnconditionalGAN
from tfgan_contra.random import StepNoise
from tfgan_contra.types import Batch


class DualContrastiveGAN(UnconditionalGAN):
    """D tells each real from all fakes, and each fake from all reals.

    Only differences of logits matter, so a logit alone says nothing of real or fake.
    The generator's loss needs real images too: those of the last step of D.
    """

    Config = DualContrastiveGANConfig
    config: DualContrastiveGANConfig

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """`d_steps` updates of D, one of G, then EMA."""
        noise = self.step_noise()
        for real in self.d_slices(data):
            self.update_discriminator(
                lambda real: self.discriminator_losses(real, noise), real
            )
        self.minimize(
            self.g_share(),
            lambda real: self.generator_losses(real, noise),
            interleave(real, self.config.accumulation),
        )
        self.update_ema()
        return self.finish_step()

    def discriminator_losses(self, real: Batch, noise: StepNoise) -> Losses:
        """The contrast of real and fake images."""
        fake = self.sample_fakes(tf.shape(real.images)[0], noise)
        on_real = self.discriminate(self.augment(real.images, noise), training=True)
        on_fake = self.discriminate(self.augment(fake.images, noise), training=True)
        r, f = on_real["logits"], on_fake["logits"]
        contrast = dual_contrastive_discriminator_loss(
            r, f, all_real_logits=gathered(self, r), all_fake_logits=gathered(self, f)
        )
        return {
            "d_adversarial": contrast,
            **self.d_regularization(real, on_real, fake, on_fake, noise),
        }

    def generator_losses(  # type: ignore[override]
        self, real: Batch, noise: StepNoise
    ) -> Losses:
        """The contrast from the fakes' side; the reals are constants."""
        fake = self.generate_fakes(tf.shape(real.images)[0], noise)
        on_real = self.discriminate(self.augment(real.images, noise), training=True)
        on_fake = self.discriminate(self.augment(fake.images, noise), training=True)
        r, f = tf.stop_gradient(on_real["logits"]), on_fake["logits"]
        contrast = dual_contrastive_generator_loss(
            r,
            f,
            form=self.config.form,
            all_real_logits=gathered(self, r),
            all_fake_logits=gathered(self, f),
        )
        return {
            "g_adversarial": contrast,
            **self.g_regularization(fake, on_fake, noise),
        }
