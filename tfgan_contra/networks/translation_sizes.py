"""Pictures of any size through a translation generator.

The generators halve the size and double it again, so a picture whose sides are no
multiple of 4 would come back larger or smaller than it went in.
"""

from typing import Any

import tensorflow as tf

from tfgan_contra.networks.translation_layout import SMALLEST_SIDE

MULTIPLE = 4


def translate_any_size(generator: Any, images: tf.Tensor) -> tf.Tensor:
    """Translates images of any size to images of the same size.

    They are padded at the bottom and on the right, by reflection, to the next multiple
    of 4 pixels, and the translation is cropped back.

    Args:
        generator: a translation generator, called as `generator(images)`.
        images: `[B, H, W, C]` in [-1, 1], H and W 5 or more; also inside a graph
            that does not know H and W.

    Returns:
        `[B, H, W, C']` float32 in [-1, 1].

    Raises:
        ValueError: for images known to be too small.
    """
    images = tf.convert_to_tensor(images)
    sides = images.shape[1:3]
    if any(side is not None and side < SMALLEST_SIDE for side in sides):
        raise ValueError(
            f"images must have {SMALLEST_SIDE} pixels or more on each side. "
            f"Received: {sides[0]}x{sides[1]}"
        )
    height, width = tf.shape(images)[1], tf.shape(images)[2]
    below, beside = -height % MULTIPLE, -width % MULTIPLE
    padded = tf.pad(images, [[0, 0], [0, below], [0, beside], [0, 0]], "REFLECT")
    # Padding forgets the channels when the sizes are known to the graph only.
    padded = tf.ensure_shape(padded, [images.shape[0], None, None, images.shape[3]])
    translated = tf.cast(generator(padded, training=False), tf.float32)
    cropped = translated[:, :height, :width]
    return tf.clip_by_value(cropped, -1.0, 1.0)
