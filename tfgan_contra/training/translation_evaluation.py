"""Measures translations of domain A's test pictures against pictures of domain B."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, Optional, Protocol

import numpy as np

from tfgan_contra.config import Config, EvaluationConfig
from tfgan_contra.data.digit_styles import style_fit
from tfgan_contra.data.image_views import (
    converted_images,
    datasets_as_classes,
    with_channels,
)
from tfgan_contra.data.measured_domains import measured_domains
from tfgan_contra.data.pipeline import evaluation_indices
from tfgan_contra.data.unpaired import UnpairedDataset
from tfgan_contra.errors import ConfigError
from tfgan_contra.metrics.caching import cache_directory
from tfgan_contra.metrics.domain_classifier import (
    DomainClassifier,
    trained_domain_classifier,
)
from tfgan_contra.metrics.evaluator import Evaluator, Headline

# uint8 `[n, H, W, channels_in]` to `[n, H, W, channels_out]`.
Translate = Callable[[np.ndarray], np.ndarray]
# From inputs and translations to named values, one per image.
PerImage = Callable[[np.ndarray, np.ndarray], dict[str, np.ndarray]]

CLASSIFIER = "classifier"
DIGIT_STYLES = "bundled:digit_styles"
# What extractors and the measures of style take: no alpha.
MOST_CHANNELS = 3
MOST_REFERENCES = 10_000
# Which inputs are chosen must not depend on the seed of a run.
INPUT_SEED = 0
# Pixels translated at once: activations take some hundred times their memory.
PIXELS_AT_ONCE = 2**18


class UpdatableTranslator(Protocol):
    """Translates with the newest weights after `update`, as `Translator` does."""

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Translates; see `Translate`."""

    def update(self) -> None:
        """Takes over the model's weights."""


class TranslationEvaluation:
    """One protocol for the translations of a run.

    Every test picture of A is translated once (at most `evaluation.num_images` of
    them) and compared with all pictures of B in `evaluation.reference_split` (at most
    `MOST_REFERENCES`), by the metrics of `Evaluator`. The extractor `classifier` is one
    of B's classes where the labels are known: the conditional accuracy is then the
    share of translations that still show the class of their input. Where they are not,
    it tells A from B, and `taken_for_target` is the share of translations that it
    takes for B. Where fewer pictures are compared than `evaluation.nearest_k` needs, it
    is lowered to what there is, and the protocol's notes say so.

    Attributes:
        evaluator: compares with the pictures of B.
    """

    def __init__(self, config: Config, dataset: UnpairedDataset) -> None:
        """Prepares the pictures and the extractor, which may take a minute.

        Args:
            config: of the run; its `evaluation` is the protocol.
            dataset: what `config.data` loads.

        Raises:
            ConfigError: for an unknown extractor, or a single picture to compare.
            DataError: if an extractor cannot be downloaded, or a picture not be read.
        """
        data: Any = config.data
        self.config = config.evaluation
        domains = measured_domains(dataset, data)
        self._inputs = domains.inputs.test
        self._channels = min(dataset.spec.channels_out, MOST_CHANNELS)
        targets = with_channels(domains.targets, self._channels)
        # Pictures of B cost little beside translations: all of them, as published
        # scores have it.
        references = len(getattr(targets, self.config.reference_split))
        references = min(references, MOST_REFERENCES)
        nearest_k = fitting_nearest_k(self.config, len(self._inputs), references)
        self._indices = evaluation_indices(
            self._inputs, self.config.num_images, INPUT_SEED
        )
        labelled = targets.spec.num_classes > 0
        self._labels = self._inputs.labels[self._indices] if labelled else None
        extractor = None
        if self.config.extractor == CLASSIFIER and not labelled:
            names = dataset.spec.domain_names
            extractor = trained_domain_classifier(
                datasets_as_classes((domains.inputs, targets), names),
                cache_directory(self.config.cache_dir),
                self.config.batch_size,
            )
        styled = data.source == DIGIT_STYLES and self._channels == MOST_CHANNELS
        self._measures = tuple(_measures(extractor, styled))
        protocol = dataclasses.replace(
            self.config, num_images=references, nearest_k=nearest_k
        )
        self.evaluator = Evaluator(protocol, targets, extractor=extractor)
        self._protocol = {
            "task": "translation",
            "domains": list(dataset.spec.domain_names),
            "inputs": "test pictures of the first domain, each once",
            "preparation": domains.preparation,
            "channels": self._channels,
        }

    @property
    def headline(self) -> Headline:
        """The score that chooses the best checkpoint: the Frechet distance."""
        return self.evaluator.headline

    def measure(self, translate: Translate, seed: int = 0) -> dict[str, Any]:
        """Translates and measures.

        Args:
            translate: maps uint8 `[n, H, W, channels_in]` to
                `[n, H, W, channels_out]`.
            seed: decides random subsets in the metrics.

        Returns:
            As `Evaluator.evaluate`, with the means of what is measured picture by
            picture among the metrics.

        Raises:
            DataError: for translations of another size, or a picture that cannot be
                read.
        """
        seen: dict[str, list[np.ndarray]] = {}
        result = self.evaluator.evaluate_images(
            self._translations(translate, seen), labels=self._labels, seed=seed
        )
        for name, values in seen.items():
            result["metrics"][name] = float(np.mean(np.concatenate(values)))
        result["protocol"] |= self._protocol
        nearest_k = self.evaluator.config.nearest_k
        if nearest_k < self.config.nearest_k:
            result["protocol"]["notes"].append(
                f"nearest_k lowered from {self.config.nearest_k} to {nearest_k}, for "
                f"only {nearest_k + 1} images of a domain are compared"
            )
        return result

    def _translations(
        self, translate: Translate, seen: dict[str, list[np.ndarray]]
    ) -> Iterator[np.ndarray]:
        """Yields translations; collects in `seen` what is measured of each picture."""
        size = self.config.batch_size
        for start in range(0, len(self._indices), size):
            inputs = self._inputs.load(self._indices[start : start + size])
            made = converted_images(in_parts(translate, inputs), self._channels)
            yield made
            # The evaluator has checked them by now.
            for measure in self._measures:
                for name, values in measure(inputs, made).items():
                    seen.setdefault(name, []).append(values)


