"""A convolution that can be joined with the resampling beside it."""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.layers.resampling import (
    conv2d_after_bilinear_upsampling,
    conv2d_after_upsampling,
    conv2d_after_zero_insertion,
    conv2d_then_average_pool,
)

JOINED = {
    "up": conv2d_after_upsampling,
    "up_bilinear": conv2d_after_bilinear_upsampling,
    "up_zeros": conv2d_after_zero_insertion,
    "down": conv2d_then_average_pool,
}
RESAMPLE = ("none", *JOINED)


class ResampledConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D` with an optional 2x resampling in the same operation.

    Args:
        filters: output channels.
        kernel_size: as in Keras; 1 or 3 where `resample` is not `none`.
        resample: `up`: nearest-neighbour upsampling before the convolution, or
            `up_bilinear`, or `up_zeros` (zeros at the right of and below every pixel);
            `down`: 2x2 mean after it. Most cost less than the two steps apart (see
            `layers/resampling.py`).
        **kwargs: everything else that `keras.layers.Conv2D` takes.

    Raises:
        ValueError: for an unknown `resample`, or one that the kernel does not permit.
    """

    def __init__(
        self, filters: int, kernel_size: Any, *, resample: str = "none", **kwargs: Any
    ) -> None:
        super().__init__(filters, kernel_size, **kwargs)
        if resample not in RESAMPLE:
            raise ValueError(
                f"resample must be one of {', '.join(RESAMPLE)}. Received: {resample!r}"
            )
        plain = self.padding == "same" and self.strides == self.dilation_rate == (1, 1)
        square = self.kernel_size in ((1, 1), (3, 3))
        if resample != "none" and not (plain and square and self.groups == 1):
            raise ValueError(
                "resample needs a 1x1 or 3x3 kernel, stride 1 and padding='same'. "
                f"Received: kernel_size={self.kernel_size}, strides={self.strides}, "
                f"padding={self.padding!r}"
            )
        self.resample = resample

    def effective_kernel(self, training: bool) -> tf.Tensor:
        """Returns the kernel that the convolution uses, in the compute precision."""
        return tf.cast(tf.convert_to_tensor(self.kernel), self.compute_dtype)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Convolves `[B, H, W, C]` to `[B, H', W', filters]`."""
        kernel = self.effective_kernel(training)
        if self.resample in JOINED:
            outputs = JOINED[self.resample](inputs, kernel)
        else:
            outputs = tf.nn.conv2d(
                inputs,
                kernel,
                self.strides,
                self.padding.upper(),
                dilations=self.dilation_rate,
            )
        return self.with_bias_and_activation(outputs)

    def with_bias_and_activation(self, outputs: tf.Tensor) -> tf.Tensor:
        """Returns what follows the convolution, where the layer has it."""
        if self.use_bias:
            bias = tf.cast(tf.convert_to_tensor(self.bias), outputs.dtype)
            outputs = tf.nn.bias_add(outputs, bias)
        return self.activation(outputs) if self.activation is not None else outputs

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns Keras's shape, doubled or halved by the resampling."""
        batch, height, width, channels = super().compute_output_shape(input_shape)
        if self.resample == "none":
            return (batch, height, width, channels)
        twice = self.resample != "down"
        sides = (
            side if side is None else (2 * side if twice else side // 2)
            for side in (height, width)
        )
        return (batch, *sides, channels)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        return super().get_config() | {"resample": self.resample}
