"""Images with one of their captions each: endless batches, or a fixed subset."""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from tfgan_contra.data.caption_configs import CaptionDataConfig
from tfgan_contra.data.captions import CaptionedImages
from tfgan_contra.data.ordering import (
    CAPTION_STREAM,
    BatchSchedule,
    EpochOrder,
    uniform,
)
from tfgan_contra.data.pipeline import (
    evaluation_indices,
    mirror_half,
    replica_batches,
    scaled,
)
from tfgan_contra.types import Batch


def captioned_batches(
    images: CaptionedImages,
    config: CaptionDataConfig,
    schedule: BatchSchedule,
    *,
    first_replica: int = 0,
    num_replicas_here: int | None = None,
) -> tf.data.Dataset:
    """Returns the endless training batches of the replicas of one worker.

    One element is what one replica needs for one step, in the order of
    `pipeline.training_batches`. At every visit of an image one of its captions is drawn
    uniformly. Images, captions and flips follow from the seed, the step and the row, so
    any number of replicas sees the same rows, and a resumed run needs its step alone.
    Images of a group (`CaptionedImages.group_size`) follow each other.

    Args:
        images: what to train on.
        config: gives `flip` (half of the images mirrored).
        schedule: the batch sizes, the seed and the step to start from.
        first_replica: number of this worker's first replica.
        num_replicas_here: replicas on this worker; None: all from `first_replica` on.

    Returns:
        Elements `Batch(images, caption ids)`: float32 `[slices * b, H, W, C]` in
        [-1, 1] and int64 `[slices * b]`, numbers of `images.unique_captions`; b =
        global batch / replicas, rows of slice 0 first.

    Raises:
        ConfigError: if the global batch does not divide by the replicas.
    """
    rows = schedule.slices * schedule.replica_batch_size
    here = num_replicas_here or schedule.num_replicas - first_replica
    order = EpochOrder(len(images), schedule.seed, images.group_size)

    def load_rows(step: int, replica: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns the images and caption ids of one replica's step."""
        positions = schedule.positions(
            schedule.start_step + step, first_replica + replica
        )
        indices = order.indices(positions)
        pixels = images.load(indices)
        if config.flip:
            mirror_half(pixels, schedule.seed, positions)
        chances = uniform(schedule.seed, CAPTION_STREAM, positions)
        return pixels, images.choose_captions(images.shown(indices), chances)

    specs = (
        tf.TensorSpec((rows, *images.source.image_shape), tf.uint8),
        tf.TensorSpec((rows,), tf.int64),
    )
    return replica_batches(
        load_rows, specs, lambda pixels, ids: Batch(scaled(pixels), ids), here
    )


def evaluation_pairs(
    images: CaptionedImages, count: int, seed: int, chunk_size: int = 256
) -> Iterator[tuple[np.ndarray, list[str]]]:
    """Yields a seeded subset of the images, each with one of its captions.

    Args:
        images: at least one.
        count: how many; all if there are fewer.
        seed: decides the images and which of the captions.
        chunk_size: how many at a time, at most.

    Yields:
        uint8 `[n, H, W, C]` and n captions.
    """
    indices = evaluation_indices(images.source, count, seed)
    for start in range(0, len(indices), chunk_size):
        chunk = indices[start : start + chunk_size]
        pixels, shown = images.load(chunk), images.shown(chunk)
        chances = uniform(seed, CAPTION_STREAM, shown)
        numbers = images.choose_captions(shown, chances)
        yield pixels, [images.unique_captions[number] for number in numbers]
