"""Endless training batches of two domains without pairs."""

import numpy as np
import tensorflow as tf

from tfgan_contra.data.configs import TwoDomainDataConfig
from tfgan_contra.data.folder_index import worker_pool
from tfgan_contra.data.ordering import (
    INPUT_CROP_STREAMS,
    TARGET_CROP_STREAMS,
    BatchSchedule,
)
from tfgan_contra.data.pictures import PictureSource
from tfgan_contra.data.pipeline import replica_batches, scaled
from tfgan_contra.data.unpaired import Domains, UnpairedOrder
from tfgan_contra.data.windows import Draws, WindowPlan, cut_out, row_draws
from tfgan_contra.types import Batch


def unpaired_batches(
    domains: Domains,
    config: TwoDomainDataConfig,
    schedule: BatchSchedule,
    *,
    decay_step: int | None = None,
    first_replica: int = 0,
    num_replicas_here: int | None = None,
) -> tf.data.Dataset:
    """Returns the endless training batches of the replicas of one worker.

    One element is what one replica needs for one step, in the order of
    `pipeline.training_batches`. Every picture, crop and flip follows from the seed, the
    step and the row, so any number of replicas sees the same rows, and a resumed run
    needs its step alone.

    Args:
        domains: the pictures to train on.
        config: crops, flips and the epoch's size.
        schedule: the batch sizes, the seed and the step to start from.
        decay_step: the first step of falling learning rates, from which the config's
            crops are those of the decay phase; None: never.
        first_replica: number of this worker's first replica.
        num_replicas_here: replicas on this worker; None: all from `first_replica` on.

    Returns:
        Elements `Batch(A, B)`: float32 `[slices * b, S, S, C]` in [-1, 1], each with
        its domain's channels; b = global batch / replicas, rows of slice 0 first.

    Raises:
        ConfigError: if the global batch does not divide by the replicas.
    """
    rows = schedule.slices * schedule.replica_batch_size
    here = num_replicas_here or schedule.num_replicas - first_replica
    sizes = len(domains.a), len(domains.b)
    order = UnpairedOrder(config.epoch_size(*sizes), *sizes, schedule.seed)
    plans = config.window_plan(decaying=False), config.window_plan(decaying=True)

    def load_rows(step: int, replica: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns both domains' images of one replica's step."""
        step += schedule.start_step
        positions = schedule.positions(step, first_replica + replica)
        plan = plans[decay_step is not None and step >= decay_step]
        draws_a = row_draws(schedule.seed, INPUT_CROP_STREAMS, positions)
        draws_b = row_draws(schedule.seed, TARGET_CROP_STREAMS, positions)
        images_a = _crops(domains.a, order.inputs(positions), plan, draws_a)
        images_b = _crops(domains.b, order.targets(positions), plan, draws_b)
        if config.flip:
            _mirror(images_a, draws_a)
            _mirror(images_b, draws_b)
        return images_a, images_b

    square = (rows, config.image_size, config.image_size)
    specs = (
        tf.TensorSpec((*square, domains.a.channels), tf.uint8),
        tf.TensorSpec((*square, domains.b.channels), tf.uint8),
    )
    return replica_batches(
        load_rows, specs, lambda a, b: Batch(scaled(a), scaled(b)), here
    )


def _crops(
    source: PictureSource, indices: np.ndarray, plan: WindowPlan, draws: list[Draws]
) -> np.ndarray:
    """Returns one crop per row, decoded and resized on several threads."""

    def crop(index: int, numbers: Draws) -> np.ndarray:
        """Returns one picture's crop."""
        image = source.image(index)
        return cut_out(image, plan.window(image.width, image.height, numbers))

    return np.stack(list(worker_pool().map(crop, indices.tolist(), draws)))


def _mirror(images: np.ndarray, draws: list[Draws]) -> None:
    mirrored = np.array([numbers.flip < 0.5 for numbers in draws])
    images[mirrored] = images[mirrored, :, ::-1]
