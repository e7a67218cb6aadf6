"""DiffAugment: random, differentiable changes to everything the discriminator sees.

Source: Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training",
NeurIPS 2020 (arXiv 2006.10738). Each transformation is a function of the images and of
given draws, so that it can be compared number by number; `DiffAugment` makes the draws.
"""

from typing import Any

import tensorflow as tf

from tfgan_contra import random
from tfgan_contra.augmentation.base import Augmentation
from tfgan_contra.augmentation.configs import POLICIES

# Draws per image: brightness, saturation, contrast, two shifts, two cutout positions.
NUM_DRAWS = 7


class DiffAugment(Augmentation):
    """Augments real and fake images alike; gradients pass to the images.

    Args:
        policies: of `color`, `translation`, `cutout`, applied in this order.

    Raises:
        ValueError: for an unknown policy.
    """

    def __init__(self, policies: tuple[str, ...] = POLICIES) -> None:
        unknown = [policy for policy in policies if policy not in POLICIES]
        if unknown:
            raise ValueError(
                f"policies must be of {', '.join(POLICIES)}. Received: {unknown}"
            )
        self.policies = policies

    def __call__(self, images: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Returns the augmented images.

        Args:
            images: `[B, H, W, C]` in [-1, 1].
            key: two-number seed of this draw; every image gets its own numbers.
        """
        draws = random.uniform(key, tf.shape(images)[0], NUM_DRAWS)
        apply = {"color": _color, "translation": _translation, "cutout": _cutout}
        for policy in self.policies:
            images = apply[policy](images, draws)
        return images


def adjust_brightness(images: tf.Tensor, draw: Any) -> tf.Tensor:
    """Adds `draw - 0.5` to every pixel; draw `[B]` in [0, 1)."""
    return images + (_per_image(draw) - 0.5)


def adjust_saturation(images: tf.Tensor, draw: Any) -> tf.Tensor:
    """Scales the distance to the pixel's gray by `2 * draw`; draw `[B]` in [0, 1)."""
    gray = tf.reduce_mean(images, axis=3, keepdims=True)
    return (images - gray) * (2.0 * _per_image(draw)) + gray


def adjust_contrast(images: tf.Tensor, draw: Any) -> tf.Tensor:
    """Scales the distance to the image's mean by `draw + 0.5`; draw in [0, 1)."""
    mean = tf.reduce_mean(images, axis=[1, 2, 3], keepdims=True)
    return (images - mean) * (_per_image(draw) + 0.5) + mean


def translate(images: tf.Tensor, shifts: Any, padding: str = "zeros") -> tf.Tensor:
    """Returns `out[r, c] = in[r + row_shift, c + column_shift]`.

    Args:
        images: `[B, H, W, C]`.
        shifts: `[B, 2]` int, rows then columns.
        padding: what lies outside: `zeros`, or `reflect` (mirrored without repeating
            the border).
    """
    rows, columns = tf.unstack(tf.cast(shifts, tf.int32), axis=1)
    height, width = tf.shape(images)[1], tf.shape(images)[2]
    row_index = tf.range(height)[None] + rows[:, None]
    column_index = tf.range(width)[None] + columns[:, None]
    moved = tf.gather(images, _inside(row_index, height), axis=1, batch_dims=1)
    moved = tf.gather(moved, _inside(column_index, width), axis=2, batch_dims=1)
    if padding == "reflect":
        return moved
    visible = (
        _is_inside(row_index, height)[:, :, None, None]
        & _is_inside(column_index, width)[:, None, :, None]
    )
    return tf.where(visible, moved, tf.zeros_like(moved))


def cut_out(images: tf.Tensor, offsets: Any) -> tf.Tensor:
    """Zeros a square of half the side, centred on `offsets` and cut at the border.

    Args:
        images: `[B, H, W, C]`.
        offsets: `[B, 2]` int, row and column of the square's centre.
    """
    rows, columns = tf.unstack(tf.cast(offsets, tf.int32), axis=1)
    height, width = tf.shape(images)[1], tf.shape(images)[2]
    kept = ~(
        _in_square(rows, height)[:, :, None] & _in_square(columns, width)[:, None, :]
    )
    return images * tf.cast(kept[..., None], images.dtype)


def random_shifts(draws: tf.Tensor, side: Any) -> tf.Tensor:
    """Maps uniform draws to whole shifts of at most an eighth of the side."""
    most = tf.cast(tf.cast(side, tf.float32) / 8.0 + 0.5, tf.int32)
    choices = tf.cast(2 * most + 1, tf.float32)
    return tf.cast(tf.floor(draws * choices), tf.int32) - most


def _color(images: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
    images = adjust_brightness(images, draws[:, 0])
    images = adjust_saturation(images, draws[:, 1])
    return adjust_contrast(images, draws[:, 2])


def _translation(images: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
    return translate(images, random_shifts(draws[:, 3:5], tf.shape(images)[1]))


def _cutout(images: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
    side = tf.shape(images)[1]
    # An even square has its centre between pixels: one more position, as the authors'.
    positions = tf.cast(side + (1 - (side // 2) % 2), tf.float32)
    return cut_out(images, tf.cast(tf.floor(draws[:, 5:7] * positions), tf.int32))


def _per_image(draw: Any) -> tf.Tensor:
    return tf.reshape(tf.cast(draw, tf.float32), [-1, 1, 1, 1])


def _inside(index: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    """Mirrors indices at both borders: -1 -> 1, size -> size - 2."""
    index = tf.abs(index)
    return (size - 1) - tf.abs((size - 1) - index)


def _is_inside(index: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    return (index >= 0) & (index < size)


def _in_square(centres: tf.Tensor, side: tf.Tensor) -> tf.Tensor:
    """`[B]` centres -> `[B, side]`: is a row in the square of half the side?"""
    half = side // 2
    first = centres - half // 2
    index = tf.range(side)[None]
    # The authors clamp indices, so a square beyond the border still marks the border.
    low = tf.clip_by_value(first, 0, side - 1)[:, None]
    high = tf.clip_by_value(first + half - 1, 0, side - 1)[:, None]
    return (index >= low) & (index <= high)
