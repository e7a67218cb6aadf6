"""LeCam regularisation: logits must not run away from their moving averages."""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra import distribution
from tfgan_contra.regularizers.base import DiscriminatorPass, Losses, Regularizer


def lecam_penalty(
    real_logits: tf.Tensor,
    fake_logits: tf.Tensor,
    real_average: tf.Tensor,
    fake_average: tf.Tensor,
) -> tf.Tensor:
    """Means of squared distances to the other side's average, where they are exceeded.

    `mean max(0, real - fake_average)^2 + mean max(0, real_average - fake)^2`.

    Args:
        real_logits: `[B]`.
        fake_logits: `[B]`.
        real_average: scalar, moving average of the real logits; a constant.
        fake_average: scalar, moving average of the fake logits; a constant.

    Source: Tseng et al., "Regularizing Generative Adversarial Networks under Limited
    Data", CVPR 2021 (arXiv 2104.03310), in its authors' one-sided form.
    """
    above = tf.nn.relu(real_logits - tf.stop_gradient(fake_average))
    below = tf.nn.relu(tf.stop_gradient(real_average) - fake_logits)
    return tf.reduce_mean(tf.square(above)) + tf.reduce_mean(tf.square(below))


class LeCam(Regularizer):
    """Draws D's logits to the moving average of the other side's; see `lecam_penalty`.

    The averages are those of all replicas' logits. Up to and including `start_step`
    the loss is 0, before it the averages are the batch's means, as in the ContraGAN
    authors' code.

    Args:
        weight: of the loss.
        decay: of the moving averages.
        start_step: training step from which on they move slowly.
    """

    loss_names = ("d_lecam",)
    real_average: keras.Variable
    fake_average: keras.Variable

    def __init__(
        self, weight: float = 0.3, decay: float = 0.99, start_step: int = 1000
    ) -> None:
        self.weights = {"d_lecam": weight}
        self.decay, self.start_step = decay, start_step

    def build(self, gan: Any) -> None:
        """Makes both averages."""
        options = {"shape": (), "initializer": "zeros", "trainable": False}
        options |= {"autocast": False}
        self.real_average = gan.add_weight(name="lecam_real_average", **options)
        self.fake_average = gan.add_weight(name="lecam_fake_average", **options)

    def discriminator_losses(
        self, gan: Any, seen: DiscriminatorPass, key: tf.Tensor
    ) -> Losses:
        """Moves both averages, then returns the raw loss."""
        step = tf.convert_to_tensor(gan.step)
        real, fake = seen.on_real["logits"], seen.on_fake["logits"]
        real_average = self._moved(self.real_average, real, step)
        fake_average = self._moved(self.fake_average, fake, step)
        penalty = lecam_penalty(real, fake, real_average, fake_average)
        started = tf.cast(step > self.start_step, tf.float32)
        return {"d_lecam": started * penalty}

    def _moved(
        self, average: keras.Variable, logits: tf.Tensor, step: tf.Tensor
    ) -> tf.Tensor:
        mean = distribution.all_reduce_mean(tf.reduce_mean(tf.stop_gradient(logits)))
        # The very first value has nothing to be averaged with.
        decay = tf.where(step < max(self.start_step, 1), 0.0, self.decay)
        moved = decay * tf.convert_to_tensor(average) + (1.0 - decay) * mean
        average.assign(moved)
        return moved
