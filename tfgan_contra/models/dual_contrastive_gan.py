"""Dual Contrastive GAN: the adversarial loss itself is a contrast.

Source: Yu et al., "Dual Contrastive Loss and Attention for GANs", ICCV 2021 (arXiv
2103.16748). The authors published no code; networks, R1 and the form of the attention
are this library's.
"""

from typing import Any, Optional

import keras
import tensorflow as tf

from tfgan_contra.config import require
from tfgan_contra.layers.attention import ReferenceAttention
from tfgan_contra.losses.dual_contrastive import (
    dual_contrastive_discriminator_loss,
    dual_contrastive_generator_loss,
)
from tfgan_contra.models.base import Losses
from tfgan_contra.models.gathering import gathered
from tfgan_contra.models.references import ReferenceBank, References, next_rows
from tfgan_contra.models.self_supervised_configs import DualContrastiveGANConfig
from tfgan_contra.models.slicing import interleave
from tfgan_contra.models.unconditional_gan import UnconditionalGAN
from tfgan_contra.random import StepNoise
from tfgan_contra.regularizers.base import DiscriminatorPass, Outputs
from tfgan_contra.types import Batch, Generated

# SAGAN's block has queries and keys of an eighth of its channels.
LEAST_CHANNELS = 8


class DualContrastiveGAN(UnconditionalGAN):
    """D tells each real from all fakes, and each fake from all reals.

    Only differences of logits matter, so a logit alone says nothing of real or fake.
    The generator's loss needs real images too: those of the last step of D.

    With `reference_attention_after` D judges an image beside a real one, its reference.
    Both pass through the same first blocks, then `ReferenceAttention` adds what the
    image reads in the reference, and the other blocks judge the mix. Its gate starts
    at 0, where D is what it is without. The paper has the idea; the rest is this
    library's design:

    - While training, the reference of row i of the micro-batch is the real image of
      row i + 1, after the last the first: no image is its own reference. Rows are
      counted over all replicas, so one row on each is enough; but an image that is
      alone in the whole micro-batch is its own reference, and attends to itself.
    - Reals and fakes have the same references, and the features that D has of the
      reals anyway are used for them: a reference costs no pass through D. Gradients
      reach D through them.
    - Regularisers that have D judge other images, R1 or a consistency say, have it do
      so beside the same references, which are constants to them.
    - Elsewhere the references are the `reference_images` first images of the first
      training step, kept as a weight and in checkpoints. Image i is judged beside
      image i of these, after the last comes the first again: the logit then depends
      on the place in the batch, though on no other image in it. One of these images
      itself may be its own reference. Before training they are grey.
    """

    Config = DualContrastiveGANConfig
    config: DualContrastiveGANConfig
    bank: Optional[ReferenceBank] = None

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """`d_steps` updates of D, one of G, then EMA."""
        noise = self.step_noise()
        slices = tuple(self.d_slices(data))
        if self.bank is not None:
            self.bank.fill(slices[0].images, tf.convert_to_tensor(self.step) == 0)
        for real in slices:
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
        seen = self.judge(real, fake, noise)
        r, f = seen.on_real["logits"], seen.on_fake["logits"]
        contrast = dual_contrastive_discriminator_loss(
            r, f, all_real_logits=gathered(self, r), all_fake_logits=gathered(self, f)
        )
        return {"d_adversarial": contrast, **self.d_regularization(*seen, noise)}

    def generator_losses(  # type: ignore[override]
        self, real: Batch, noise: StepNoise
    ) -> Losses:
        """The contrast from the fakes' side; the reals are constants."""
        fake = self.generate_fakes(tf.shape(real.images)[0], noise)
        seen = self.judge(real, fake, noise)
        r, f = tf.stop_gradient(seen.on_real["logits"]), seen.on_fake["logits"]
        contrast = dual_contrastive_generator_loss(
            r,
            f,
            form=self.config.form,
            all_real_logits=gathered(self, r),
            all_fake_logits=gathered(self, f),
        )
        return {
            "g_adversarial": contrast,
            **self.g_regularization(seen.fake, seen.on_fake, noise),
        }

    def judge(
        self, real: Batch, fake: Generated, noise: StepNoise
    ) -> DiscriminatorPass:
        """Returns the images, and D's outputs on them behind the augmentation.

        With reference attention the references are the images' condition, which
        regularisers hand to `discriminate`.
        """
        real_images = self.augment(real.images, noise)
        fake_images = self.augment(fake.images, noise)
        if self.bank is None:
            on_real = self.discriminate(real_images, training=True)
            on_fake = self.discriminate(fake_images, training=True)
            return DiscriminatorPass(real, on_real, fake, on_fake)
        features = self.encode(real_images, training=True)
        references = References(next_rows(features))
        fake_features = self.encode(fake_images, training=True)
        return DiscriminatorPass(
            real._replace(condition=references),
            self.judge_beside(references, features, training=True),
            fake._replace(condition=references),
            self.judge_beside(references, fake_features, training=True),
        )

    def build_heads(self) -> tuple[keras.layers.Layer, ...]:
        """Makes the logit and, if there is any, the reference attention.

        Raises:
            ConfigError: if the discriminator has no such place.
        """
        heads = super().build_heads()
        place = self.config.reference_attention_after
        if place is None:
            return heads
        channels = _channels_behind(self.discriminator, place)
        self.bank = ReferenceBank(self, self.config.reference_images)
        self.reference_attention = ReferenceAttention(
            spectral_norm=self.config.network.d_spectral_norm,
            name="reference_attention",
        )
        shape = (None, None, None, channels)
        self.reference_attention.build(shape, shape)
        return (*heads, self.reference_attention)

    def encode(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Returns the features `[B, h, w, C]` in front of the reference attention."""
        place = self.config.reference_attention_after
        return self.discriminator.first_blocks(images, place, training)

    def judge_beside(
        self, references: References, features: tf.Tensor, training: bool = False
    ) -> Outputs:
        """Returns D's outputs on images of which `encode` gave the features."""
        place = self.config.reference_attention_after
        mixed = self.reference_attention(
            features, references.features, training=training
        )
        outputs = self.discriminator.last_blocks(mixed, place, training)
        logits = self.logit_head(outputs["global_features"], training=training)
        return outputs | {"logits": logits[:, 0]}

    def discriminate(
        self, images: tf.Tensor, labels: Any = None, training: bool = False
    ) -> dict[str, tf.Tensor]:
        """Returns features and `logits` `[B]`.

        Args:
            images: `[B, H, W, C]`.
            labels: `References`; anything else, labels too, plays no part, and with
                reference attention the references are the images kept for that.
            training: whether batch norm and spectral norm are in training.
        """
        if self.bank is None:
            return super().discriminate(images, training=training)
        features = self.encode(images, training)
        if not isinstance(labels, References):
            rows = tf.shape(features)[0]
            kept = self.encode(self.bank.first(rows), training)
            labels = References(tf.gather(kept, tf.range(rows) % tf.shape(kept)[0]))
        return self.judge_beside(labels, features, training)


def _channels_behind(discriminator: Any, place: int) -> int:
    """Returns the channels behind a block, if reference attention can stand there."""
    blocks = getattr(discriminator, "blocks", ())
    expected = (
        f"a block from 1 to {len(blocks) - 1} of at least {LEAST_CHANNELS} channels"
    )
    if not blocks:
        expected = "None: this discriminator has no residual blocks"
    inside = 1 <= place < len(blocks)
    channels = blocks[place - 1].filters if inside else 0
    fits = channels >= LEAST_CHANNELS
    require(fits, "method.reference_attention_after", place, expected)
    return channels
