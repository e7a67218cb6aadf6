"""Rotation by quarter turns, the self-supervision of SSGAN."""

from typing import Any, NamedTuple, Optional

import tensorflow as tf

from tfgan_contra.losses.classification import classification_loss
from tfgan_contra.losses.compiled import xla_compiled

TURNS = 4


class RotationBatch(NamedTuple):
    """What the discriminator sees beside a batch to learn rotations from.

    Attributes:
        images: `[E, S, S, C]` turned images, to be appended to the batch.
        labels: `[N]` int32, the rotations of the *last* N images of batch and turned
            images together. Only the batch's own images belong in an adversarial loss.
    """

    images: tf.Tensor
    labels: tf.Tensor


def rotation_loss(logits: Any, labels: Any) -> tf.Tensor:
    """Mean over rows of `-log softmax(logits)[label]`; ln 4 for an indifferent head.

    The discriminator minimises it on turned real images (weight 1.0 in the paper), the
    generator on turned fakes (0.2).

    Args:
        logits: `[N, 4]`, the rotation head's.
        labels: `[N]` int, 0 to 3: quarter turns, counter-clockwise.

    Returns:
        A float32 scalar.

    Raises:
        ValueError: unless there are four logits in a row.

    Source: Chen et al., "Self-Supervised GANs via Auxiliary Rotation Loss", CVPR 2019
    (arXiv 1811.11212). The authors' code adds 1e-10 to the probability, which stops
    the gradient of a row that is hopelessly wrong; here no row is lost.
    """
    logits = tf.convert_to_tensor(logits)
    if logits.shape.rank != 2 or logits.shape[1] != TURNS:
        raise ValueError(f"rotation logits must be [N, 4]. Received: {logits.shape}")
    return classification_loss(logits, tf.cast(labels, tf.int32))


def four_way_quarter(images: Any, *, num_turned: Optional[int] = None) -> RotationBatch:
    """Turns the last quarter of the batch in all four directions (the authors' way).

    With n images to turn, those n by 90 degrees are appended, then by 180, then by
    270. The upright ones are in the batch already, at its end, so that the last 4n
    rows carry the labels n times 0, n times 1, n times 2 and n times 3.

    Args:
        images: `[B, S, S, C]`, of a known batch size; a replica's own images.
        num_turned: n, 1 to B; None: B / 4, which gives as many labelled rows as the
            batch has. The authors' `rotated_batch_size` is 4n.

    Returns:
        3n images and 4n labels.

    Raises:
        ValueError: for a batch that four does not divide, or n out of range.

    Source: Chen et al., CVPR 2019 (arXiv 1811.11212): 16 of 64 images. The rows' order
    is that of the authors' code.
    """
    images = tf.convert_to_tensor(images)
    batch_size = images.shape[0]
    if num_turned is None:
        if not batch_size or batch_size % TURNS:
            raise ValueError(
                "four_way_quarter needs a number of images on each replica that 4 "
                f"divides; quarter_each takes any. Received: {batch_size}"
            )
        num_turned = batch_size // TURNS
    if batch_size is None or not 1 <= num_turned <= batch_size:
        raise ValueError(
            f"num_turned must be between 1 and the batch's {batch_size} images. "
            f"Received: {num_turned}"
        )
    labels = tf.repeat(tf.range(TURNS), num_turned)
    upright = images[batch_size - num_turned :]
    turned = rotate_images(tf.tile(upright, [TURNS - 1, 1, 1, 1]), labels[num_turned:])
    return RotationBatch(turned, labels)


def quarter_each(images: Any) -> RotationBatch:
    """Turns every image of the batch once: a quarter of them in each direction.

    Image i of B gets label `floor(4 i / B)`, the first quarter staying upright.

    Args:
        images: `[B, S, S, C]`, any B.

    Returns:
        B images and B labels.

    Source: the form in which the mimicry library trains SSGAN (Lee and Town,
    "Mimicry: Towards the Reproducibility of GAN Research", arXiv 2005.02494).
    """
    images = tf.convert_to_tensor(images)
    batch_size = tf.shape(images)[0]
    labels = TURNS * tf.range(batch_size) // batch_size
    return RotationBatch(rotate_images(images, labels), labels)


ROTATION_BATCHES = {
    "four_way_quarter": four_way_quarter,
    "quarter_each": quarter_each,
}


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
