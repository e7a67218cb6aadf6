"""Differentiable affine warps and linear colour changes, one matrix per image.

A warp's matrix `[3, 3]` says where a pixel of the result comes from: it maps (x, y, 1)
of the result to that of the source, in pixels from the image's centre. Products are
written out instead of left to `matmul`, whose reduced precision on some devices would
move every pixel a little: here an identity matrix changes nothing at all.
"""

from typing import Any

import numpy as np
import tensorflow as tf

# The direction of gray in RGB, and what projects on it.
GRAY = np.full((3, 3), 1.0 / 3.0, np.float32)
# The cross product with that direction, for rotations around it.
AROUND_GRAY = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]], np.float32) / 3.0**0.5
IDENTITY = np.eye(3, dtype=np.float32)


def scaling(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Returns `[B, 3, 3]` that magnifies by x and y, each `[B]` above 0."""
    zero, one = tf.zeros_like(x), tf.ones_like(x)
    return _matrix(((1.0 / x, zero, zero), (zero, 1.0 / y, zero), (zero, zero, one)))


def rotation(angle: tf.Tensor) -> tf.Tensor:
    """Returns `[B, 3, 3]` that turns counter-clockwise; angle `[B]` in radians."""
    # Rows count downwards, so the mathematical sense is reversed on the screen.
    cosine, sine = tf.cos(angle), tf.sin(angle)
    zero, one = tf.zeros_like(angle), tf.ones_like(angle)
    return _matrix(((cosine, -sine, zero), (sine, cosine, zero), (zero, zero, one)))


def translation(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    """Returns `[B, 3, 3]` that moves right by x and down by y pixels, each `[B]`."""
    zero, one = tf.zeros_like(x), tf.ones_like(x)
    return _matrix(((one, zero, -x), (zero, one, -y), (zero, zero, one)))


def mirroring(flipped: tf.Tensor) -> tf.Tensor:
    """Returns `[B, 3, 3]` that exchanges left and right where flipped `[B]` is true."""
    zero, one = tf.zeros_like(flipped, tf.float32), tf.ones_like(flipped, tf.float32)
    sign = tf.where(flipped, -one, one)
    return _matrix(((sign, zero, zero), (zero, one, zero), (zero, zero, one)))


def where(chosen: tf.Tensor, matrices: tf.Tensor) -> tf.Tensor:
    """Returns the matrices `[B, 3, 3]` where chosen `[B]`, the identity elsewhere."""
    return tf.where(chosen[:, None, None], matrices, IDENTITY)


def product(first: tf.Tensor, second: tf.Tensor) -> tf.Tensor:
    """Returns the products of `[B, 3, 3]` matrices in full precision."""
    return tf.reduce_sum(first[:, :, :, None] * second[:, None, :, :], axis=2)


def warp(images: tf.Tensor, matrices: tf.Tensor) -> tf.Tensor:
    """Moves the pixels; in between they are interpolated linearly.

    Beyond its border an image goes on as its mirror image, the border pixel once.

    Args:
        images: `[B, H, W, C]`.
        matrices: `[B, 3, 3]`, see above.
    """
    shape = tf.shape(images)
    height, width, channels = images.shape[1:]
    ys, xs = np.meshgrid(_centred(height), _centred(width), indexing="ij")
    grid = np.stack([xs.ravel(), ys.ravel(), np.ones(xs.size, np.float32)])
    source = tf.reduce_sum(matrices[:, :2, :, None] * grid, axis=2)
    left, right, x_share = _neighbours(source[:, 0] + (width - 1) / 2, width)
    top, bottom, y_share = _neighbours(source[:, 1] + (height - 1) / 2, height)
    pixels = tf.reshape(images, [shape[0], height * width, channels])

    def row(y: tf.Tensor) -> tf.Tensor:
        """Reads one row of neighbours."""
        first = tf.gather(pixels, y * width + left, batch_dims=1)
        second = tf.gather(pixels, y * width + right, batch_dims=1)
        return (1.0 - x_share) * first + x_share * second

    return tf.reshape((1.0 - y_share) * row(top) + y_share * row(bottom), shape)


def luma_flip() -> tf.Tensor:
    """Returns `[3, 3]` that reverses brightness and keeps hue and saturation."""
    return tf.constant(IDENTITY - 2.0 * GRAY)


def hue_rotation(angle: tf.Tensor) -> tf.Tensor:
    """Returns `[B, 3, 3]` that turns the hue; angle `[B]` in radians."""
    cosine, sine = (_per_matrix(value) for value in (tf.cos(angle), tf.sin(angle)))
    return GRAY + cosine * (IDENTITY - GRAY) + sine * AROUND_GRAY


def saturation(factor: tf.Tensor) -> tf.Tensor:
    """Returns `[B, 3, 3]` that scales the distance to gray by `[B]`."""
    return GRAY + _per_matrix(factor) * (IDENTITY - GRAY)


def recolour(images: tf.Tensor, matrices: tf.Tensor) -> tf.Tensor:
    """Applies a matrix to every pixel's colour.

    Args:
        images: `[B, H, W, 3]`, or `[B, H, W, 1]`: gray, and gray it remains.
        matrices: `[B, 3, 3]`.
    """
    if images.shape[-1] == 1:
        gain = tf.reduce_sum(matrices, axis=[1, 2]) / 3.0
        return images * gain[:, None, None, None]
    return tf.reduce_sum(images[..., None, :] * matrices[:, None, None], axis=-1)


def _neighbours(position: tf.Tensor, size: int) -> tuple[tf.Tensor, ...]:
    """Returns the pixels on both sides and the second one's share `[B, P, 1]`."""
    period = 2.0 * (size - 1)
    position = tf.math.floormod(position, period)
    position = tf.minimum(position, period - position)
    first = tf.floor(position)
    index = tf.cast(first, tf.int32)
    return index, tf.minimum(index + 1, size - 1), (position - first)[..., None]


def _centred(size: int) -> np.ndarray:
    return np.arange(size, dtype=np.float32) - np.float32((size - 1) / 2)


def _matrix(rows: Any) -> tf.Tensor:
    return tf.stack([tf.stack(row, axis=-1) for row in rows], axis=-2)


def _per_matrix(values: tf.Tensor) -> tf.Tensor:
    return values[:, None, None]
