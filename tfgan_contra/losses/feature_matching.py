"""Feature matching: generated images should have the mean features of real ones."""

from typing import Any

import tensorflow as tf

from tfgan_contra.losses.compiled import to_float32, xla_compiled


@xla_compiled
def feature_matching_loss(real_features: Any, fake_features: Any) -> tf.Tensor:
    """Mean over features of `|mean over fake rows - mean over real rows|`.

    No gradient reaches the real side. The means are those of the rows given: a mean
    over all replicas' images has to be taken by the caller, who then passes
    `distribution.all_reduce_mean(mean)[None]` for either side, a batch of one row.

    Args:
        real_features: `[B, ...]`.
        fake_features: `[M, ...]`, the same features of generated images.

    Source: Salimans et al., "Improved Techniques for Training GANs", NeurIPS 2016
    (arXiv 1606.03498), with the absolute instead of the squared difference, as
    StudioGAN's code has it for MHingeGAN (arXiv 1912.04216).
    """
    real, fake = to_float32(real_features, fake_features)
    real_mean = tf.stop_gradient(tf.reduce_mean(real, axis=0))
    return tf.reduce_mean(tf.abs(tf.reduce_mean(fake, axis=0) - real_mean))
