"""Captioned images in a run: the text encoder first, then batches of its features."""

from typing import Any, Optional

import numpy as np
import tensorflow as tf

from tfgan_contra import distribution
from tfgan_contra.config import Config
from tfgan_contra.data import load_captioned
from tfgan_contra.data.captioned_pipeline import captioned_batches
from tfgan_contra.data.ordering import BatchSchedule
from tfgan_contra.errors import DataError
from tfgan_contra.training.callbacks import Run, RunCallback, SaveCheckpoints
from tfgan_contra.training.caption_evaluation import check_extractor
from tfgan_contra.training.caption_monitoring import caption_watchers
from tfgan_contra.training.runs import RunFolder
from tfgan_contra.training.text_encoders import (
    check_word_counts,
    frozen_copy,
    prepared_text,
)
from tfgan_contra.types import Batch, CaptionSpec, TextFeatures


class CaptionTask:
    """Images with captions.

    Every caption of the training images is encoded once, before the training: the
    encoder is frozen. Where the encoder is trained in place, that comes first; of
    several workers the first one trains it, and the others read it from the run folder.
    """

    def __init__(self, config: Config, folder: RunFolder) -> None:
        """Loads the data set, gets the text encoder and encodes the captions.

        Args:
            config: of the run.
            folder: of the run.

        Raises:
            UserError: if the data or the encoder cannot be had.
        """
        check_word_counts(config)
        check_extractor(config.evaluation)
        data: Any = config.data
        self.config, self.dataset = config, load_captioned(data)
        self.report = self.dataset.report
        self.text = prepared_text(config, folder, self.dataset.train)
        encoder, spec = self.text.encoder, self.dataset.spec
        self.features = encoder.encode(self.dataset.train.unique_captions)
        self.spec = CaptionSpec(
            spec.image_size, spec.channels, encoder.word_dim, encoder.max_words
        )

    @property
    def epoch_size(self) -> int:
        """Images of an epoch."""
        return len(self.dataset.train)

    @property
    def failure(self) -> Optional[DataError]:
        """The error that ended the last reading, or None."""
        return self.dataset.train.failure

    def batches(
        self, schedule: BatchSchedule, context: distribution.InputContext
    ) -> tf.data.Dataset:
        """Returns the batches of one worker's replicas."""
        first, here = distribution.replicas_of(context, schedule.num_replicas)
        data: Any = self.config.data
        batches = captioned_batches(
            self.dataset.train,
            data,
            schedule,
            first_replica=first,
            num_replicas_here=here,
        )
        return with_features(batches, self.features).prefetch(here)

    def prepare(self, gan: Any) -> None:
        """Gives the model its frozen image network, if it has a use for one."""
        method: Any = self.config.method
        if self.text.pair is None or not method.pretrained_weight:
            return
        tower = frozen_copy(self.text.pair)
        gan.attach_image_network(lambda images: tower(images)["embeddings"])

    def watchers(self, run: Run, checkpoints: SaveCheckpoints) -> list[RunCallback]:
        """Returns TensorBoard's rows, evaluations and grids of captioned samples."""
        return caption_watchers(run, self.dataset, self.text.encoder, checkpoints)


def with_features(batches: tf.data.Dataset, features: TextFeatures) -> tf.data.Dataset:
    """Replaces the numbers of captions by what a text encoder made of them.

    The features stay where they are, in memory or in a memory-mapped file, and never
    become part of a graph.

    Args:
        batches: `Batch(images, numbers [b])`.
        features: of all captions, NumPy arrays.

    Returns:
        `Batch(images, TextFeatures)` of static shapes.
    """
    rows = batches.element_spec.condition.shape[0]

    def gather(numbers: np.ndarray) -> tuple[np.ndarray, ...]:
        """Reads the features of a batch; runs as Python."""
        return tuple(np.ascontiguousarray(part[numbers]) for part in features)

    def read(batch: Batch) -> Batch:
        """Puts the features in the place of the numbers."""
        types = [tf.float32, tf.int32, tf.float32]
        parts = tf.numpy_function(gather, [batch.condition], types, stateful=False)
        for part, whole in zip(parts, features, strict=True):
            part.set_shape((rows, *whole.shape[1:]))
        return Batch(batch.images, TextFeatures(*parts))

    return batches.map(read, num_parallel_calls=2, deterministic=True)
