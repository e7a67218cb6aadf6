"""The losses that ContraGAN's paper compares 2C with, each as a way to contrast.

Source: Kang and Park, NeurIPS 2020 (arXiv 2006.12681), the ablation of the loss. A
contrast takes the variant, the images with their labels and D's outputs on them, and
the step's noise; it returns the loss of this replica's rows.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from tfgan_contra import random
from tfgan_contra.losses.conditional_contrastive import conditional_contrastive_loss
from tfgan_contra.losses.nt_xent import nt_xent_loss
from tfgan_contra.losses.proxy_nca import proxy_nca_loss
from tfgan_contra.losses.triplet import triplet_loss
from tfgan_contra.models.gathering import first_row, gathered
from tfgan_contra.random import Purpose, StepNoise
from tfgan_contra.regularizers.consistency import flip_and_shift


class Judged(NamedTuple):
    """Images that D has seen, with what it said.

    Attributes:
        images: `[B, H, W, C]`, unaugmented.
        labels: `[B]`.
        outputs: `embeddings` and `proxies` `[B, D]`, both of unit length.
    """

    images: Any
    labels: Any
    outputs: dict[str, tf.Tensor]


def conditional_contrast(gan: Any, seen: Judged, noise: StepNoise) -> tf.Tensor:
    """2C: to the class proxy and the images of the class, away from other images."""
    return _two_c(gan, seen, None)


def augmented_contrast(gan: Any, seen: Judged, noise: StepNoise) -> tf.Tensor:
    """2C of June 2020: an augmented copy of each image is one more positive."""
    return _two_c(gan, seen, _second_view(gan, seen, noise))


def nt_xent_contrast(gan: Any, seen: Judged, noise: StepNoise) -> tf.Tensor:
    """NT-Xent of images and their augmented copies; labels play no part."""
    view_a, view_b = seen.outputs["embeddings"], _second_view(gan, seen, noise)
    return nt_xent_loss(
        view_a,
        view_b,
        temperature=gan.temperature(),
        all_view_a=gathered(gan, view_a),
        all_view_b=gathered(gan, view_b),
        row_offset=first_row(gan, view_a),
    )


def proxy_nca_contrast(gan: Any, seen: Judged, noise: StepNoise) -> tf.Tensor:
    """Proxy-NCA: to the own class's proxy, away from the other classes' proxies."""
    # u and v have moved when D judged the images; the table must be that of then.
    table = gan.proxy_table(tf.range(gan.spec.num_classes), training=False)
    return proxy_nca_loss(seen.outputs["embeddings"], table, seen.labels)


def triplet_contrast(gan: Any, seen: Judged, noise: StepNoise) -> tf.Tensor:
    """Triplet loss with the hardest positive and negative of the batch."""
    embeddings = seen.outputs["embeddings"]
    return triplet_loss(
        embeddings,
        seen.labels,
        margin=gan.config.margin,
        all_embeddings=gathered(gan, embeddings),
        all_labels=gathered(gan, seen.labels),
        row_offset=first_row(gan, embeddings),
    )


def _two_c(gan: Any, seen: Judged, augmented: Any) -> tf.Tensor:
    embeddings = seen.outputs["embeddings"]
    return conditional_contrastive_loss(
        embeddings,
        seen.outputs["proxies"],
        seen.labels,
        temperature=gan.temperature(),
        positives=gan.config.positives,
        augmented_embeddings=augmented,
        all_embeddings=gathered(gan, embeddings),
        all_labels=gathered(gan, seen.labels),
        row_offset=first_row(gan, embeddings),
    )


def _second_view(gan: Any, seen: Judged, noise: StepNoise) -> tf.Tensor:
    """Embeds flipped and shifted copies of the images."""
    key = noise.key(Purpose.REGULARIZATION)
    draws = random.uniform(key, tf.shape(seen.images)[0], 3)
    copies = flip_and_shift(seen.images, draws)
    return gan.discriminate(copies, seen.labels, training=True)["embeddings"]


Contrast = Callable[[Any, Judged, StepNoise], tf.Tensor]

CONTRASTS: dict[str, Contrast] = {
    "2c": conditional_contrast,
    "2c_augmented": augmented_contrast,
    "nt_xent": nt_xent_contrast,
    "proxy_nca": proxy_nca_contrast,
    "triplet": triplet_contrast,
}
