"""What a run shows: TensorBoard rows, sample grids, evaluations, the best one."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Optional, Protocol

import numpy as np
import tensorflow as tf

from tfgan_contra.config import Config, to_json
from tfgan_contra.data.pipeline import evaluation_images
from tfgan_contra.data.specs import ImageDataset
from tfgan_contra.errors import TrainingStopped
from tfgan_contra.layers.spectral_norm import spectral_norm_layers
from tfgan_contra.metrics.evaluator import Evaluator, Headline
from tfgan_contra.models.sampler import Sampler
from tfgan_contra.training.callbacks import (
    Run,
    RunCallback,
    SaveCheckpoints,
    discriminator_accuracy,
)
from tfgan_contra.training.pictures import image_grid, save_png

GRID_COLUMNS = 10
GRID_ROWS = 10
ACCURACY_IMAGES = 200


class Judged(NamedTuple):
    """Images that D judges.

    Attributes:
        images: uint8 `[N, H, W, C]`.
        condition: labels `[N]`, captions' `TextFeatures`, or None.
    """

    images: np.ndarray
    condition: Any


class TensorBoardRows(RunCallback):
    """Losses, D accuracies and the spectral norm of every normalised layer.

    Args:
        run: the run.
        real: images that D judges by where they come from: `train` and `held_out`.
        draw: generates images with the newest weights, for the same.
    """

    def __init__(
        self, run: Run, real: Mapping[str, Judged], draw: Callable[[], Judged]
    ) -> None:
        super().__init__(run)
        self._real, self._draw = real, draw
        self._writer = tf.summary.create_file_writer(str(run.folder.tensorboard))
        parts = (run.gan.generator, *run.gan.d_parts)
        self._layers = [layer for part in parts for layer in spectral_norm_layers(part)]
        self._sigmas = tf.function(
            lambda: [layer.sigma() for layer in self._layers], autograph=False
        )
        if run.first_step == 0:
            write_config(self._writer, run.config)

    def after_step(self) -> None:
        """Writes a row when it is due."""
        if not self.run.due(self.run.config.train.log_every):
            return
        with self._writer.as_default():
            for name, value in self.run.mean_losses().items():
                tf.summary.scalar(f"losses/{name}", value, step=self.run.step)
            for name, value in self.accuracies().items():
                tf.summary.scalar(f"d_accuracy/{name}", value, step=self.run.step)
            for name, value in self.spectral_norms().items():
                tf.summary.scalar(f"spectral_norm/{name}", value, step=self.run.step)
            for name, value in self.curves().items():
                tf.summary.scalar(f"state/{name}", value, step=self.run.step)
        self._writer.flush()

    def curves(self) -> dict[str, float]:
        """Returns what the augmentation keeps count of, ADA's probability say."""
        augmentation = getattr(self.run.gan, "augmentation", None)
        values = augmentation.curves() if augmentation is not None else {}
        return {name: float(np.asarray(value)) for name, value in values.items()}

    def accuracies(self) -> dict[str, float]:
        """Returns D's accuracy on training, held-out and generated images."""
        gan = self.run.gan
        if gan.adversarial.middle is None:
            return {}
        values = {}
        for name, (images, condition) in self._real.items():
            floats = to_float(images)
            values[name] = discriminator_accuracy(gan, floats, condition, True)
        images, condition = self._draw()
        floats = to_float(images)
        values["fake"] = discriminator_accuracy(gan, floats, condition, False)
        return values

    def spectral_norms(self) -> dict[str, float]:
        """Returns sigma of every spectrally normalised layer by its path."""
        values = self._sigmas() if self._layers else []
        paths = [layer.path for layer in self._layers]
        return {p: float(v) for p, v in zip(paths, values, strict=True)}


class SampleGrid(RunCallback):
    """Pictures from fixed latents, as PNG in `samples` and in TensorBoard.

    Args:
        run: the run.
        draw: generates the grid with the newest weights, uint8 `[height, width, C]`.
    """

    def __init__(self, run: Run, draw: Callable[[], np.ndarray]) -> None:
        super().__init__(run)
        self._draw = draw
        self._writer = tf.summary.create_file_writer(str(run.folder.tensorboard))

    def after_step(self) -> None:
        """Writes a grid when it is due."""
        if not self.run.due(self.run.config.train.sample_every):
            return
        grid = self._draw()
        save_png(self.run.folder.samples / f"step-{self.run.step:08d}.png", grid)
        with self._writer.as_default():
            tf.summary.image("samples", grid[None], step=self.run.step)
        self._writer.flush()


class Scores(Protocol):
    """Measures what is being trained."""

    @property
    def headline(self) -> Headline:
        """The score that chooses the best checkpoint."""

    def measure(self, seed: int) -> dict[str, Any]:
        """Measures the newest weights; returns what `Evaluator.evaluate` does."""


