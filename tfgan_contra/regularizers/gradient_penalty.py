"""Penalties on the gradient of the discriminator's logit with respect to the image.

The mathematics are functions of a critic, any function from images `[B, H, W, C]` to
logits `[B]`; the regularisers call them with the variant's discriminator, in training
mode, with the labels of the real images, on unaugmented images. In mixed precision
the networks compute as ever, everything here is float32.
"""

import math
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tfgan_contra import distribution, random
from tfgan_contra.regularizers.base import DiscriminatorPass, Losses, Regularizer

Critic = Callable[[tf.Tensor], tf.Tensor]

# Below this squared norm a gradient counts as zero: the root has no slope there.
SMALLEST_SQUARE = 1e-12


def squared_gradient_norms(critic: Critic, images: tf.Tensor) -> tf.Tensor:
    """Returns `[B]`, the squared length of each logit's gradient by its image.

    The gradient of the sum of all logits is used, as is usual; with batch norm in the
    critic an image's gradient then holds its effect on the whole batch.
    """
    images = tf.cast(images, tf.float32)
    # The variables belong to the tape outside, which sees this gradient being made.
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        total = tf.reduce_sum(critic(images))
    gradients = tape.gradient(total, images)
    return tf.reduce_sum(tf.square(gradients), axis=[1, 2, 3])


def one_centred_penalty(critic: Critic, images: tf.Tensor) -> tf.Tensor:
    """Mean of `(|gradient| - 1)^2` at given images; the scalar of both penalties."""
    squares = squared_gradient_norms(critic, images)
    norms = tf.sqrt(tf.maximum(squares, SMALLEST_SQUARE))
    return tf.reduce_mean(tf.math.squared_difference(norms, 1.0))


def gradient_penalty(
    critic: Critic, real: tf.Tensor, fake: tf.Tensor, mix: tf.Tensor
) -> tf.Tensor:
    """Mean of `(|gradient| - 1)^2` at `mix * real + (1 - mix) * fake`.

    Args:
        critic: maps images to logits `[B]`.
        real: `[B, H, W, C]`.
        fake: `[B, H, W, C]`.
        mix: `[B]` in [0, 1].

    Source: Gulrajani et al., "Improved Training of Wasserstein GANs", NeurIPS 2017
    (arXiv 1704.00028), eq. 3.
    """
    return one_centred_penalty(critic, _between(real, fake, mix))


def max_gradient_penalty(
    critic: Critic, real: tf.Tensor, fake: tf.Tensor, mix: tf.Tensor
) -> tf.Tensor:
    """Largest squared gradient norm of the batch, at the points of `gradient_penalty`.

    Source: Zhou et al., "Lipschitz Generative Adversarial Nets", ICML 2019
    (arXiv 1902.05687). The batch is that of all replicas.
    """
    squares = squared_gradient_norms(critic, _between(real, fake, mix))
    return tf.reduce_max(distribution.all_gather(squares))


def dragan_penalty(
    critic: Critic, real: tf.Tensor, mix: tf.Tensor, noise: tf.Tensor
) -> tf.Tensor:
    """Mean of `(|gradient| - 1)^2` near the real images.

    The points are `real + mix * 0.5 * deviation * noise`, where `deviation` is the
    standard deviation of all pixels of all replicas' images.

    Args:
        critic: maps images to logits `[B]`.
        real: `[B, H, W, C]`.
        mix: `[B]` in [0, 1].
        noise: `[B, H, W, C]` in [0, 1].

    Source: Kodali et al., "On Convergence and Stability of GANs" (DRAGAN,
    arXiv 1705.07215), in the ContraGAN authors' form.
    """
    reach = 0.5 * standard_deviation(real)
    return one_centred_penalty(critic, real + _per_image(mix) * reach * noise)


def r1_penalty(critic: Critic, real: tf.Tensor) -> tf.Tensor:
    """Half the mean squared gradient norm at real images.

    Source: Mescheder et al., "Which Training Methods for GANs do actually Converge?",
    ICML 2018 (arXiv 1801.04406), eq. 9 without its factor gamma.
    """
    return 0.5 * tf.reduce_mean(squared_gradient_norms(critic, real))


