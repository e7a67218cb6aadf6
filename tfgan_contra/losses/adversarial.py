"""The four adversarial loss pairs: hinge, logistic, least squares, Wasserstein.

Every function takes logits of any shape (`[B]`, `[B, 1]`, patch maps) and returns a
float32 scalar, the mean over all of them.
"""

from typing import Any, NamedTuple, Optional

import tensorflow as tf

from tfgan_contra.losses.compiled import to_float32, xla_compiled
from tfgan_contra.losses.dual_contrastive import (
    dual_contrastive_discriminator_loss,
    dual_contrastive_generator_loss,
)


@xla_compiled
def hinge_discriminator_loss(real_logits: Any, fake_logits: Any) -> tf.Tensor:
    """Mean of `max(0, 1 - real)` plus mean of `max(0, 1 + fake)`.

    Source: Lim and Ye, "Geometric GAN" (arXiv 1705.02894); Miyato et al., ICLR 2018
    (arXiv 1802.05957). Equal to the authors' code.
    """
    real, fake = to_float32(real_logits, fake_logits)
    return tf.reduce_mean(tf.nn.relu(1.0 - real)) + tf.reduce_mean(
        tf.nn.relu(1.0 + fake)
    )


@xla_compiled
def hinge_generator_loss(fake_logits: Any) -> tf.Tensor:
    """Mean of `-fake`. Source: as `hinge_discriminator_loss`."""
    (fake,) = to_float32(fake_logits)
    return -tf.reduce_mean(fake)


@xla_compiled
def logistic_discriminator_loss(real_logits: Any, fake_logits: Any) -> tf.Tensor:
    """Mean of `softplus(-real)` plus mean of `softplus(fake)`.

    Source: Goodfellow et al., NeurIPS 2014 (arXiv 1406.2661). StudioGAN's "vanilla"
    loss had another fake term until January 2022; this is the right one.
    """
    real, fake = to_float32(real_logits, fake_logits)
    return tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(tf.nn.softplus(fake))


@xla_compiled
def logistic_generator_loss(fake_logits: Any) -> tf.Tensor:
    """Mean of `softplus(-fake)`, the non-saturating form. Source: as its pair."""
    (fake,) = to_float32(fake_logits)
    return tf.reduce_mean(tf.nn.softplus(-fake))


@xla_compiled
def least_squares_discriminator_loss(real_logits: Any, fake_logits: Any) -> tf.Tensor:
    """Half the mean of `(real - 1)^2` plus half the mean of `fake^2`.

    Source: Mao et al., "Least Squares GAN", ICCV 2017 (arXiv 1611.04076).
    """
    real, fake = to_float32(real_logits, fake_logits)
    return 0.5 * (
        tf.reduce_mean(tf.square(real - 1.0)) + tf.reduce_mean(tf.square(fake))
    )


@xla_compiled
def least_squares_generator_loss(fake_logits: Any) -> tf.Tensor:
    """Half the mean of `(fake - 1)^2`. Source: as its pair."""
    (fake,) = to_float32(fake_logits)
    return 0.5 * tf.reduce_mean(tf.square(fake - 1.0))


@xla_compiled
def wasserstein_discriminator_loss(real_logits: Any, fake_logits: Any) -> tf.Tensor:
    """Mean of `fake` minus mean of `real`.

    Source: Arjovsky et al., "Wasserstein GAN", ICML 2017 (arXiv 1701.07875).
    """
    real, fake = to_float32(real_logits, fake_logits)
    return tf.reduce_mean(fake) - tf.reduce_mean(real)


@xla_compiled
def wasserstein_generator_loss(fake_logits: Any) -> tf.Tensor:
    """Mean of `-fake`. Source: as its pair."""
    (fake,) = to_float32(fake_logits)
    return -tf.reduce_mean(fake)


@xla_compiled
def vanilla_2020_discriminator_loss(real_logits: Any, fake_logits: Any) -> tf.Tensor:
    """Mean of `softplus(-real)` plus mean of `softplus(fake - 1)`.

    Only for reproducing old numbers: a mistake in the fake term, `-log sigmoid(1 -
    fake)` in the place of `-log(1 - sigmoid(fake))`. StudioGAN's "vanilla" loss was
    this from June 2020 to January 2022 (November and December 2021 excepted), so the
    DCGAN and ADA rows it published in those years come from it. It is no choice of a
    configuration; the right loss is `logistic_discriminator_loss`, and the generator's
    is the same for both.
    """
    real, fake = to_float32(real_logits, fake_logits)
    return tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(
        tf.nn.softplus(fake - 1.0)
    )


class AdversarialLoss(NamedTuple):
    """A discriminator loss with its generator loss.

    Attributes:
        discriminator: maps real and fake logits to D's loss.
        generator: maps fake logits to G's (the contrastive one: real and fake logits).
        middle: a logit above it says real; None where a logit alone says nothing.
    """

    discriminator: Any
    generator: Any
    middle: Optional[float] = 0.0


ADVERSARIAL_LOSSES = {
    "hinge": AdversarialLoss(hinge_discriminator_loss, hinge_generator_loss),
    "logistic": AdversarialLoss(logistic_discriminator_loss, logistic_generator_loss),
    "least_squares": AdversarialLoss(
        least_squares_discriminator_loss, least_squares_generator_loss, middle=0.5
    ),
    "wasserstein": AdversarialLoss(
        wasserstein_discriminator_loss, wasserstein_generator_loss, middle=None
    ),
    "dual_contrastive": AdversarialLoss(
        dual_contrastive_discriminator_loss,
        dual_contrastive_generator_loss,
        middle=None,
    ),
}
