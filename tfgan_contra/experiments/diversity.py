"""How hard InfoNCE is on batches of few classes, and on copies of one image."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfgan_contra.data.pipeline import scaled
from tfgan_contra.data.specs import ImageSource
from tfgan_contra.errors import DataError
from tfgan_contra.losses.info_nce import (
    info_nce_accuracy,
    info_nce_loss,
    mutual_information_bound,
)

# The name of batches that hold one image many times.
COPIES = "copies"
MEASURES = ("accuracy", "bound", "loss")


def diversity_curve(
    gan: Any,
    source: ImageSource,
    class_counts: Sequence[int],
    *,
    batch_size: int,
    num_batches: int,
) -> dict[str, dict[str, float]]:
    """Measures the contrast of real images against the number of classes in a batch.

    All images of a batch differ; they are of so many classes, in equal parts. In
    batches of copies one image, and so each feature, stands `batch_size` times: every
    positive has `batch_size - 1` equals among the negatives.

    Args:
        gan: an `InfoMaxGAN`.
        source: labelled images.
        class_counts: numbers of classes; those above `batch_size`, or above the
            classes with enough images, are left out.
        batch_size: images of a batch.
        num_batches: batches of each kind, always the same ones.

    Returns:
        By number of classes as text, and for `copies`: `accuracy`, the share of places
        whose image beats all others; `bound`, ln K less the loss; `loss`.

    Raises:
        DataError: if fewer than two classes have `batch_size` images.
    """
    by_class = large_classes(source.labels, batch_size)
    judge = tf.function(lambda images: _projections(gan, images), autograph=False)
    kinds: dict[str, list[dict[str, float]]] = {}
    for count in class_counts:
        if count > min(batch_size, len(by_class)):
            continue
        random = np.random.default_rng(count)
        found = []
        for _ in range(num_batches):
            chosen = batch_of_classes(by_class, count, batch_size, random)
            local, whole = judge(tf.constant(source.load(chosen)))
            found.append(_contrast(gan, local, whole))
        kinds[str(count)] = found
    local, whole = judge(tf.constant(source.load(chosen)))
    kinds[COPIES] = [
        _contrast(
            gan, *(tf.repeat(f[i : i + 1], batch_size, 0) for f in (local, whole))
        )
        for i in range(min(num_batches, batch_size))
    ]
    return {
        kind: {name: float(np.mean([row[name] for row in rows])) for name in MEASURES}
        for kind, rows in kinds.items()
    }


def large_classes(labels: np.ndarray, least: int) -> list[np.ndarray]:
    """Returns the numbers of the images of every class that has `least` or more.

    Raises:
        DataError: if fewer than two classes have as many.
    """
    order = np.argsort(labels, kind="stable")
    sizes = np.bincount(labels)
    by_class = np.split(order, np.cumsum(sizes)[:-1])
    large = [images for images in by_class if len(images) >= least]
    if len(large) < 2:
        raise DataError(
            f"batches of {least} images of one class need 2 or more classes with as "
            f"many; there are {len(large)}. Choose a smaller contrast_batch_size"
        )
    return large


def batch_of_classes(
    by_class: Sequence[np.ndarray], count: int, size: int, random: np.random.Generator
) -> np.ndarray:
    """Returns `size` different images of `count` random classes, in equal parts.

    Where `count` does not divide `size`, some classes have one more.
    """
    classes = random.choice(len(by_class), count, replace=False)
    shares = np.full(count, size // count) + (np.arange(count) < size % count)
    return np.concatenate(
        [
            random.choice(by_class[k], share, replace=False)
            for k, share in zip(classes, shares, strict=True)
        ]
    )


def _projections(gan: Any, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    outputs = gan.discriminate(scaled(images), training=False)
    return outputs["local_projections"], outputs["global_projections"]


def _contrast(gan: Any, local: tf.Tensor, whole: tf.Tensor) -> dict[str, float]:
    negatives = gan.config.negatives
    loss = info_nce_loss(local, whole, negatives=negatives)
    bound = mutual_information_bound(loss, local, negatives=negatives)
    accuracy = info_nce_accuracy(local, whole, negatives=negatives)
    return dict(zip(MEASURES, map(float, (accuracy, bound, loss)), strict=True))
