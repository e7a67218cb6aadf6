"""What differs between kinds of data in a run: loading, batches, and what is watched.

The trainer does everything else. A task is chosen by the method, once.
"""

from typing import Any, Optional, Protocol

import tensorflow as tf

from tfgan_contra import distribution
from tfgan_contra.config import Config
from tfgan_contra.data import load, load_unpaired
from tfgan_contra.data.caption_configs import CaptionDataConfig
from tfgan_contra.data.configs import TwoDomainDataConfig
from tfgan_contra.data.ordering import BatchSchedule
from tfgan_contra.data.pipeline import training_batches
from tfgan_contra.data.unpaired_pipeline import unpaired_batches
from tfgan_contra.errors import ConfigError, DataError
from tfgan_contra.training.callbacks import Run, RunCallback, SaveCheckpoints
from tfgan_contra.training.captioned import CaptionTask
from tfgan_contra.training.monitoring import image_watchers
from tfgan_contra.training.runs import RunFolder
from tfgan_contra.training.sampling import make_sampler
from tfgan_contra.training.schedules import decay_step, epoch_plan
from tfgan_contra.training.translation_monitoring import translation_watchers


class Task(Protocol):
    """The data of a run.

    Attributes:
        spec: what the model must know of them.
        report: lines worth showing.
    """

    spec: Any
    report: list[str]

    @property
    def epoch_size(self) -> int:
        """Samples of an epoch."""

    @property
    def failure(self) -> Optional[DataError]:
        """The error that ended the last reading, or None."""

    def batches(
        self, schedule: BatchSchedule, context: distribution.InputContext
    ) -> tf.data.Dataset:
        """Returns the batches of one worker's replicas."""

    def prepare(self, gan: Any) -> None:
        """Gives a new model what it trains with; called in the strategy's scope."""

    def watchers(self, run: Run, checkpoints: SaveCheckpoints) -> list[RunCallback]:
        """Returns what measures and shows the run as it goes on."""


class ImageTask:
    """Images, with classes or without."""

    def __init__(self, config: Config) -> None:
        """Loads the data set of a config."""
        self.config, self.dataset = config, load(config.data)
        self.spec, self.report = self.dataset.spec, self.dataset.report

    @property
    def epoch_size(self) -> int:
        """Samples of an epoch."""
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
        return training_batches(
            self.dataset.train,
            self.config.data,
            schedule,
            first_replica=first,
            num_replicas_here=here,
        )

    def prepare(self, gan: Any) -> None:
        """Does nothing: images are all that such a model trains with."""

    def watchers(self, run: Run, checkpoints: SaveCheckpoints) -> list[RunCallback]:
        """Returns TensorBoard's rows, evaluations and sample grids."""
        sampler = make_sampler(run.gan, run.config)
        return image_watchers(run, self.dataset, sampler, checkpoints)


class TranslationTask:
    """Two domains of pictures without pairs."""

    def __init__(self, config: Config) -> None:
        """Loads both domains of a config."""
        self.config = config
        self.dataset = load_unpaired(config.data)  # type: ignore[arg-type]
        self.spec, self.report = self.dataset.spec, self.dataset.report

    @property
    def epoch_size(self) -> int:
        """Samples of an epoch."""
        train = self.dataset.train
        data: Any = self.config.data
        return data.epoch_size(len(train.a), len(train.b))

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
        return unpaired_batches(
            self.dataset.train,
            data,
            schedule,
            decay_step=decay_step(
                self.config, epoch_plan(self.config, self.epoch_size)
            ),
            first_replica=first,
            num_replicas_here=here,
        )

    def prepare(self, gan: Any) -> None:
        """Does nothing: pictures are all that such a model trains with."""

    def watchers(self, run: Run, checkpoints: SaveCheckpoints) -> list[RunCallback]:
        """Returns TensorBoard's rows, evaluations, grids and the page of results."""
        return translation_watchers(run, self.dataset, checkpoints)


# What methods train on.
IMAGES, DOMAINS, CAPTIONS = "images", "two domains of pictures", "images with captions"


def make_task(config: Config, folder: RunFolder) -> Task:
    """Loads the data of a config, and what else must be there before the model.

    Args:
        config: of the run.
        folder: of the run, where a text encoder is kept.

    Raises:
        ConfigError: if the method and the data do not fit together.
        UserError: if the data or a text encoder cannot be had.
    """
    wanted = _wanted(config.method)
    if wanted != _given(config):
        name = type(config.method).__name__.removesuffix("Config")
        raise ConfigError(
            f"{name} trains on {wanted}; config.data must say so. "
            f"Received: {type(config.data).__name__}"
        )
    if wanted == CAPTIONS:
        return CaptionTask(config, folder)
    return TranslationTask(config) if wanted == DOMAINS else ImageTask(config)


def _wanted(method: Any) -> str:
    if method.takes_captions:
        return CAPTIONS
    return DOMAINS if method.is_translation else IMAGES


def _given(config: Config) -> str:
    if isinstance(config.data, CaptionDataConfig):
        return CAPTIONS
    return DOMAINS if isinstance(config.data, TwoDomainDataConfig) else IMAGES
