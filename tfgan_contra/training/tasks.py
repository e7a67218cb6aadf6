"""What differs between kinds of data in a run: loading, batches, and what is watched.

The trainer does everything else. A task is chosen by the method, once.
"""

from typing import Any, Optional, Protocol

import tensorflow as tf

from tfgan_contra import distribution
from tfgan_contra.config import Config
from tfgan_contra.data import load, load_unpaired
from tfgan_contra.data.configs import TwoDomainDataConfig
from tfgan_contra.data.ordering import BatchSchedule
from tfgan_contra.data.pipeline import training_batches
from tfgan_contra.data.unpaired_pipeline import unpaired_batches
from tfgan_contra.errors import ConfigError, DataError
from tfgan_contra.metrics.evaluator import Evaluator
from tfgan_contra.training.callbacks import Run, RunCallback, SaveCheckpoints
from tfgan_contra.training.monitoring import (
    Evaluate,
    SampleGrid,
    SamplerScores,
    TensorBoardRows,
)
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
        first, here = _replicas(schedule, context)
        return training_batches(
            self.dataset.train,
            self.config.data,
            schedule,
            first_replica=first,
            num_replicas_here=here,
        )

    def watchers(self, run: Run, checkpoints: SaveCheckpoints) -> list[RunCallback]:
        """Returns TensorBoard's rows, evaluations and sample grids."""
        evaluator = Evaluator(run.config.evaluation, self.dataset)
        sampler = make_sampler(run.gan, run.config)
        return [
            TensorBoardRows(run, self.dataset, sampler),
            Evaluate(run, SamplerScores(sampler, evaluator), checkpoints),
            SampleGrid(run, sampler),
        ]


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
        first, here = _replicas(schedule, context)
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

    def watchers(self, run: Run, checkpoints: SaveCheckpoints) -> list[RunCallback]:
        """Returns TensorBoard's rows, evaluations, grids and the page of results."""
        return translation_watchers(run, self.dataset, checkpoints)


def make_task(config: Config) -> Task:
    """Loads the data of a config.

    Raises:
        ConfigError: if the method and the data do not fit together.
        DataError: if the data cannot be had.
    """
    method: Any = config.method
    pairs = isinstance(config.data, TwoDomainDataConfig)
    if method.is_translation != pairs:
        name = type(method).__name__.removesuffix("Config")
        wanted = "two domains of pictures" if method.is_translation else "images"
        raise ConfigError(
            f"{name} trains on {wanted}; config.data must say so. "
            f"Received: {type(config.data).__name__}"
        )
    return TranslationTask(config) if pairs else ImageTask(config)


def _replicas(
    schedule: BatchSchedule, context: distribution.InputContext
) -> tuple[int, int]:
    """Returns the number of a worker's first replica, and how many it has."""
    here = schedule.num_replicas // context.num_input_pipelines
    return context.input_pipeline_id * here, here
