"""XMC-GAN: captions, images, regions and words are contrasted with one another.

Source: Zhang, Koh, Baldridge, Lee and Yang, "Cross-Modal Contrastive Learning for
Text-to-Image Generation", CVPR 2021 (arXiv 2101.04702). Losses, networks and the order
of updates are those of the authors' release. Deviations: all contrasts are computed in
float32 and see the images of all replicas by default; the frozen image network is the
one trained with the text encoder, since the authors' ResNet-50 is not to be had; EMA
takes BatchNorm's statistics along, which theirs leaves behind.
"""

from collections.abc import Callable
from typing import Any, Optional

import keras
import tensorflow as tf

from tfgan_contra.errors import ConfigError
from tfgan_contra.layers.spectral_norm import SNDense
from tfgan_contra.models.cross_modal import CrossModalContrasts
from tfgan_contra.models.model import AdversarialModel
from tfgan_contra.models.slicing import split
from tfgan_contra.models.text_to_image_configs import XMCGANConfig
from tfgan_contra.random import StepNoise
from tfgan_contra.regularizers.base import Losses, Outputs
from tfgan_contra.row_noise import row_latents
from tfgan_contra.types import Batch, CaptionSpec, TextFeatures

# float images in [-1, 1] -> features `[B, F]`, differentiable, with frozen weights.
ImageNetwork = Callable[[tf.Tensor], tf.Tensor]


