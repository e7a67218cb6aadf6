"""Inception score of the generated images, whole and over splits, with its judge."""

import dataclasses
from typing import Any, Optional

import numpy as np

from tfgan_contra.analyses import plots
from tfgan_contra.analyses.base import Analysis, Findings
from tfgan_contra.analyses.planning import NotApplicable
from tfgan_contra.analyses.subject import Subject
from tfgan_contra.errors import ConfigError
from tfgan_contra.metrics.evaluator import Evaluator
from tfgan_contra.metrics.features import FeatureExtractor, make_extractor
from tfgan_contra.metrics.inception_score import inception_score, inception_score_std


class InceptionScore(Analysis):
    """Inception score: exp of the mean KL from p(class | image) to p(class).

    1 where all images look alike to the classifier, up to its number of classes. Only
    under the FID Inception graph is it the papers' number; under any other classifier
    it is named after that one. Over several splits the mean and the standard deviation
    (n - 1) are given; the papers use 10, the ContraGAN authors' code 1, whose standard
    deviation comes out as not-a-number there and is left out here.

    Source: Salimans et al., NeurIPS 2016 (arXiv 1606.03498).
    """

    _other: Optional[FeatureExtractor] = None

    def check(self, subject: Subject) -> None:
        """Also checks that the extractor classifies, on one image."""
        super().check(subject)
        evaluator = self._evaluator(subject)
        some = evaluator.dataset.test.load(np.arange(1))
        if evaluator.extractor.extract(some).logits is None:
            raise NotApplicable(
                f"{self.name}: extractor {evaluator.extractor.name} has no logits; "
                "--option=inception_score.extractor=fid_inception has"
            )
        most = max(self.config.splits)
        if most > evaluator.config.num_images:
            raise ConfigError(
                f"{self.name}.splits must be at most {evaluator.config.num_images}, "
                f"the number of images. Received: {most}"
            )

    def measure(self, subject: Subject) -> Findings:
        """Scores the generated images for every number of splits."""
        evaluator = self._evaluator(subject)
        sampler = subject.sampler()
        _, fake = evaluator.fake_outputs(sampler, subject.seed, subject.conditional)
        logits = np.asarray(fake.logits)
        name = evaluator.named("inception_score", "inception_score")
        results: dict[str, Any] = {}
        for splits in self.config.splits:
            results[f"{name}_splits_{splits}"] = inception_score(logits, splits)
            if splits > 1:
                spread = inception_score_std(logits, splits)
                results[f"{name}_splits_{splits}_std"] = spread
        results["marginal"] = _probabilities(logits).mean(axis=0).tolist()
        extractor = evaluator.extractor
        protocol = subject.protocol(sampler) | {
            "extractor": extractor.name,
            **extractor.describe(),
            "n_fake": len(logits),
            "classes_of_classifier": logits.shape[1],
        }
        return Findings(results, protocol, _figure(results, name, logits))

    def _evaluator(self, subject: Subject) -> Evaluator:
        evaluator = subject.evaluator_with(num_images=self.config.num_images)
        asked = self.config.extractor
        if asked in (None, evaluator.config.extractor):
            return evaluator
        config = dataclasses.replace(evaluator.config, extractor=asked)
        if self._other is None:
            self._other = make_extractor(config, evaluator.dataset)
        return Evaluator(config, evaluator.dataset, extractor=self._other)


def _probabilities(logits: np.ndarray) -> np.ndarray:
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
    return exponents / exponents.sum(axis=1, keepdims=True)


def _figure(results: dict[str, Any], name: str, logits: np.ndarray) -> Any:
    scores = {
        key.removeprefix(f"{name}_"): value
        for key, value in results.items()
        if key.startswith(name)
    }
    shown = ", ".join(f"{key} {value:.3f}" for key, value in scores.items())
    figure = plots.new_figure(8, 4, f"{name}: {shown}")
    marginal, certainty = figure.subplots(1, 2)
    marginal.plot(np.sort(results["marginal"])[::-1], "o-", color=plots.FAKE_COLOUR)
    marginal.set(
        title="p(class) over all generated images",
        xlabel="classes of the classifier, commonest first",
        ylabel="probability",
        ylim=(0, None),
    )
    certainty.hist(
        _probabilities(logits).max(axis=1), 30, (0, 1), color=plots.FAKE_COLOUR
    )
    certainty.set(
        title="certainty about each image",
        xlabel="largest p(class | image)",
        ylabel="generated images",
    )
    return figure