class TranslatorScores:
    """What `monitoring.Evaluate` asks while a translator trains."""

    def __init__(
        self, translator: UpdatableTranslator, evaluation: TranslationEvaluation
    ) -> None:
        """Measures `translator` by the protocol of `evaluation`."""
        self._translator, self._evaluation = translator, evaluation

    @property
    def headline(self) -> Headline:
        """The score that chooses the best checkpoint."""
        return self._evaluation.headline

    def measure(self, seed: int) -> dict[str, Any]:
        """Measures the newest weights; see `TranslationEvaluation.measure`."""
        self._translator.update()
        return self._evaluation.measure(self._translator, seed)


def fitting_nearest_k(config: EvaluationConfig, inputs: int, references: int) -> int:
    """Returns `nearest_k`, lowered to what the smaller side has neighbours for.

    Args:
        config: the protocol.
        inputs: how many pictures of A there are to translate.
        references: how many pictures of B they are compared with.

    Raises:
        ConfigError: if a side has a single picture, which has no neighbour.
    """
    if config.num_images < 2:
        raise ConfigError(
            "evaluation.num_images must be 2 or more, for a single picture has no "
            f"neighbour. Received: {config.num_images}"
        )
    if inputs < 2:
        raise ConfigError(
            f"domain A has {inputs} test picture, and translators are measured on 2 or "
            "more; add pictures, or train on one picture per domain with "
            "--config.data.source=single:<imageA>,<imageB>"
        )
    if references < 2:
        split = config.reference_split
        other = "train" if split == "test" else "test"
        raise ConfigError(
            f"split {split} of domain B has {references} picture, and translators are "
            "measured against 2 or more; add pictures, or use "
            f"--config.evaluation.reference_split={other}"
        )
    return min(config.nearest_k, inputs - 1, references - 1, config.num_images - 1)


def _measures(extractor: Optional[DomainClassifier], styled: bool) -> list[PerImage]:
    """Returns what is measured picture by picture."""
    measures: list[PerImage] = []
    if extractor is not None:
        taken = extractor.taken_for_target
        measures.append(lambda _, made: {"taken_for_target": taken(made)})
    if styled:
        measures.append(style_errors)
    return measures


def in_parts(translate: Translate, images: np.ndarray) -> np.ndarray:
    """Translates images of one size, few at a time, so that memory stays small."""
    height, width = images.shape[1:3]
    count = max(1, PIXELS_AT_ONCE // (height * width))
    starts = range(0, len(images), count)
    return np.concatenate([translate(images[s : s + count]) for s in starts])


def style_errors(inputs: np.ndarray, made: np.ndarray) -> dict[str, np.ndarray]:
    """Returns how translated digits meet the painted style and keep their strokes.

    Args:
        inputs: uint8 `[n, H, W, C]`, white on black.
        made: uint8 `[n, H, W, 3]`, their translations.

    Returns:
        `style_color_error` and `style_shadow_error` (see `StyleFit`) and
        `style_stroke_error`, the mean absolute difference between the ink of the
        translation and the strokes of the input; `[n]` each, in [0, 1].
    """
    fit = style_fit(made)
    strokes = converted_images(inputs, 1)[..., 0] / 255
    return {
        "style_color_error": fit.color_error,
        "style_shadow_error": fit.shadow_error,
        "style_stroke_error": np.abs(fit.strokes - strokes).mean(axis=(1, 2)),
    }
