"""Attentional self-modulation: a caption scales and shifts a feature map's channels."""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.layers.conditional_norm import BatchNormalization, modulate
from tfgan_contra.layers.convolution import ResampledConv2D
from tfgan_contra.layers.resampling import upsample_nearest
from tfgan_contra.layers.spectral_norm import SNConv2D, SNDense

# Ranks of a condition: of a whole image, or of every place in it.
GLOBAL, SPATIAL = 2, 4


@keras.saving.register_keras_serializable(package="tfgan_contra")
class AttentionalSelfModulation(keras.layers.Layer):
    """Batch normalisation whose scale and shift come from a condition, place by place.

    `y = normalised(x) * (1 + scale(c)) + shift(c)`. For a global condition `[B, K]`
    scale and shift are linear layers. For a spatial one `[B, h, w, K]` they are 1x1
    convolutions, whose results are enlarged to the size of x by repeating them.
    Enlarging the condition first, as the authors do, gives the same: a 1x1 convolution
    sees one place. But K channels at the size of x take many times the memory.

    Args:
        epsilon: added to the variance.
        momentum: share of the old running average that is kept.
        spectral_norm: whether scale and shift are spectrally normalised.
        initializer: of their kernels; the biases start at 0.

    Raises:
        ValueError: for a condition that is neither global nor spatial, or whose size,
            doubled some times, is not that of the inputs.

    Source: Zhang et al., "Cross-Modal Contrastive Learning for Text-to-Image
    Generation", CVPR 2021 (arXiv 2101.04702). Equal to the authors' code (biased
    running variance), where each device has statistics of its own; here they are those
    of all replicas.
    """

    def __init__(
        self,
        *,
        epsilon: float = 1e-5,
        momentum: float = 0.9,
        spectral_norm: bool = False,
        initializer: str = "glorot_normal",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.epsilon, self.momentum = epsilon, momentum
        self.spectral_norm, self.initializer = spectral_norm, initializer
        self.norm = BatchNormalization(
            momentum=momentum,
            epsilon=epsilon,
            affine=False,
            unbiased=False,
            name="norm",
        )

    def build(self, inputs_shape: Any, condition_shape: Any) -> None:
        """Builds for inputs `[B, H, W, C]` and a condition of either kind."""
        inputs_shape, condition_shape = tuple(inputs_shape), tuple(condition_shape)
        if len(condition_shape) not in (GLOBAL, SPATIAL):
            raise ValueError(
                "the condition must have a shape [B, K] or [B, h, w, K]. "
                f"Received: {condition_shape}"
            )
        self.doublings = 0
        if len(condition_shape) == SPATIAL:
            self.doublings = _doublings(condition_shape[1:3], inputs_shape[1:3])
        self.norm.build(inputs_shape)
        channels, spatial = inputs_shape[-1], len(condition_shape) == SPATIAL
        self.scale = self._linear(channels, spatial, "scale")
        self.shift = self._linear(channels, spatial, "shift")
        self.scale.build(condition_shape)
        self.shift.build(condition_shape)

    def call(
        self,
        inputs: tf.Tensor,
        condition: tf.Tensor,
        training: bool = False,
        track_statistics: bool = True,
    ) -> tf.Tensor:
        """Normalises `[B, H, W, C]` under a condition.

        Args:
            inputs: the activations.
            condition: `[B, K]` or `[B, h, w, K]`, as the layer was built for.
            training: whether to use the batch's statistics (else the running ones).
            track_statistics: whether a training call moves the running ones.
        """
        normalisation = self.norm.scale_and_shift(inputs, training, track_statistics)
        gain = 1.0 + tf.cast(self.scale(condition, training=training), tf.float32)
        bias = tf.cast(self.shift(condition, training=training), tf.float32)
        if condition.shape.rank == GLOBAL:
            return modulate(inputs, normalisation, gain, bias)
        # Joined with the normalisation while they are small.
        scale_C, shift_C = normalisation
        scale = tf.cast(gain * scale_C, inputs.dtype)
        shift = tf.cast(gain * shift_C + bias, inputs.dtype)
        for _ in range(self.doublings):
            scale, shift = upsample_nearest(scale), upsample_nearest(shift)
        return inputs * scale + shift

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        return super().get_config() | {
            "epsilon": self.epsilon,
            "momentum": self.momentum,
            "spectral_norm": self.spectral_norm,
            "initializer": self.initializer,
        }

    def _linear(self, channels: int, spatial: bool, name: str) -> keras.layers.Layer:
        options: dict[str, Any] = {"kernel_initializer": self.initializer, "name": name}
        if spatial:
            conv = SNConv2D if self.spectral_norm else ResampledConv2D
            return conv(channels, 1, **options)
        dense = SNDense if self.spectral_norm else keras.layers.Dense
        return dense(channels, **options)


def _doublings(small: tuple, large: tuple) -> int:
    """Returns how often a size must be doubled to become another."""
    doublings = 0
    while doublings < 16 and small[0] << doublings < large[0]:
        doublings += 1
    if tuple(side << doublings for side in small) != large:
        raise ValueError(
            "the condition's height and width, doubled some times, must be those of "
            f"the inputs. Received: {small} and {large}"
        )
    return doublings
