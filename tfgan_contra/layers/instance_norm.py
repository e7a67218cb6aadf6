"""Instance normalisation without learned scale and shift."""

from collections.abc import Callable
from typing import Any, Optional

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="tfgan_contra")
class InstanceNormalization(keras.layers.Layer):
    """Normalises each channel of each image over its pixels.

    `y = (x - mean) / sqrt(variance + epsilon)` with the biased variance, statistics in
    float32 whatever the precision of the images, the same in training and evaluation.

    It is computed as the batch normalisation of one image at a time, whose joined
    kernels take half the time of `keras.layers.GroupNormalization`.

    Args:
        epsilon: added to the variance. The authors' 1e-5 matters: at their
            initialisation the first variances are no larger than that.

    Attributes:
        statistics: None, or a function of the inputs that returns the means and the
            variances `[C]` to normalise all images by, in place of their own. It is
            for tiles, which have the statistics of a whole picture then.

    Source: Ulyanov et al., "Instance Normalization" (arXiv 1607.08022); equal to
    PyTorch's `InstanceNorm2d`.
    """

    def __init__(self, *, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.statistics: Optional[Callable] = None

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Normalises `[B, H, W, C]`."""
        if self.statistics is not None:
            means, variances = self.statistics(inputs)
            return self._normalized(inputs, inputs.shape[3], means, variances)
        images = inputs.shape[0]
        if images is None:
            return self._any_number(inputs)
        if images == 1:
            return self._normalized(inputs, inputs.shape[3])
        parts = tf.split(inputs, images)
        return tf.concat([self._normalized(p, inputs.shape[3]) for p in parts], axis=0)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        return super().get_config() | {"epsilon": self.epsilon}

    def _any_number(self, inputs: tf.Tensor) -> tf.Tensor:
        """Takes every channel of every image for a channel of one large image."""
        batch, height, width, _ = tf.unstack(tf.shape(inputs))
        channels = inputs.shape[3]
        joined = tf.reshape(
            tf.transpose(inputs, [1, 2, 0, 3]), [1, height, width, batch * channels]
        )
        normalized = self._normalized(joined, batch * channels)
        apart = tf.reshape(normalized, [height, width, batch, channels])
        return tf.ensure_shape(tf.transpose(apart, [2, 0, 1, 3]), inputs.shape)

    def _normalized(
        self,
        image: tf.Tensor,
        channels: Any,
        means: Optional[tf.Tensor] = None,
        variances: Optional[tf.Tensor] = None,
    ) -> tf.Tensor:
        # The raw operation: tf.nn.fused_batch_norm raises epsilon to 1.001e-5.
        return tf.raw_ops.FusedBatchNormV3(
            x=image,
            scale=tf.ones([channels]),
            offset=tf.zeros([channels]),
            mean=tf.zeros([0]) if means is None else means,
            variance=tf.zeros([0]) if variances is None else variances,
            epsilon=self.epsilon,
            is_training=means is None,
        ).y
