"""A run as the linear probe sees it: its checkpoints, its discriminator, its data."""

import functools
import json
from pathlib import Path
from typing import Any, Union, cast

import keras

from tfgan_contra.config import Config, to_dict
from tfgan_contra.errors import CheckpointError, DataError, UsageError
from tfgan_contra.experiments.block_features import FeatureReader, block_reader
from tfgan_contra.experiments.configs import LinearProbeConfig
from tfgan_contra.layers.spectral_norm import settle_spectral_norm
from tfgan_contra.training.checkpoints import (
    CheckpointStore,
    model_state,
    read_progress,
    restore_part,
)
from tfgan_contra.training.runs import RunFolder
from tfgan_contra.types import DataSpec


class ProbedRun:
    """A run folder; the model is made when its features are first asked for.

    Args:
        name: what to call the run.
        path: its folder.
        options: of the probe.

    Attributes:
        checkpoints: the chosen checkpoints' files by step, ascending.

    Raises:
        UsageError: for a run without classes to tell apart by one discriminator, or a
            step that was not saved.
        CheckpointError: if the folder holds no run or no checkpoint.
    """

    def __init__(self, name: str, path: Path, options: LinearProbeConfig) -> None:
        self.name, self.options = name, options
        self.folder = RunFolder(path)
        self.config: Config = self.folder.config()
        if self.method.is_translation:
            raise UsageError(
                f"linear_probe looks at discriminators of images with classes; {name} "
                f"is a translator. Received: {type(self.method).__name__}"
            )
        # What the data are like, also where the method makes nothing of classes.
        self.spec = cast(DataSpec, self.folder.spec())
        if self.spec.num_classes < 2:
            raise DataError(
                f"linear_probe needs images of 2 or more classes to tell apart; {name} "
                f"trained on {self.config.data.source}. "
                f"Received: num_classes={self.spec.num_classes}"
            )
        self.checkpoints = self._chosen(options.checkpoints)

    @property
    def method(self) -> Any:
        """The method's config."""
        return self.config.method

    @property
    def data_key(self) -> tuple[Any, ...]:
        """What two runs must agree in to be tested on the same images."""
        data = self.config.data
        return data.source, data.data_dir, self.spec.image_shape

    @property
    def architecture(self) -> str:
        """Text that runs with equal networks share."""
        shape = self.spec.image_shape
        return json.dumps([to_dict(self.method.network), shape], sort_keys=True)

    def saved(self) -> dict[int, Path]:
        """Returns every saved checkpoint by its step, the best one included."""
        store = CheckpointStore(self.folder.checkpoints)
        files = {step: store.path(step) for step in store.steps()}
        if store.best_path.exists():
            best = int(read_progress(store.best_path)["step"])
            files = {best: store.best_path} | files
        if not files:
            raise CheckpointError(
                f"There is no checkpoint in {self.folder.checkpoints}; train first "
                f"with bin/train.py --workdir={self.folder.path}"
            )
        return dict(sorted(files.items()))

    def _chosen(self, wanted: Union[int, str, tuple[int, ...]]) -> dict[int, Path]:
        saved = self.saved()
        if wanted == "all":
            return saved
        if wanted == "last":
            wanted = max(saved)
        steps: Any = wanted if isinstance(wanted, tuple) else (wanted,)
        missing = [step for step in steps if step not in saved]
        if missing:
            raise UsageError(
                f"linear_probe.checkpoints names steps that {self.name} did not keep; "
                f"it has {', '.join(map(str, saved))} (more with "
                f"--config.train.keep_checkpoints=20). Received: {missing[0]}"
            )
        return {step: saved[step] for step in sorted(steps)}

    def reader(self, step: int) -> FeatureReader:
        """Returns what reads the features of D at a checkpoint, until the next call.

        Raises:
            CheckpointError: if the file cannot be read.
        """
        restore_part(self.checkpoints[step], model_state(self._gan))
        return self._reader

    def random_reader(self) -> FeatureReader:
        """Returns what reads the features of such a D with fresh weights."""
        return self._reader_of(self.random_discriminator())

    def random_discriminator(self) -> Any:
        """Returns a discriminator like the run's, with weights of the probe's seed."""
        keras.utils.set_random_seed(self.options.seed)
        discriminator = self.method.network.build_discriminator(self.spec)
        settle_spectral_norm(discriminator)
        return discriminator

    @functools.cached_property
    def _gan(self) -> Any:
        return self.method.build(self.spec)

    @functools.cached_property
    def _reader(self) -> FeatureReader:
        return self._reader_of(self._gan.discriminator)

    def _reader_of(self, discriminator: Any) -> FeatureReader:
        options = self.options
        return block_reader(
            discriminator, options.blocks, options.pool, options.max_features
        )
