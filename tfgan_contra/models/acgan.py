"""ACGAN: the discriminator also names the class.

Source: Odena, Olah and Shlens, "Conditional Image Synthesis with Auxiliary Classifier
GANs", ICML 2017 (arXiv 1610.09585).
"""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.losses.classification import classification_loss
from tfgan_contra.models.base import ContrastiveGAN, Losses
from tfgan_contra.models.configs import ACGANConfig
from tfgan_contra.models.heads import head_layers
from tfgan_contra.random import StepNoise
from tfgan_contra.types import Batch


class ACGAN(ContrastiveGAN):
    """Adversarial loss plus the cross entropy of an auxiliary classifier.

    D classifies real images, and fakes too where the config says so (the paper, and
    the ContraGAN authors' code of 2020); G is rewarded for images that D classifies as
    what was asked for.
    """

    Config = ACGANConfig
    config: ACGANConfig

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
        """Adversarial loss on real and fake images, cross entropy on the real ones."""
        fake = self.sample_fakes(tf.shape(real.images)[0], noise)
        real_images = self.augment(real.images, noise)
        fake_images = self.augment(fake.images, noise)
        on_real = self.discriminate(real_images, training=True)
        on_fake = self.discriminate(fake_images, training=True)
        classification = classification_loss(on_real["class_logits"], real.condition)
        if self.config.classify_fakes:
            classification += classification_loss(
                on_fake["class_logits"], fake.condition
            )
        return {
            "d_adversarial": self.adversarial.discriminator(
                on_real["logits"], on_fake["logits"]
            ),
            "d_classification": classification,
            **self.d_regularization(real, on_real, fake, on_fake, noise),
        }

    def generator_losses(self, rows: Any, noise: StepNoise) -> Losses:
        """Adversarial loss and cross entropy on fake images."""
        fake = self.generate_fakes(rows, noise)
        on_fake = self.discriminate(self.augment(fake.images, noise), training=True)
        return {
            "g_adversarial": self.g_adversarial(on_fake["logits"]),
            "g_classification": classification_loss(
                on_fake["class_logits"], fake.condition
            ),
            **self.g_regularization(fake, on_fake, noise),
        }

    def build_heads(self) -> tuple[keras.layers.Layer, ...]:
        """Makes the logit and the classifier."""
        dense, _ = head_layers(self.config.network.d_spectral_norm)
        features = (None, self.discriminator.feature_dim)
        self.logit_head = dense(1, name="logit_head")
        self.class_head = dense(
            self.spec.num_classes, use_bias=self.config.class_bias, name="class_head"
        )
        self.logit_head.build(features)
        self.class_head.build(features)
        return (self.logit_head, self.class_head)

    def discriminate(
        self, images: tf.Tensor, labels: Any = None, training: bool = False
    ) -> dict[str, tf.Tensor]:
        """Returns `logits` `[B]`, `class_logits` `[B, K]` and features.

        Labels play no part here. (The authors also mean to normalise the classifier's
        rows with its features, but their loop changes nothing; so nor does this.)
        """
        outputs = self.discriminator(images, training=training)
        features = outputs["global_features"]
        outputs["logits"] = self.logit_head(features, training=training)[:, 0]
        if self.config.normalize_features:
            features = keras.ops.normalize(features, axis=-1)
        outputs["class_logits"] = self.class_head(features, training=training)
        return outputs

    def loss_names(self) -> tuple[str, ...]:
        """Returns the names of the logged losses."""
        return (
            "d_adversarial",
            "d_classification",
            "g_adversarial",
            "g_classification",
        )
