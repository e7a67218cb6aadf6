"""Upsampling and downsampling, alone and joined with the convolution beside them.

A nearest-neighbour upsampling followed by a 3x3 convolution reads every input pixel
several times with different taps. Adding those taps first gives the same result as one
4x4 transposed convolution of stride 2, in 4/9 of the arithmetic. In the same way a 3x3
convolution followed by a 2x2 mean is one 4x4 convolution of stride 2. Both are exact up
to rounding; the kernels, and so the checkpoints, stay the authors'. Zeros that are
inserted between pixels are never multiplied. A bilinear upsampling is made before its
3x3 convolution (joining them would save nothing), but after a 1x1 one.
"""

from typing import Any

import tensorflow as tf

_SIDES = ([0, 1], [1, 0])


@tf.custom_gradient
def upsample_nearest(images: tf.Tensor) -> Any:
    """Repeats every pixel of `[B, H, W, C]` twice along both axes."""
    batch, height, width, channels = _shape(images)
    tall = tf.stack([images, images], axis=2)
    tall = tf.reshape(tall, [batch, 2 * height, width, channels])
    wide = tf.stack([tall, tall], axis=3)

    def gradient(upstream: tf.Tensor) -> tf.Tensor:
        """Sums the gradient over every square."""
        # The sum over each 2x2 window; a mean is the fastest operation that adds them.
        return 4.0 * average_pool(upstream)

    return tf.reshape(wide, [batch, 2 * height, 2 * width, channels]), gradient


def upsample_bilinear(images: tf.Tensor) -> tf.Tensor:
    """Doubles height and width of `[B, H, W, C]` linearly between pixel centres.

    As PyTorch's `interpolate(..., mode="bilinear", align_corners=False)`.
    """
    _, height, width, _ = _shape(images)
    # Its gradient is in float32 at best; mixed with half precision XLA refuses it.
    single = tf.cast(images, tf.float32)
    larger = tf.image.resize(single, [2 * height, 2 * width], "bilinear")
    return tf.cast(larger, images.dtype)


def insert_zeros(images: tf.Tensor) -> tf.Tensor:
    """Puts zeros at the right of and below every pixel of `[B, H, W, C]`."""
    none = [0, 0]
    zeros = [0, 3 * images.shape[-1]]
    return tf.nn.depth_to_space(tf.pad(images, [none, none, none, zeros]), 2)


def average_pool(images: tf.Tensor) -> tf.Tensor:
    """Means of non-overlapping 2x2 windows of `[B, H, W, C]`."""
    return tf.nn.avg_pool2d(images, 2, 2, "VALID")


def conv2d_after_upsampling(images: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """`conv2d(upsample_nearest(images), kernel)` without making the large image.

    Args:
        images: `[B, H, W, C]`.
        kernel: `[3, 3, C, F]` or `[1, 1, C, F]`, stride 1, zero padding.

    Returns:
        `[B, 2H, 2W, F]`.
    """
    if kernel.shape[0] == 1:
        # A 1x1 convolution sees one pixel: repeating its output is the same.
        return upsample_nearest(tf.nn.conv2d(images, kernel, 1, "SAME"))
    return _scatter(images, _overlapping_sums(_mirrored(kernel)))


def conv2d_after_bilinear_upsampling(images: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """`conv2d(upsample_bilinear(images), kernel)`.

    Arguments and result as in `conv2d_after_upsampling`.
    """
    if kernel.shape[0] == 1:
        return upsample_bilinear(tf.nn.conv2d(images, kernel, 1, "SAME"))
    return tf.nn.conv2d(upsample_bilinear(images), kernel, 1, "SAME")


def conv2d_after_zero_insertion(images: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """`conv2d(insert_zeros(images), kernel)` without making the large image.

    Arguments and result as in `conv2d_after_upsampling`.
    """
    if kernel.shape[0] == 1:
        return insert_zeros(tf.nn.conv2d(images, kernel, 1, "SAME"))
    none, behind = [0, 0], [0, 1]
    return _scatter(images, tf.pad(_mirrored(kernel), [behind, behind, none, none]))


def conv2d_then_average_pool(images: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    """`average_pool(conv2d(images, kernel))` as one convolution of stride 2.

    Args:
        images: `[B, H, W, C]`, H and W even.
        kernel: `[3, 3, C, F]` or `[1, 1, C, F]`, stride 1, zero padding.

    Returns:
        `[B, H/2, W/2, F]`.
    """
    if kernel.shape[0] == 1:
        return tf.nn.conv2d(average_pool(images), kernel, 1, "SAME")
    pooled = 0.25 * _overlapping_sums(kernel)
    # For even sides SAME pads by one pixel all around, as is meant; explicit padding
    # would be the same but has no fast gradient on CPU.
    return tf.nn.conv2d(images, pooled, 2, "SAME")


def _mirrored(kernel: tf.Tensor) -> tf.Tensor:
    """`[h, w, C, F]` -> `[h, w, F, C]`, turned by 180 degrees."""
    # conv2d_transpose takes [h, w, out, in] and scatters, hence the mirrored taps.
    return tf.transpose(tf.reverse(kernel, [0, 1]), [0, 1, 3, 2])


def _scatter(images: tf.Tensor, taps: tf.Tensor) -> tf.Tensor:
    """Transposed convolution of stride 2 with taps `[4, 4, F, C]`."""
    batch, height, width, _ = _shape(images)
    shape = tf.stack([batch, 2 * height, 2 * width, taps.shape[2]])
    return tf.nn.conv2d_transpose(images, taps, shape, 2, "SAME")


def _overlapping_sums(kernel: tf.Tensor) -> tf.Tensor:
    """`[3, 3, C, F]` -> `[4, 4, C, F]`: every 2x2 sum of the zero-padded kernel."""
    # Padding has a cheap gradient, strided slicing has not.
    none = [0, 0]
    rows = tf.add_n([tf.pad(kernel, [side, none, none, none]) for side in _SIDES])
    return tf.add_n([tf.pad(rows, [none, side, none, none]) for side in _SIDES])


def _shape(images: tf.Tensor) -> list:
    dynamic = tf.shape(images)
    return [dynamic[i] if size is None else size for i, size in enumerate(images.shape)]
