"""Measures a generator against real images; every number comes with its protocol."""

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from tfgan_contra.config import EvaluationConfig
from tfgan_contra.errors import ConfigError, DataError
from tfgan_contra.metrics.caching import (
    ImageDataset,
    ImageSource,
    cache_directory,
    load_arrays,
    save_arrays,
    source_fingerprint,
)
from tfgan_contra.metrics.confusion import (
    best_relabelling,
    class_accuracies,
    confusion_matrix,
    overall_accuracy,
)
from tfgan_contra.metrics.features import FeatureExtractor, Outputs, make_extractor
from tfgan_contra.metrics.frechet import (
    Moments,
    frechet_distance_from_moments,
    intra_class_frechet_distances,
)
from tfgan_contra.metrics.inception_score import inception_score
from tfgan_contra.metrics.kernel import kernel_distance_and_std
from tfgan_contra.metrics.prdc import prdc

Sampler = Callable[[np.ndarray | None, np.ndarray], np.ndarray]

# Nearest neighbours cost time with the product of both sides.
_MAX_PRDC_IMAGES = 10_000
_MOMENTS_BATCH = 4096
# Keeps the choice of real images apart from everything drawn for the fakes.
_REAL_SEED = 0


class Headline(NamedTuple):
    """The score that chooses the best checkpoint.

    Attributes:
        name: its key among the metrics.
        lower_is_better: how to compare it.
    """

    name: str
    lower_is_better: bool


