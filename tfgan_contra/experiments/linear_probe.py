"""How much of the classes a linear classifier finds in D's features."""

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tfgan_contra.data import load
from tfgan_contra.data.ordering import SUBSET_STREAM, permutation
from tfgan_contra.data.specs import ImageDataset, ImageSource
from tfgan_contra.errors import DataError, UsageError
from tfgan_contra.experiments import logistic_regression
from tfgan_contra.experiments.base import Experiment, Findings, Parts
from tfgan_contra.experiments.block_features import (
    PIXELS,
    FeatureReader,
    pixel_reader,
)
from tfgan_contra.experiments.configs import LinearProbeConfig
from tfgan_contra.experiments.probe_picture import draw_probe
from tfgan_contra.experiments.probed_run import ProbedRun

FEW_CHECKPOINTS = 3
SPLITS = {
    "train": "learned on images that D trained on, tested on held-out ones",
    "test": "learned and tested on two halves of the images held out from D",
}


class Images(NamedTuple):
    """Images to learn from and images to test on.

    Attributes:
        train: source and numbers of those to learn from, one regression after the
            other.
        test: source and numbers of those to test on.
        repeats: regressions.
    """

    train: tuple[ImageSource, np.ndarray]
    test: tuple[ImageSource, np.ndarray]
    repeats: int


class LinearProbe(Experiment):
    """Top-1 accuracy of logistic regression on the frozen D's feature maps.

    For every chosen checkpoint of every run and every block of its discriminator: the
    block's map, pooled adaptively to k x k so that k * k * channels stays within
    `max_features`, standardised by the training images, and a multinomial logistic
    regression with an L2 penalty on that. Beside them, the same for discriminators of
    the same architecture with fresh weights, and for the pixels themselves. A
    discriminator that forgets loses accuracy late in training; with self-supervision
    it should go on rising.

    As many points as checkpoints: train with `--config.train.keep_checkpoints=20`, say,
    for more than the default's two and the best.

    Source: Chen et al., "Self-Supervised GANs via Auxiliary Rotation Loss", CVPR 2019
    (arXiv 1811.11212), sections on representation quality; their code does not have
    this evaluation. Differences: features are standardised and the penalty is explicit,
    whereas the learning rate is no longer a setting; small sets are fitted to
    convergence by lbfgs; images are not augmented.
    """

    config: LinearProbeConfig

    def check(self, workdirs: dict[str, Path]) -> None:
        """Checks runs, checkpoints and that all trained on the same data."""
        first, *others = self._runs(workdirs)
        for other in others:
            if other.data_key != first.data_key:
                raise UsageError(
                    "linear_probe compares runs on the same images: (source, folder, "
                    f"shape) of {first.name} is {first.data_key}. "
                    f"Received: {other.name} with {other.data_key}"
                )

    def measure(self, workdirs: dict[str, Path], parts: Parts) -> Findings:
        """Probes the pixels, random discriminators and every checkpoint."""
        runs = self._runs(workdirs)
        images = chosen_images(load(runs[0].config.data), self.config)

        def pixels() -> dict[str, Any]:
            """Probes the pixels."""
            shape = runs[0].spec.image_shape
            reader = pixel_reader(shape, self.config.max_features)
            return self._probe("pixels", reader, images)

        of_pixels = parts(PIXELS, pixels)
        probed = {run.name: self._probe_run(run, images, parts) for run in runs}
        results = {
            PIXELS: of_pixels["accuracy"][PIXELS],
            "runs": {name: summary(one) for name, one in probed.items()},
        }
        architectures = {run.architecture for run in runs}
        figure = draw_probe(results, num_architectures=len(architectures))
        protocol = self._protocol(runs[0], images) | fits_protocol(of_pixels, probed)
        return Findings(results, protocol, figure)

    def _runs(self, workdirs: dict[str, Path]) -> list[ProbedRun]:
        return [ProbedRun(name, path, self.config) for name, path in workdirs.items()]

    def _probe_run(self, run: ProbedRun, images: Images, parts: Parts) -> dict:
        """Returns the findings at each step and at random weights."""
        if self.config.checkpoints == "all" and len(run.checkpoints) < FEW_CHECKPOINTS:
            print(
                f"{run.name} kept {len(run.checkpoints)} checkpoints; a curve of more "
                "points needs --config.train.keep_checkpoints=20, say, in training",
                flush=True,
            )
        digest = hashlib.sha256(run.architecture.encode()).hexdigest()[:12]
        random = parts(
            f"random D {digest}",
            lambda: self._probe(f"random D of {run.name}", run.random_reader(), images),
        )
        fits = []
        for step, path in run.checkpoints.items():
            # A run that was trained anew saved other weights under the same name.
            saved = path.stat().st_mtime_ns
            title = f"{run.name} step {step}"
            fits.append(
                parts(
                    f"{title} saved {saved}",
                    lambda title=title, step=step: self._probe(  # type: ignore[misc]
                        title, run.reader(step), images
                    ),
                )
            )
        return {"steps": list(run.checkpoints), "fits": fits, "random": random}

    def _probe(
        self, title: str, reader: FeatureReader, images: Images
    ) -> dict[str, Any]:
        """Returns the accuracy, and how it was fitted, by block."""
        train, test = reader(*images.train), reader(*images.test)
        found: dict[str, dict[str, Any]] = {
            key: {} for key in ("accuracy", "features", "solver", "converged")
        }
        labels = np.split(train.labels, images.repeats)
        for name in train.features:
            accuracies, fits = [], []
            for x, y in zip(
                np.split(train.features[name], images.repeats), labels, strict=True
            ):
                x, z = logistic_regression.standardise(x, test.features[name])
                fits.append(self._fit(x, y))
                accuracies.append(fits[-1].accuracy(z, test.labels))
            found["accuracy"][name] = float(np.mean(accuracies))
            found["features"][name] = x.shape[1]
            found["solver"][name] = fits[0].solver
            found["converged"][name] = all(f.converged is not False for f in fits)
        shown = "  ".join(f"{k} {v:.3f}" for k, v in found["accuracy"].items())
        print(f"{title}: {shown}", flush=True)
        return found

    def _fit(self, features: np.ndarray, labels: np.ndarray) -> Any:
        options = self.config
        solver = logistic_regression.choose_solver(options.solver, features.size)
        if solver == "lbfgs":
            return logistic_regression.fit_lbfgs(
                features, labels, options.l2, options.max_iterations
            )
        return logistic_regression.fit_sgd(
            features, labels, options.l2, options.epochs, options.seed
        )

    def _protocol(self, run: ProbedRun, images: Images) -> dict[str, Any]:
        return {
            "data": run.config.data.source,
            "num_classes": run.spec.num_classes,
            "split": SPLITS[self.config.split],
            "n_train": len(images.train[1]) // images.repeats,
            "repeats": images.repeats,
            "n_test": len(images.test[1]),
            "pool": self.config.pool,
            "standardised": "by the training images",
            "l2": self.config.l2,
            "best_block": "of each run, by its mean over the checkpoints",
        }


