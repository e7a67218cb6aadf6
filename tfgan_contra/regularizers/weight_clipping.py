"""Weight clipping, the first way to a Lipschitz critic."""

from typing import Any

import tensorflow as tf

from tfgan_contra.regularizers.base import Regularizer


class WeightClipping(Regularizer):
    """Clips every weight of the discriminator and its heads after each update of D.

    Source: Arjovsky et al., "Wasserstein GAN", ICML 2017 (arXiv 1701.07875),
    algorithm 1. As in the ContraGAN authors' code, biases and BatchNorm's scales too.

    Args:
        limit: the largest absolute value that a weight keeps.
    """

    def __init__(self, limit: float = 0.01) -> None:
        self.limit = limit

    def after_discriminator_update(self, gan: Any) -> None:
        """Clips the weights where they are."""
        for variable in gan.d_variables:
            value = tf.convert_to_tensor(variable)
            variable.assign(tf.clip_by_value(value, -self.limit, self.limit))
