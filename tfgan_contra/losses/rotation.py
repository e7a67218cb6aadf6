"""Rotation by quarter turns, the self-supervision of SSGAN."""

from typing import Any

import tensorflow as tf

from tfgan_contra.losses.compiled import xla_compiled


def rotate_images(images: Any, labels: Any) -> tf.Tensor:
    """Turns every image by its own number of quarter turns, counter-clockwise.

    Label k means k * 90 degrees: for k = 1, `out[i, j] = in[j, S - 1 - i]`, as
    `numpy.rot90` and `tf.image.rot90` turn. Pixels are moved, never interpolated.

    Args:
        images: `[B, S, S, C]`, any type.
        labels: `[B]` int, 0 to 3; other integers count modulo 4.

    Returns:
        `[B, S, S, C]` of the images' type.

    Raises:
        ValueError: for images that are not square.

    Source: Gidaris et al., "Unsupervised Representation Learning by Predicting Image
    Rotations", ICLR 2018 (arXiv 1803.07728), as used by Chen et al., "Self-Supervised
    GANs via Auxiliary Rotation Loss", CVPR 2019 (arXiv 1811.11212). The direction is
    that of the authors' code.
    """
    images = tf.convert_to_tensor(images)
    square = images.shape.rank == 4 and images.shape[1] == images.shape[2]
    if not square:
        raise ValueError(f"images must be [B, S, S, C]. Received: {images.shape}")
    return _turn(images, tf.cast(labels, tf.int32))


@xla_compiled
def _turn(images_BSSC: tf.Tensor, labels_B: tf.Tensor) -> tf.Tensor:
    turns = labels_B[:, None, None, None]
    # A quarter turn and a half turn, each where its bit is set: 3 takes both.
    quarter_BSSC = tf.reverse(tf.transpose(images_BSSC, [0, 2, 1, 3]), axis=[1])
    images_BSSC = tf.where(turns % 2 == 1, quarter_BSSC, images_BSSC)
    half_BSSC = tf.reverse(images_BSSC, axis=[1, 2])
    return tf.where(turns // 2 % 2 == 1, half_BSSC, images_BSSC)
