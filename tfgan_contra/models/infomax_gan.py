"""InfoMax-GAN: a GAN whose images' parts and wholes should know each other.

Source: Lee, Tran and Cheung, "InfoMax-GAN: Improved Adversarial Image Generation via
Information Maximization and Contrastive Learning", WACV 2021 (arXiv 2007.04589).
"""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.losses.info_nce import info_nce_loss, mutual_information_bound
from tfgan_contra.models.base import Losses
from tfgan_contra.models.gathering import first_row, gathered
from tfgan_contra.models.projection_heads import ConvProjection, DenseProjection
from tfgan_contra.models.self_supervised_configs import InfoMaxGANConfig
from tfgan_contra.models.unconditional_gan import UnconditionalGAN
from tfgan_contra.random import StepNoise
from tfgan_contra.regularizers.base import Outputs
from tfgan_contra.types import Batch


class InfoMaxGAN(UnconditionalGAN):
    """Adversarial loss, and InfoNCE between an image's global and local features.

    On real images for D, on fakes for G; the two never mix. The projections belong to
    D and train in its steps only.
    """

    Config = InfoMaxGANConfig
    config: InfoMaxGANConfig

    def discriminator_losses(self, real: Batch, noise: StepNoise) -> Losses:
        """Adversarial loss on real and fake images, InfoNCE on the real ones."""
        fake = self.sample_fakes(tf.shape(real.images)[0], noise)
        on_real = self.discriminate(self.augment(real.images, noise), training=True)
        on_fake = self.judge(self.augment(fake.images, noise), training=True)
        return {
            "d_adversarial": self.adversarial.discriminator(
                on_real["logits"], on_fake["logits"]
            ),
            "d_info_nce": self.info_nce("d", on_real),
            **self.d_regularization(real, on_real, fake, on_fake, noise),
        }

    def generator_losses(self, rows: Any, noise: StepNoise) -> Losses:
        """Adversarial loss and InfoNCE on fake images."""
        fake = self.generate_fakes(rows, noise)
        on_fake = self.discriminate(self.augment(fake.images, noise), training=True)
        return {
            "g_adversarial": self.g_adversarial(on_fake["logits"]),
            "g_info_nce": self.info_nce("g", on_fake),
            **self.g_regularization(fake, on_fake, noise),
        }

    def info_nce(self, side: str, outputs: Outputs) -> tf.Tensor:
        """Returns InfoNCE of projected features, and logs the bound that it gives."""
        negatives = self.config.negatives
        local = outputs["local_projections"]
        everybody = gathered(self, local)
        loss = info_nce_loss(
            local,
            outputs["global_projections"],
            negatives=negatives,
            all_local_features=everybody,
            row_offset=first_row(self, local),
        )
        bound = mutual_information_bound(loss, everybody, negatives=negatives)
        self.track({f"{side}_mutual_information": bound})
        return loss

    def build_heads(self) -> tuple[keras.layers.Layer, ...]:
        """Makes the logit and the projections of local and global features."""
        heads = super().build_heads()
        normalized = self.config.network.d_spectral_norm
        size = self.config.projection_dim
        self.local_projection = ConvProjection(
            self.discriminator.local_dim, size, normalized, name="local_projection"
        )
        self.global_projection = DenseProjection(
            self.discriminator.feature_dim, size, normalized, name="global_projection"
        )
        return (*heads, self.local_projection, self.global_projection)

    def judge(self, images: tf.Tensor, training: bool = False) -> dict[str, tf.Tensor]:
        """Returns features and `logits` `[B]`, without the projections."""
        return super().discriminate(images, training=training)

    def discriminate(
        self, images: tf.Tensor, labels: Any = None, training: bool = False
    ) -> dict[str, tf.Tensor]:
        """Returns features, `logits` `[B]` and the projected features.

        `local_projections` are `[B, h, w, R]`, `global_projections` `[B, R]`.
        """
        outputs = self.judge(images, training=training)
        for name in ("local", "global"):
            project = getattr(self, f"{name}_projection")
            projected = project(outputs[f"{name}_features"], training=training)
            outputs[f"{name}_projections"] = projected
        return outputs

    def loss_names(self) -> tuple[str, ...]:
        """Returns the names of the logged losses, and of the bounds."""
        losses = ("d_adversarial", "d_info_nce", "g_adversarial", "g_info_nce")
        return (*losses, *self.detail_names())

    def detail_names(self) -> tuple[str, ...]:
        """Returns the names of the bounds ln K - L on the mutual information."""
        return ("d_mutual_information", "g_mutual_information")