def fits_protocol(
    of_pixels: dict[str, Any], probed: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Returns how the regressions went.

    Args:
        of_pixels: what the probe of the pixels found.
        probed: of every run.
    """
    fits = [of_pixels]
    for one in probed.values():
        fits += [one["random"], *one["fits"]]
    converged = [done for fit in fits for done in fit["converged"].values()]
    return {
        "features": {name: one["random"]["features"] for name, one in probed.items()},
        "solvers": sorted({name for fit in fits for name in fit["solver"].values()}),
        "regressions": len(converged),
        "stopped_at_max_iterations": converged.count(False),
    }


def chosen_images(dataset: ImageDataset, config: LinearProbeConfig) -> Images:
    """Returns seeded choices of images to learn from and to test on; none is in both.

    Raises:
        DataError: if there is nothing to test on, or one class alone to learn.
    """
    held_out = permutation(config.seed, SUBSET_STREAM, len(dataset.test))
    if config.split == "train":
        source = dataset.train
        order = permutation(config.seed, SUBSET_STREAM, len(source))
    else:
        source, half = dataset.test, len(held_out) // 2
        order, held_out = held_out[:half], held_out[half:]
    count = min(config.num_train, len(order))
    repeats = min(config.repeats, len(order) // count) if count else 0
    trains = [
        np.sort(part) for part in np.split(order[: repeats * count], repeats or 1)
    ]
    classes = min(len(np.unique(source.labels[train])) for train in trains)
    if classes < 2:
        raise DataError(
            "linear_probe.num_train must give images of 2 or more classes to learn "
            f"from. Received: {count} images of {classes}"
        )
    test = np.sort(held_out[: config.num_test])
    return Images((source, np.concatenate(trains)), (dataset.test, test), repeats)


def summary(probed: dict[str, Any]) -> dict[str, Any]:
    """Returns a run's accuracies as numbers and as curves.

    Args:
        probed: its `steps`, ascending, `fits`, one for each, and `random`.

    Returns:
        `best_block` (the one of the highest mean over the steps) and its accuracy at
        the last and at its best step with what it lost in between; the same of the
        random discriminator's best block; all accuracies by block: at the last step,
        with random weights, and as lists over `steps`.
    """
    steps, random = probed["steps"], probed["random"]["accuracy"]
    curves = {
        block: [fit["accuracy"][block] for fit in probed["fits"]] for block in random
    }
    best = max(curves, key=lambda block: float(np.mean(curves[block])))
    values = curves[best]
    top = int(np.argmax(values))
    return {
        "best_block": best,
        "last_step": steps[-1],
        "last_accuracy": values[-1],
        "best_step": steps[top],
        "best_accuracy": values[top],
        "lost_since_best": values[top] - values[-1],
        "random_d": max(random.values()),
        "at_last_step": {block: curve[-1] for block, curve in curves.items()},
        "random_d_by_block": random,
        "steps": steps,
        "over_steps": curves,
    }
