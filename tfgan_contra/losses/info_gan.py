"""InfoGAN's loss of continuous codes; discrete ones have `classification_loss`."""

import math
from typing import Any

import tensorflow as tf

from tfgan_contra.losses.compiled import to_float32, xla_compiled

# The authors' guard: the largest density stays finite when the variance vanishes.
LOG_GUARD = math.log(1e-6)


@xla_compiled
def gaussian_negative_log_likelihood(
    codes: Any, mean: Any, log_variance: Any
) -> tf.Tensor:
    """Negative log likelihood of codes under a Gaussian with diagonal covariance.

    Summed over the C codes, mean over rows, with g = 1e-6 (no g in the textbook):
    `0.5 * log(2 pi v + g) + (c - mean)^2 / (2 v + g)`, v = exp(log_variance).

    Args:
        codes: `[B, C]`, the codes that the images were generated with.
        mean: `[B, C]`, the discriminator's guess.
        log_variance: `[B, C]`, the log of the guess's variance, any finite number.

    Source: Chen et al., "InfoGAN", NeurIPS 2016 (arXiv 1606.03657), as StudioGAN's
    code computes it; unlike it, finite where `exp(log_variance)` is not.
    """
    codes_BC, mean_BC, log_variance_BC = to_float32(codes, mean, log_variance)
    log_norm_BC = _log_add(log_variance_BC + math.log(2.0 * math.pi))
    log_scale_BC = _log_add(log_variance_BC + math.log(2.0))
    error_BC = tf.square(codes_BC - mean_BC) * tf.exp(-log_scale_BC)
    return tf.reduce_mean(tf.reduce_sum(0.5 * log_norm_BC + error_BC, axis=1))


def _log_add(log_value: tf.Tensor) -> tf.Tensor:
    """Returns `log(exp(log_value) + guard)` for any log_value."""
    return LOG_GUARD + tf.nn.softplus(log_value - LOG_GUARD)
