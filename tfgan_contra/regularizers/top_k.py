"""Top-k training: the generator learns from its best images only."""

from typing import Any

import tensorflow as tf

from tfgan_contra import distribution
from tfgan_contra.regularizers.base import Regularizer


def kept(count: Any, epoch: Any, gamma: float, nu: float) -> tf.Tensor:
    """Returns how many of `count` images count: `max(gamma^epoch, nu) * count`.

    The result is rounded down, in double precision as the authors' Python does.
    """
    count = tf.cast(count, tf.float64)
    shrunk = count * tf.constant(gamma, tf.float64) ** tf.cast(epoch, tf.float64)
    least = tf.floor(count * tf.constant(nu, tf.float64))
    return tf.maximum(tf.cast(tf.maximum(shrunk, least), tf.int32), 1)


class TopK(Regularizer):
    """Keeps the k largest fake logits in the generator's adversarial loss.

    k is all images in the first epoch, shrinks by `gamma` every epoch and stops at the
    fraction `nu`; the images are those of one micro-batch of all replicas. (The
    ContraGAN authors keep k of each replica's.) The method's other losses see all.

    Source: Sinha et al., "Top-k Training of GANs: Improving GAN Performance by
    Throwing Away Bad Samples", NeurIPS 2020 (arXiv 2002.06224).

    Args:
        gamma: factor per epoch.
        nu: fraction that is never fallen below.
        epoch_steps: training steps that count as an epoch.
    """

    def __init__(
        self, gamma: float = 0.99, nu: float = 0.5, epoch_steps: int = 1000
    ) -> None:
        self.gamma, self.nu, self.epoch_steps = gamma, nu, epoch_steps

    def generator_logits(self, gan: Any, logits: tf.Tensor) -> tf.Tensor:
        """Returns the `[k]` largest logits of all replicas, largest first.

        They are the same on every replica. Each sends its gradient to the rows it
        gathered, so these get it once per replica, and the mean over replicas that
        the variant takes makes it right.
        """
        everyone = distribution.all_gather(logits)
        epoch = tf.convert_to_tensor(gan.step) // self.epoch_steps
        k = kept(tf.size(everyone), epoch, self.gamma, self.nu)
        return tf.math.top_k(everyone, k).values