class XMCGAN(CrossModalContrasts, AdversarialModel):
    """Hinge loss on images with their captions, and contrasts across both.

    D learns to find the caption of a real image among those of the batch, by the whole
    sentence and by its words; G is rewarded when its images are found likewise, and
    when they resemble the real images of their captions.

    Attributes:
        image_network: the frozen network of the image contrast; give it with
            `attach_image_network` before training.
    """

    Config = XMCGANConfig
    config: XMCGANConfig

    def __init__(self, config: XMCGANConfig, spec: CaptionSpec, **kwargs: Any) -> None:
        super().__init__(config, spec, **kwargs)
        self.image_network: Optional[ImageNetwork] = None

    def train_step(self, data: Any) -> dict[str, tf.Tensor]:
        """Updates of D alone, one of D and G together, then EMA."""
        noise = self.step_noise()
        *first, last = split(Batch(*data), self.config.d_updates)
        for real in first:
            self.update_discriminator(real, noise)
        if self.config.update == "simultaneous":
            self.update_both(last, noise)
        else:
            self.update_discriminator(last, noise)
            self.update_generator(last, noise)
        self.update_ema()
        return self.finish_step()

    def update_discriminator(self, real: Batch, noise: StepNoise) -> None:
        """Does one step of D and its heads; the fakes are constants."""

        def losses(real: Batch) -> Losses:
            """Returns D's losses."""
            fake = tf.stop_gradient(self.draw(real.condition, noise, tracked=False))
            on_real, on_fake = self.judge(real.images, fake, real.condition)
            return self.discriminator_losses(on_real, on_fake, real.condition)

        self.minimize(self.d_share(), losses, [real])

    def update_both(self, real: Batch, noise: StepNoise) -> None:
        """Does one step of D and one of G, both from the same pass."""

        def losses() -> Losses:
            """Returns the losses of both."""
            fake = self.draw(real.condition, noise)
            on_real, on_fake = self.judge(real.images, fake, real.condition)
            return {
                **self.discriminator_losses(on_real, on_fake, real.condition),
                **self.generator_losses(real, fake, on_real, on_fake),
            }

        d_share, g_share = self.d_share()[0], self.g_share()[0]
        self.minimize_at_once({"d_": d_share, "g_": g_share}, losses)

    def update_generator(self, real: Batch, noise: StepNoise) -> None:
        """Does one step of G through D as it is now."""

        def losses(real: Batch) -> Losses:
            """Returns G's losses."""
            fake = self.draw(real.condition, noise)
            on_real, on_fake = self.judge(real.images, fake, real.condition)
            return self.generator_losses(real, fake, on_real, on_fake)

        self.minimize(self.g_share(), losses, [real])

    def discriminator_losses(
        self, on_real: Outputs, on_fake: Outputs, text: TextFeatures
    ) -> Losses:
        """Hinge loss, and both contrasts of real images with captions."""
        adversarial = self.adversarial.discriminator(
            on_real["logits"], on_fake["logits"]
        )
        return {
            "d_adversarial": adversarial,
            **self.sentence_contrast("d", on_real),
            **self.word_contrast("d", on_real, text),
        }

    def generator_losses(
        self, real: Batch, fake: tf.Tensor, on_real: Outputs, on_fake: Outputs
    ) -> Losses:
        """Hinge loss, both contrasts with captions, and both with real images."""
        return {
            "g_adversarial": self.g_adversarial(on_fake["logits"]),
            **self.sentence_contrast("g", on_fake),
            **self.word_contrast("g", on_fake, real.condition),
            **self.image_contrast(on_real, on_fake),
            **self.pretrained_contrast(real.images, fake),
        }

    # The parts.

    def draw(
        self, text: TextFeatures, noise: StepNoise, tracked: bool = True
    ) -> tf.Tensor:
        """Returns an image for each caption, from fresh latents.

        Args:
            text: the captions.
            noise: of the step.
            tracked: whether BatchNorm's running statistics move.
        """
        rows = tf.shape(text.lengths)[0]
        latents = noise.latents(rows, self.generator.latent_dim)
        return self.generator([latents, *text], training=True, track_statistics=tracked)

    def judge(
        self, real: tf.Tensor, fake: tf.Tensor, text: TextFeatures
    ) -> list[Outputs]:
        """Returns D's outputs on reals and on fakes of the same captions: one pass."""
        twice = TextFeatures(*(tf.concat([part, part], axis=0) for part in text))
        both = self.discriminate(tf.concat([real, fake], axis=0), twice, training=True)
        halves = {name: tf.split(rows, 2) for name, rows in both.items()}
        return [{name: half[i] for name, half in halves.items()} for i in (0, 1)]

    def build_heads(self) -> tuple[keras.layers.Layer, ...]:
        """Makes the logit and the projection of sentences into D's features."""
        dense: Any = (
            SNDense
            if self.config.network.d_spectral_norm  # type: ignore[attr-defined]
            else keras.layers.Dense
        )
        initializer = self.config.network.initializer  # type: ignore[attr-defined]
        options = {"kernel_initializer": initializer, "dtype": "float32"}
        size = self.discriminator.feature_dim
        self.logit_head = dense(1, name="logit_head", **options)
        self.sentence_head = dense(size, name="sentence_head", **options)
        self.logit_head.build((None, size))
        self.sentence_head.build((None, self.spec.word_dim))
        return (self.logit_head, self.sentence_head)

    def discriminate(
        self,
        images: tf.Tensor,
        text: Optional[TextFeatures] = None,
        training: bool = False,
    ) -> dict[str, tf.Tensor]:
        """Returns D's judgement of images and of how they fit their captions.

        Args:
            images: `[B, H, W, C]` in [-1, 1].
            text: their captions; without them logits are of the images alone.
            training: whether spectral norm does an iteration.

        Returns:
            `logits` `[B]`, `local_features` `[B, h, w, word_dim]`, `global_features`
            `[B, F]`, and with captions `sentence_embeddings` `[B, F]`.
        """
        outputs = self.discriminator(images, training=training)
        features = outputs["global_features"]
        outputs["logits"] = self.logit_head(features, training=training)[:, 0]
        if text is not None:
            embedded = self.sentence_head(text.sentences, training=training)
            outputs["sentence_embeddings"] = embedded
            outputs["logits"] += tf.reduce_sum(features * embedded, axis=1)
        return outputs

    def attach_image_network(self, network: ImageNetwork) -> None:
        """Gives the frozen network of the image contrast, no part of the model."""
        # Keras would track a layer's weights as the model's own.
        object.__setattr__(self, "image_network", network)

    def frozen_features(self, images: tf.Tensor) -> tf.Tensor:
        """Returns the frozen network's features of images in [-1, 1].

        Raises:
            ConfigError: if there is none.
        """
        if self.image_network is None:
            raise ConfigError(
                "method.pretrained_weight is above 0 but there is no frozen image "
                "network: give one with attach_image_network, or set the weight to 0"
            )
        return self.image_network(images)

    def generate(
        self, text: TextFeatures, seed: int = 0, truncation: Optional[float] = None
    ) -> tf.Tensor:
        """Generates an image for each caption with the moving average of the generator.

        Args:
            text: the captions, as the text encoder gives them.
            seed: image i depends on `seed + i` and its caption only.
            truncation: fraction in (0, 1] of the latents' distribution that is kept;
                None: all.

        Returns:
            `[B, H, W, C]` float32 in [-1, 1].
        """
        rows = len(text.lengths)
        seeds = tf.range(seed, seed + rows, dtype=tf.int64)
        kept = None if truncation is None else tf.fill([rows], truncation)
        latents = row_latents(seeds, self.generator.latent_dim, kept)
        return self.generator_ema([latents, *text], training=False)