class SamplerScores:
    """Measures the images that a sampler draws."""

    def __init__(self, sampler: Sampler, evaluator: Evaluator) -> None:
        """Compares images of `sampler` by `evaluator`, of classes if it has any."""
        self._sampler, self._evaluator = sampler, evaluator

    @property
    def headline(self) -> Headline:
        """The evaluator's."""
        return self._evaluator.headline

    def measure(self, seed: int) -> dict[str, Any]:
        """Draws images with the newest weights and measures them."""
        self._sampler.update()
        conditional = self._sampler.generator.num_classes > 0
        result = self._evaluator.evaluate(
            self._sampler, seed=seed, conditional=conditional
        )
        result["protocol"] |= self._sampler.protocol
        return result


class Evaluate(RunCallback):
    """Measures the moving average, keeps the best checkpoint, notices a collapse."""

    def __init__(self, run: Run, scores: Scores, checkpoints: SaveCheckpoints) -> None:
        super().__init__(run)
        self._scores, self._checkpoints = scores, checkpoints
        self._writer = tf.summary.create_file_writer(str(run.folder.tensorboard))

    def after_step(self) -> None:
        """Evaluates when it is due, and always at the end."""
        every = self.run.config.train.eval_every
        if self.run.due(every or self.run.config.train.num_steps):
            self.evaluate()

    def evaluate(self) -> None:
        """Measures now; raises `TrainingStopped` on collapse if the config says so."""
        result = self._scores.measure(self.run.config.seed)
        name, lower_is_better = self._scores.headline
        score = result["metrics"][name]
        result.pop("confusion", None)  # Large; bin/evaluate.py writes it.
        row = {"step": self.run.step, "headline": name, **result}
        self.run.evaluation = row
        best = self.run.best
        better = best is None or _is_better(score, best["score"], lower_is_better)
        if better:
            self.run.best = {"name": name, "score": score, "step": self.run.step}
        self._write(row)
        if better:
            self._checkpoints.save_best()
        elif best is not None:
            self._check_collapse(score / best["score"], best)

    def _write(self, row: dict[str, Any]) -> None:
        values = "  ".join(f"{k} {v:.4g}" for k, v in row["metrics"].items())
        print(f"evaluation at step {self.run.step}: {values}", flush=True)
        with open(self.run.folder.evaluations_file, "a") as file:
            file.write(json.dumps(row) + "\n")
        with self._writer.as_default():
            for name, value in row["metrics"].items():
                tf.summary.scalar(f"evaluation/{name}", value, step=self.run.step)
        self._writer.flush()

    def _check_collapse(self, factor: float, best: dict[str, Any]) -> None:
        train = self.run.config.train
        if factor < train.collapse_factor:  # Not so for a score that is no number.
            return
        message = (
            f"Collapse: {best['name']} is {factor:.1f} times its best "
            f"({best['score']:.4g} at step {best['step']}, kept as the best checkpoint)"
        )
        if train.stop_on_collapse:
            self._checkpoints.save()
            raise TrainingStopped(message)
        print(f"warning: {message}", flush=True)


def _is_better(score: float, best: float, lower_is_better: bool) -> bool:
    if not (math.isfinite(score) and math.isfinite(best)):
        return math.isfinite(score)
    return score < best if lower_is_better else score > best


def image_watchers(
    run: Run, dataset: ImageDataset, sampler: Sampler, checkpoints: SaveCheckpoints
) -> list[RunCallback]:
    """Returns TensorBoard's rows, evaluations and sample grids of images.

    Args:
        run: the run.
        dataset: its images.
        sampler: draws with the model's weights.
        checkpoints: keeps the best one.
    """
    seed = run.config.seed
    real = {
        "train": Judged(*evaluation_images(dataset.train, ACCURACY_IMAGES, seed)),
        "held_out": Judged(*evaluation_images(dataset.test, ACCURACY_IMAGES, seed)),
    }
    labels = np.resize(real["train"].condition, ACCURACY_IMAGES)

    def fakes() -> Judged:
        """Draws one image for each of the training images' classes."""
        sampler.update()
        return Judged(sampler(labels, np.arange(ACCURACY_IMAGES)), labels)

    def grid() -> np.ndarray:
        """Draws a class per row."""
        sampler.update()
        return class_grid(sampler, run.gan.spec.num_classes)

    evaluator = Evaluator(run.config.evaluation, dataset)
    return [
        TensorBoardRows(run, real, fakes),
        Evaluate(run, SamplerScores(sampler, evaluator), checkpoints),
        SampleGrid(run, grid),
    ]


def class_grid(
    sampler: Sampler, num_classes: int, rows: int = GRID_ROWS, seed: int = 0
) -> np.ndarray:
    """Returns a grid of samples, each row one class; at most `rows` classes."""
    shown = min(num_classes or rows, rows)
    labels: Optional[np.ndarray] = None
    if num_classes:
        labels = np.repeat(np.arange(shown), GRID_COLUMNS)
    seeds = np.arange(seed, seed + shown * GRID_COLUMNS)
    return image_grid(sampler(labels, seeds), GRID_COLUMNS)


def write_config(writer: Any, config: Config) -> None:
    """Shows a config as TensorBoard's text."""
    with writer.as_default():
        tf.summary.text("config", f"```\n{to_json(config)}```", step=0)


def to_float(images: np.ndarray) -> np.ndarray:
    """Returns uint8 images as float32 in [-1, 1]."""
    return images.astype(np.float32) / 127.5 - 1.0
