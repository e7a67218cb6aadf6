"""SSGAN: a GAN whose discriminator also tells how an image was turned.

Source: Chen et al., "Self-Supervised GANs via Auxiliary Rotation Loss", CVPR 2019
(arXiv 1811.11212).
"""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.losses.rotation import ROTATION_BATCHES, TURNS, rotation_loss
from tfgan_contra.models.base import Losses
from tfgan_contra.models.heads import head_layers
from tfgan_contra.models.self_supervised_configs import SSGANConfig
from tfgan_contra.models.unconditional_gan import UnconditionalGAN
from tfgan_contra.random import StepNoise
from tfgan_contra.regularizers.base import Outputs
from tfgan_contra.types import Batch


class SSGAN(UnconditionalGAN):
    """Adversarial loss on upright images, rotation loss on turned ones.

    The discriminator learns to tell quarter turns of real images; the generator is
    rewarded when those of its images are told rightly. As in the authors' code D judges
    real, turned and generated images in one call.
    """

    Config = SSGANConfig
    config: SSGANConfig

    def discriminator_losses(self, real: Batch, noise: StepNoise) -> Losses:
        """Adversarial loss on real and fake images, rotations of the real ones."""
        rows = tf.shape(real.images)[0]
        fake = self.sample_fakes(rows, noise)
        real_images = _by_fours(self.augment(real.images, noise))
        turned = ROTATION_BATCHES[self.config.rotation_batch](real_images)
        fake_images = self.augment(fake.images, noise)
        on_real, on_turned, on_fake = self._judge(
            real_images, turned.images, fake_images
        )
        return {
            "d_adversarial": self.adversarial.discriminator(
                on_real["logits"], on_fake["logits"]
            ),
            "d_rotation": self._rotation("d", on_real, on_turned, turned.labels),
            **self.d_regularization(real, on_real, fake, on_fake, noise),
        }

    def generator_losses(self, rows: Any, noise: StepNoise) -> Losses:
        """Adversarial loss and rotations of fake images."""
        fake = self.generate_fakes(rows, noise)
        images = _by_fours(self.augment(fake.images, noise))
        turned = ROTATION_BATCHES[self.config.rotation_batch](images)
        on_fake, on_turned = self._judge(images, turned.images)
        return {
            "g_adversarial": self.g_adversarial(on_fake["logits"]),
            "g_rotation": self._rotation("g", on_fake, on_turned, turned.labels),
            **self.g_regularization(fake, on_fake, noise),
        }

    def build_heads(self) -> tuple[keras.layers.Layer, ...]:
        """Makes the logit and the four logits of the quarter turns."""
        heads = super().build_heads()
        dense, _ = head_layers(self.config.network.d_spectral_norm)
        self.rotation_head = dense(TURNS, name="rotation_head")
        self.rotation_head.build((None, self.discriminator.feature_dim))
        return (*heads, self.rotation_head)

    def discriminate(
        self, images: tf.Tensor, labels: Any = None, training: bool = False
    ) -> dict[str, tf.Tensor]:
        """Returns features, `logits` `[B]` and `rotation_logits` `[B, 4]`."""
        outputs = super().discriminate(images, labels, training)
        features = outputs["global_features"]
        outputs["rotation_logits"] = self.rotation_head(features, training=training)
        return outputs

    def loss_names(self) -> tuple[str, ...]:
        """Returns the names of the logged losses, and of the accuracies of turns."""
        losses = ("d_adversarial", "d_rotation", "g_adversarial", "g_rotation")
        return (*losses, *self.detail_names())

    def detail_names(self) -> tuple[str, ...]:
        """Returns the names of the accuracies on turned reals and fakes."""
        return ("d_rotation_accuracy", "g_rotation_accuracy")

    def _judge(self, *images: tf.Tensor) -> list[Outputs]:
        """Returns D's outputs on several batches, judged in one call."""
        outputs = self.discriminate(tf.concat(images, axis=0), training=True)
        sizes = [tf.shape(one)[0] for one in images]
        parts = {name: tf.split(rows, sizes) for name, rows in outputs.items()}
        return [
            {name: split[i] for name, split in parts.items()}
            for i in range(len(images))
        ]

    def _rotation(
        self, side: str, on_batch: Outputs, on_turned: Outputs, labels: tf.Tensor
    ) -> tf.Tensor:
        """Returns the loss of the last rows of batch and turned images together."""
        both = [on_batch["rotation_logits"], on_turned["rotation_logits"]]
        logits = tf.concat(both, axis=0)[-tf.shape(labels)[0] :]
        right = tf.argmax(logits, axis=1, output_type=tf.int32) == labels
        accuracy = tf.reduce_mean(tf.cast(right, tf.float32))
        self.track({f"{side}_rotation_accuracy": accuracy})
        return rotation_loss(logits, labels)


def _by_fours(images: tf.Tensor) -> tf.Tensor:
    """Returns the images with every fourth one last, and so on.

    Which images are turned, and how, goes by their place in a replica's batch; in this
    order it is the same however many replicas share a batch.
    """
    places = tf.range(tf.shape(images)[0])
    ordered = tf.gather(images, tf.argsort(places % TURNS, stable=True))
    return tf.ensure_shape(ordered, images.shape)