def standard_deviation(images: tf.Tensor) -> tf.Tensor:
    """Returns the standard deviation (n - 1) of all numbers of all replicas."""
    mean = distribution.all_reduce_mean(tf.reduce_mean(images))
    squares = tf.reduce_sum(tf.math.squared_difference(images, mean))
    count = tf.cast(tf.size(images), tf.float32) * distribution.num_replicas()
    return tf.sqrt(distribution.all_reduce_sum(squares) / (count - 1.0))


class GradientPenalty(Regularizer):
    """WGAN-GP: a gradient of length 1 between real and fake images.

    See `gradient_penalty`; each pair of images has its own mix.

    Args:
        weight: of the loss.
    """

    loss_names = ("d_gradient_penalty",)

    def __init__(self, weight: float = 10.0) -> None:
        self.weights = {"d_gradient_penalty": weight}

    def discriminator_losses(
        self, gan: Any, seen: DiscriminatorPass, key: tf.Tensor
    ) -> Losses:
        """Returns the raw penalty."""
        mix = random.uniform(key, tf.shape(seen.real.images)[0], 1)[:, 0]
        penalty = gradient_penalty(
            _critic(gan, seen), seen.real.images, seen.fake.images, mix
        )
        return {"d_gradient_penalty": penalty}


class MaxGradientPenalty(Regularizer):
    """Lipschitz GAN: the largest squared gradient between real and fake images.

    See `max_gradient_penalty`.

    Args:
        weight: of the loss.
    """

    loss_names = ("d_max_gradient_penalty",)

    def __init__(self, weight: float = 10.0) -> None:
        self.weights = {"d_max_gradient_penalty": weight}

    def discriminator_losses(
        self, gan: Any, seen: DiscriminatorPass, key: tf.Tensor
    ) -> Losses:
        """Returns the raw penalty, the same on all replicas."""
        mix = random.uniform(key, tf.shape(seen.real.images)[0], 1)[:, 0]
        penalty = max_gradient_penalty(
            _critic(gan, seen), seen.real.images, seen.fake.images, mix
        )
        return {"d_max_gradient_penalty": penalty}


class Dragan(Regularizer):
    """DRAGAN: a gradient of length 1 around the real images; see `dragan_penalty`.

    Args:
        weight: of the loss.
    """

    loss_names = ("d_dragan",)

    def __init__(self, weight: float = 10.0) -> None:
        self.weights = {"d_dragan": weight}

    def discriminator_losses(
        self, gan: Any, seen: DiscriminatorPass, key: tf.Tensor
    ) -> Losses:
        """Returns the raw penalty."""
        real = seen.real.images
        pixels = math.prod(real.shape[1:])
        draws = random.uniform(key, tf.shape(real)[0], 1 + pixels)
        noise = tf.reshape(draws[:, 1:], tf.shape(real))
        penalty = dragan_penalty(_critic(gan, seen), real, draws[:, 0], noise)
        return {"d_dragan": penalty}


class R1(Regularizer):
    """R1: a small gradient at the real images; see `r1_penalty`.

    The authors' code takes the gradient of the logits it has, through the augmentation
    if there is one; here D judges the unaugmented images once more.

    Args:
        weight: of the loss (the paper's gamma).
    """

    loss_names = ("r1",)

    def __init__(self, weight: float = 1.0) -> None:
        self.weights = {"r1": weight}

    def discriminator_losses(
        self, gan: Any, seen: DiscriminatorPass, key: tf.Tensor
    ) -> Losses:
        """Returns the raw penalty."""
        return {"r1": r1_penalty(_critic(gan, seen), seen.real.images)}


def _critic(gan: Any, seen: DiscriminatorPass) -> Critic:
    labels = seen.real.condition
    return lambda images: gan.discriminate(images, labels, training=True)["logits"]


def _between(real: tf.Tensor, fake: tf.Tensor, mix: tf.Tensor) -> tf.Tensor:
    mix = _per_image(mix)
    return mix * real + (1.0 - mix) * fake


def _per_image(values: tf.Tensor) -> tf.Tensor:
    return tf.reshape(values, [-1, 1, 1, 1])