class Evaluator:
    """Compares generated with real images under one extractor and one protocol.

    The real images' features are computed once and kept in memory and on disk. Make it
    outside a distribution strategy's scope, as extractors run on one device; `evaluate`
    may be called anywhere.

        evaluator = Evaluator(config.evaluation, dataset)
        result = evaluator.evaluate(sample)
        result["metrics"][evaluator.headline.name]

    Attributes:
        config: the protocol.
        dataset: where the real images and the class names come from.
        extractor: what turns images into features.
    """

    def __init__(
        self,
        config: EvaluationConfig,
        dataset: ImageDataset,
        *,
        extractor: FeatureExtractor | None = None,
    ) -> None:
        """Makes or loads the extractor, which may train a classifier for a minute.

        Args:
            config: the protocol.
            dataset: `spec`, `train` and `test`.
            extractor: used instead of the one that `config.extractor` names.

        Raises:
            ConfigError: if `config.extractor` names no extractor, or a split has too
                few images for `config.nearest_k`.
            DataError: if an extractor cannot be downloaded.
        """
        self.config = config
        self.dataset = dataset
        self._source: ImageSource = getattr(dataset, config.reference_split)
        check_nearest_k(config, len(self._source), f"of split {config.reference_split}")
        self.extractor = extractor or make_extractor(config, dataset)
        self._chosen = extractor.name if extractor else config.extractor
        self._real: Outputs | None = None

    @property
    def headline(self) -> Headline:
        """The Frechet distance: `fid`, or `frechet_` and the extractor's name."""
        return Headline(self.named("fid", "frechet"), lower_is_better=True)

    def evaluate(
        self, sample: Sampler, *, seed: int = 0, conditional: bool | None = None
    ) -> dict[str, Any]:
        """Draws images and measures them.

        Args:
            sample: called as `sample(labels, seeds)` with int64 arrays `[n]`, n at most
                `config.batch_size`; returns uint8 `[n, H, W, C]`. Labels are spread
                evenly over the classes, None if nothing is asked for.
            seed: decides labels' order, seeds and random subsets; the same seed and
                generator give the same result.
            conditional: whether to ask for classes; None: if the data have any.

        Returns:
            `metrics`: name to float, JSON-ready like everything else; `protocol`: how
            they were taken; `per_class`: conditional accuracy by class name;
            `confusion`: images by class asked for (rows) and class seen;
            `relabelling`: classes that are best explained by another one's name.

        Raises:
            DataError: if the sampler returns other images than it was asked for.
        """
        if conditional is None:
            conditional = self.dataset.spec.num_classes > 0
        real = self.real_outputs()
        labels, fake = self.fake_outputs(sample, seed, conditional)
        origin = "balanced" if conditional else "none"
        return self._compared(real, fake, labels, origin, seed)

    def evaluate_images(
        self,
        batches: Iterable[np.ndarray],
        *,
        labels: np.ndarray | None = None,
        seed: int = 0,
    ) -> dict[str, Any]:
        """Measures given images, such as translations, by the same protocol.

        Args:
            batches: uint8 `[n, H, W, C]` each, one or more; best of
                `config.batch_size`.
            labels: `[N]`, the class that every image should show, if there are classes.
            seed: decides random subsets.

        Returns:
            As `evaluate`.

        Raises:
            DataError: for images of another shape than the real ones, too few, or
                another number of labels.
        """
        real, fake = self.real_outputs(), self._outputs(self._checked(batches))
        if labels is not None and len(labels) != len(fake.features):
            raise DataError(
                f"labels must be one for each of the {len(fake.features)} images. "
                f"Received: {len(labels)}"
            )
        origin = "none" if labels is None else "given"
        return self._compared(real, fake, labels, origin, seed)

    def _compared(
        self,
        real: Outputs,
        fake: Outputs,
        labels: np.ndarray | None,
        origin: str,
        seed: int,
    ) -> dict[str, Any]:
        """Returns the result of `evaluate` for images that show `labels`."""
        metrics, subsets = self._distribution_metrics(real, fake, labels, seed)
        result = {
            "metrics": metrics,
            "protocol": self._protocol(real, fake)
            | {"seed": seed, "labels": origin}
            | subsets,
            "per_class": {},
        }
        if labels is not None and self.classifies(fake.logits):
            seen = np.asarray(fake.logits).argmax(axis=1)
            result |= self._conditional_accuracy(labels, seen, metrics)
        return result

    def named(self, fid_name: str, other: str) -> str:
        """Returns a score's name: FID's own where it is, else with the extractor's."""
        return fid_name if self.extractor.is_fid else f"{other}_{self.extractor.name}"

    def classifies(self, logits: np.ndarray | None) -> bool:
        """Returns whether logits `[N, K]` are over the classes of the data."""
        return logits is not None and logits.shape[1] == self.dataset.spec.num_classes

    def reference_indices(self) -> np.ndarray:
        """Returns which images of the reference split are compared, ascending."""
        total = len(self._source)
        if total <= self.config.num_images:
            return np.arange(total)
        random = np.random.default_rng(_REAL_SEED)
        return np.sort(random.choice(total, self.config.num_images, replace=False))

    @property
    def reference_labels(self) -> np.ndarray:
        """The classes of the images that `real_outputs` describes."""
        return self._source.labels[self.reference_indices()]

    def real_outputs(self) -> Outputs:
        """Returns the features of the reference images, computed once."""
        if self._real is None:
            count = min(len(self._source), self.config.num_images)
            data = source_fingerprint(self.dataset.spec, self._source)
            digest = str(self.extractor.describe()["digest"])[:32]
            name = f"real-{self.extractor.name}-{digest}-{data}"
            name += f"-{self.config.reference_split}-{count}.npz"
            path = os.path.join(cache_directory(self.config.cache_dir), name)
            stored = load_arrays(path)
            if stored is None:
                stored = {"features": self._extract_real()}
                save_arrays(path, stored)
            self._real = Outputs(stored["features"], None)
        return self._real

    def _extract_real(self) -> np.ndarray:
        indices = self.reference_indices()
        starts = range(0, len(indices), self.config.batch_size)
        batches = (indices[start : start + self.config.batch_size] for start in starts)
        return np.concatenate([self.extractor(self._source.load(b)) for b in batches])

    def requests(
        self, seed: int, conditional: bool
    ) -> tuple[np.ndarray | None, np.ndarray]:
        """Returns the labels and the seeds of the images that are asked for.

        Args:
            seed: decides the order of the labels and the seeds.
            conditional: whether to ask for classes.

        Returns:
            labels `[num_images]`, spread evenly over the classes, or None; seeds
            `[num_images]` int64.
        """
        count = self.config.num_images
        random = np.random.default_rng(seed)
        labels = None
        if conditional:
            num_classes = self.dataset.spec.num_classes
            labels = random.permutation(np.arange(count) % num_classes)
        return labels, random.integers(0, 2**63 - 1, count)

    def fake_images(
        self, sample: Sampler, labels: np.ndarray | None, seeds: np.ndarray
    ) -> Iterator[np.ndarray]:
        """Yields the images of `requests` in batches, checked; see `evaluate`."""
        for start in range(0, len(seeds), self.config.batch_size):
            rows = slice(start, start + self.config.batch_size)
            asked = None if labels is None else labels[rows]
            images = np.asarray(sample(asked, seeds[rows]))
            self._check_sample(images, len(seeds[rows]))
            yield images

    def fake_outputs(
        self, sample: Sampler, seed: int, conditional: bool
    ) -> tuple[np.ndarray | None, Outputs]:
        """Draws images; returns the labels asked for, features and logits."""
        labels, seeds = self.requests(seed, conditional)
        return labels, self._outputs(self.fake_images(sample, labels, seeds))

    def _outputs(self, batches: Iterable[np.ndarray]) -> Outputs:
        parts = [self.extractor.extract(images) for images in batches]
        if not parts:
            raise DataError("There are no images to measure")
        logits = [part.logits for part in parts if part.logits is not None]
        return Outputs(
            np.concatenate([part.features for part in parts]),
            np.concatenate(logits) if logits else None,
        )

    def _checked(self, batches: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        for images in batches:
            self._check_sample(images, len(images))
            yield images

    def _check_sample(self, images: np.ndarray, count: int) -> None:
        expected = (count, *self.dataset.spec.image_shape)
        if images.shape != expected or images.dtype != np.uint8:
            raise DataError(
                f"The generator must return uint8 {list(expected)} to be compared "
                f"with the real images. Received: {images.dtype} {list(images.shape)}"
            )

    def _distribution_metrics(
        self, real: Outputs, fake: Outputs, labels: np.ndarray | None, seed: int
    ) -> tuple[dict[str, float], dict[str, Any]]:
        kernel = kernel_distance_and_std(real.features, fake.features, seed=seed)
        some_real = _at_most(real.features, _MAX_PRDC_IMAGES, seed)
        some_fake = _at_most(fake.features, _MAX_PRDC_IMAGES, seed)
        metrics = {
            self.headline.name: frechet_distance_from_moments(
                _moments(real.features), _moments(fake.features)
            ),
            self.named("kid", "kernel"): kernel.mean,
            self.named("kid_std", "kernel_std"): kernel.std,
            **prdc(some_real, some_fake, self.config.nearest_k),
        }
        if labels is not None:
            within = intra_class_frechet_distances(
                real.features,
                self.reference_labels,
                fake.features,
                labels,
            )
            if len(within) == self.dataset.spec.num_classes:
                name = self.named("intra_fid", "intra_frechet")
                metrics[name] = float(np.mean(list(within.values())))
        if fake.logits is not None:
            name = self.named("inception_score", "inception_score")
            metrics[name] = inception_score(fake.logits)
        return metrics, {
            "kernel_subsets": kernel.num_subsets,
            "kernel_subset_size": kernel.subset_size,
            "prdc_real": len(some_real),
            "prdc_fake": len(some_fake),
        }

    def _conditional_accuracy(
        self, labels: np.ndarray, seen: np.ndarray, metrics: dict[str, float]
    ) -> dict[str, Any]:
        """Adds the accuracies to `metrics` and returns the rest of the result."""
        num_classes = self.dataset.spec.num_classes
        names = self.dataset.spec.class_names or tuple(map(str, range(num_classes)))
        confusion = confusion_matrix(labels, seen, num_classes)
        meant = best_relabelling(confusion)
        accuracies = class_accuracies(confusion)
        metrics |= {
            "conditional_accuracy": overall_accuracy(confusion),
            "permuted_accuracy": overall_accuracy(confusion, meant),
        }
        return {
            "per_class": dict(zip(names, accuracies.tolist(), strict=True)),
            "confusion": confusion.tolist(),
            "relabelling": {names[a]: names[m] for a, m in enumerate(meant) if a != m},
        }

    def _protocol(self, real: Outputs, fake: Outputs) -> dict[str, Any]:
        config = self.config
        protocol: dict[str, Any] = {
            "extractor": self._chosen,
            "extractor_name": self.extractor.name,
            **self.extractor.describe(),
            "num_features": real.features.shape[1],
            "n_real": len(real.features),
            "n_fake": len(fake.features),
            "reference_split": config.reference_split,
            "nearest_k": config.nearest_k,
        }
        notes = []
        if len(real.features) < config.num_images:
            notes.append(
                f"split {config.reference_split} has {len(real.features)} images, "
                f"fewer than num_images={config.num_images}; all were used"
            )
        if min(len(real.features), len(fake.features)) <= real.features.shape[1]:
            notes.append("fewer images than features: the Frechet distance is biased")
        return protocol | {"notes": notes}


def check_nearest_k(config: EvaluationConfig, count: int, whose: str) -> None:
    """Raises `ConfigError` if so many images are too few for `config.nearest_k`.

    Args:
        config: the protocol.
        count: how many there are.
        whose: what to call them.
    """
    fewest = min(count, config.num_images, _MAX_PRDC_IMAGES)
    if fewest <= config.nearest_k:
        raise ConfigError(
            f"evaluation.nearest_k must be below the {fewest} images that are "
            f"compared {whose}. Received: {config.nearest_k}"
        )


def _moments(features: np.ndarray) -> Moments:
    """Streams, for float64 copies of all features at once would take gigabytes."""
    moments = Moments(features.shape[1])
    for start in range(0, len(features), _MOMENTS_BATCH):
        moments.update(features[start : start + _MOMENTS_BATCH])
    return moments


def _at_most(features: np.ndarray, count: int, seed: int) -> np.ndarray:
    if len(features) <= count:
        return features
    random = np.random.default_rng(seed)
    return features[random.choice(len(features), count, replace=False)]
