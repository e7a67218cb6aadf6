"""Images from a source to batches: endless for training, finite for evaluation."""

from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

from tfgan_contra.config import DataConfig
from tfgan_contra.data.ordering import (
    CROP_STREAM,
    FLIP_STREAM,
    SUBSET_STREAM,
    BatchSchedule,
    EpochOrder,
    permutation,
    random_bits,
    uniform,
)
from tfgan_contra.data.specs import ImageSource
from tfgan_contra.types import Batch


def training_batches(
    source: ImageSource,
    config: DataConfig,
    schedule: BatchSchedule,
    *,
    first_replica: int = 0,
    num_replicas_here: int | None = None,
) -> tf.data.Dataset:
    """Returns the endless training batches of the replicas of one worker.

    One element is what one replica needs for one step. Elements come replica by
    replica within a step, then step by step. The rows of slice j over all replicas,
    joined in replica order, are the same images whatever the number of replicas.

    Args:
        source: the images; a set smaller than a batch simply repeats sooner.
        config: gives `flip` (half of the images mirrored) and `crop`.
        schedule: the batch sizes, the seed and the step to start from.
        first_replica: number of this worker's first replica.
        num_replicas_here: replicas on this worker; None: all from `first_replica` on.

    Returns:
        Elements `Batch(images, labels)`: float32 `[slices * b, H, W, C]` in [-1, 1]
        and int32 `[slices * b]`, b = global batch / replicas, rows of slice 0 first.

    Raises:
        ConfigError: if the global batch does not divide by the replicas.
    """
    rows = schedule.slices * schedule.replica_batch_size
    here = num_replicas_here or schedule.num_replicas - first_replica
    order = EpochOrder(len(source), schedule.seed)

    def load_rows(step: int, replica: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns the images and labels of one replica's step."""
        positions = schedule.positions(
            schedule.start_step + step, first_replica + replica
        )
        indices = order.indices(positions)
        images = _augmented(source, config, schedule.seed, indices, positions)
        return images, source.labels[indices]

    specs = (
        tf.TensorSpec((rows, *source.image_shape), tf.uint8),
        tf.TensorSpec((rows,), tf.int32),
    )
    return replica_batches(
        load_rows, specs, lambda images, labels: Batch(scaled(images), labels), here
    )


def replica_batches(
    load_rows: Callable[[int, int], tuple[np.ndarray, ...]],
    specs: tuple[tf.TensorSpec, ...],
    to_batch: Callable[..., Batch],
    replicas_here: int,
) -> tf.data.Dataset:
    """Returns endless batches of one worker, replica by replica, then step by step.

    Args:
        load_rows: from a step (from 0) and a replica of this worker to arrays.
        specs: the type and shape of each of the arrays.
        to_batch: from the arrays, as tensors, to the batch.
        replicas_here: replicas on this worker.
    """

    def load(element: np.ndarray) -> tuple[np.ndarray, ...]:
        """Reads one element's images; runs as Python."""
        return load_rows(*divmod(int(element), replicas_here))

    def read(element: tf.Tensor) -> Batch:
        """Makes a batch of one element."""
        arrays = tf.numpy_function(
            load, [element], [spec.dtype for spec in specs], stateful=False
        )
        for array, spec in zip(arrays, specs, strict=True):
            array.set_shape(spec.shape)
        return to_batch(*arrays)

    batches = tf.data.Dataset.counter().map(
        read, num_parallel_calls=2, deterministic=True
    )
    options = tf.data.Options()
    # The rows of each replica are chosen by `load_rows`; nothing is left to shard.
    options.experimental_distribute.auto_shard_policy = (
        tf.data.experimental.AutoShardPolicy.OFF
    )
    return batches.with_options(options).prefetch(2 * replicas_here)


def scaled(images: tf.Tensor) -> tf.Tensor:
    """Returns uint8 images as float32 in [-1, 1]."""
    return tf.cast(images, tf.float32) / 127.5 - 1.0


def mirror_half(images: np.ndarray, seed: int, positions: np.ndarray) -> None:
    """Mirrors in place about half of the images, as their stream positions decide."""
    mirrored = random_bits(seed, FLIP_STREAM, positions) >> np.uint64(63) == 1
    images[mirrored] = images[mirrored, :, ::-1]


def evaluation_indices(source: ImageSource, count: int, seed: int) -> np.ndarray:
    """Returns the numbers of a seeded subset, ascending; all if `count` is more."""
    return np.sort(permutation(seed, SUBSET_STREAM, len(source))[:count])


def evaluation_images(
    source: ImageSource, count: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns a seeded subset at once: uint8 `[n, H, W, C]` and int32 `[n]`.

    n is the smaller of `count` and the size of the source; for large sets use
    `image_chunks(source, evaluation_indices(source, count, seed))`.
    """
    indices = evaluation_indices(source, count, seed)
    return source.load(indices), source.labels[indices]


def image_chunks(
    source: ImageSource, indices: np.ndarray, chunk_size: int = 256
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields uint8 images and int32 labels, at most `chunk_size` at a time."""
    for start in range(0, len(indices), chunk_size):
        chunk = indices[start : start + chunk_size]
        yield source.load(chunk), source.labels[chunk]


def _augmented(
    source: ImageSource,
    config: DataConfig,
    seed: int,
    indices: np.ndarray,
    positions: np.ndarray,
) -> np.ndarray:
    """Loads images with the crop and flip that their stream positions decide."""
    random_crop = config.crop == "random"
    crops = uniform(seed, CROP_STREAM, positions) if random_crop else None
    images = source.load(indices, crops)
    if config.flip:
        mirror_half(images, seed, positions)
    return images
