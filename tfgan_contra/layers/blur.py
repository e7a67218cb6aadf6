"""Anti-aliased resampling: a small binomial blur joined with a step of 2.

Source: Zhang, "Making Convolutional Networks Shift-Invariant Again", ICML 2019 (arXiv
1904.11486), in the form of the CUT authors' code.
"""

import math
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgan_contra.layers.padding import pad_reflected

LARGEST_BLUR = 7
POOL_PADDING = ("reflect", "zero")
UPSAMPLING_SIZES = (3, 4)


@keras.saving.register_keras_serializable(package="tfgan_contra")
class BlurPool(keras.layers.Layer):
    """Blurs and keeps every other pixel: `[B, H, W, C]` to half, rounded up.

    Args:
        size: of the binomial kernel, 1 to 7; 3 is [1, 2, 1] / 4 along each axis.
        padding: what lies beyond the border: `reflect` (the authors' default) or
            `zero`.

    Raises:
        ValueError: for an unknown `padding` or a size out of range.
    """

    def __init__(
        self, size: int = 3, *, padding: str = "reflect", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if padding not in POOL_PADDING:
            raise ValueError(
                f"padding must be one of {', '.join(POOL_PADDING)}. "
                f"Received: {padding!r}"
            )
        binomial_kernel(size)
        self.size, self.padding = size, padding

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps `[B, H, W, C]` to `[B, ceil(H / 2), ceil(W / 2), C]`."""
        before, after = (self.size - 1) // 2, self.size // 2
        if self.padding == "zero":
            return blur(inputs, self.size, before, after, stride=2)
        padded = pad_reflected(inputs, before, after, training)
        return blur(padded, self.size, 0, 0, stride=2)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        return super().get_config() | {"size": self.size, "padding": self.padding}


@keras.saving.register_keras_serializable(package="tfgan_contra")
class BlurUpsample(keras.layers.Layer):
    """Inserts zeros between pixels and blurs: `[B, H, W, C]` to twice the size.

    Pixels beyond the border repeat the border's. Along each axis, size 4 gives
    `y[2i] = x[i-1] / 4 + 3 x[i] / 4` and `y[2i+1] = 3 x[i] / 4 + x[i+1] / 4`, size 3
    `y[2i] = x[i]` and `y[2i+1] = (x[i] + x[i+1]) / 2`. Both are bilinear interpolation,
    the one between the centres and the other between the corners of pixels, and are
    computed as such: many times faster than a transposed convolution.

    Args:
        size: of the binomial kernel, 3 or 4 (the authors' default).

    Raises:
        ValueError: for another size.
    """

    def __init__(self, size: int = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if size not in UPSAMPLING_SIZES:
            raise ValueError(
                f"size must be one of {UPSAMPLING_SIZES}. Received: {size}"
            )
        self.size = size

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps `[B, H, W, C]` to `[B, 2H, 2W, C]`."""
        sides = [side and 2 * side for side in inputs.shape[1:3]]
        larger = tf.raw_ops.ResizeBilinear(
            images=inputs,
            size=2 * tf.shape(inputs)[1:3] if None in sides else sides,
            half_pixel_centers=self.size == 4,
        )
        return tf.cast(larger, inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        return super().get_config() | {"size": self.size}


def binomial_kernel(size: int) -> np.ndarray:
    """Returns the `[size, size]` float32 kernel whose sum is 1; 2 gives a mean.

    Raises:
        ValueError: unless the size is 1 to 7.
    """
    if not 1 <= size <= LARGEST_BLUR:
        raise ValueError(f"size must be 1 to {LARGEST_BLUR}. Received: {size}")
    row = np.array([math.comb(size - 1, i) for i in range(size)], np.float32)
    row /= row.sum()
    return np.outer(row, row)


def blur(
    images: tf.Tensor, size: int, before: int, after: int, *, stride: int = 1
) -> tf.Tensor:
    """Convolves every channel of `[B, H, W, C]` with a binomial kernel.

    Args:
        images: C must be known.
        size: of the kernel.
        before: zeros to add above and at the left first.
        after: zeros to add below and at the right first.
        stride: 1, or 2 to keep every other pixel of the result.
    """
    if before or after:
        sides = (before, after)
        images = tf.pad(images, [(0, 0), sides, sides, (0, 0)])
    kernel = binomial_kernel(size)[:, :, None, None]
    kernel = tf.constant(np.tile(kernel, (1, 1, images.shape[3], 1)), images.dtype)
    return tf.nn.depthwise_conv2d(images, kernel, [1, stride, stride, 1], "VALID")
