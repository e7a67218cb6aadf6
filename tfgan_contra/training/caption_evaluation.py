"""Measures a text-to-image model on captions of pictures that it never trained with."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from tfgan_contra.config import Config, EvaluationConfig
from tfgan_contra.data.caption_configs import RENDERED_SHAPES
from tfgan_contra.data.captioned_pipeline import evaluation_pairs
from tfgan_contra.data.captions import CaptionedDataset, CaptionedImages
from tfgan_contra.errors import ConfigError, DataError
from tfgan_contra.metrics.caching import cache_directory
from tfgan_contra.metrics.caption_alignment import (
    AlignmentScore,
    CaptionAlignment,
    candidates_among,
)
from tfgan_contra.metrics.evaluator import Evaluator, Headline
from tfgan_contra.metrics.text_evaluator import (
    PAIR_ENCODER,
    PairExtractor,
    digest_of,
    evaluator_seed,
    trained_text_evaluator,
)
from tfgan_contra.models.caption_sampler import CaptionSampler, taken
from tfgan_contra.text.base import TextEncoder
from tfgan_contra.text.configs import TrainedTextConfig
from tfgan_contra.types import TextFeatures

CLASSIFIER = "classifier"
# Which captions are drawn must not depend on the seed of a run.
CAPTION_SEED = 0


class _Part(NamedTuple):
    """Captions to draw, what real pictures of them reach, and how many are known."""

    name: str
    captions: list[str]
    text: TextFeatures
    embeddings: np.ndarray
    real: dict[str, AlignmentScore]
    known: float


class CaptionEvaluation:
    """One protocol for the pictures that a run draws from captions.

    One caption of every test image is drawn once (at most `evaluation.num_images`).
    The pictures are compared with the real ones of `evaluation.reference_split` by the
    metrics of `Evaluator`, and with their captions by `CaptionAlignment`: R-precision
    by a pair encoder of another seed, which no training sees, and for rendered shapes
    what they show of what their captions name. The latter also for the captions of
    held-out combinations, where there are any (`_held_out`). The protocol says beside
    each score what chance and what real pictures reach, and how many of the captions
    some training image has too: short captions of test images often do.

    The extractor `pair_encoder` is the image network of that pair encoder. Its sizes
    and schedule are those of the run's text encoder if that is trained in place, the
    defaults if not.

    Attributes:
        evaluator: compares with the real pictures.
    """

    def __init__(
        self,
        config: Config,
        dataset: CaptionedDataset,
        encoder: TextEncoder,
        progress: Callable[[str], None] = print,
    ) -> None:
        """Trains the pair encoder or takes it from the cache; scores real pictures.

        Args:
            config: of the run; its `evaluation` is the protocol.
            dataset: what `config.data` loads.
            encoder: of the run.
            progress: is told one line now and then.

        Raises:
            ConfigError: for an extractor that does not fit captioned images.
            DataError: if there are too few test images, or an extractor cannot be
                downloaded.
        """
        check_extractor(config.evaluation)
        self.config, self._encoder = config.evaluation, encoder
        method: Any = config.method
        chosen = method.text_encoder
        if not isinstance(chosen, TrainedTextConfig):
            chosen = TrainedTextConfig(max_words=chosen.max_words)
        self._pair = trained_text_evaluator(
            dataset,
            chosen,
            cache_directory(self.config.cache_dir),
            seed=evaluator_seed(config.seed),
            progress=progress,
        )
        own = self.config.extractor == PAIR_ENCODER
        self.evaluator = Evaluator(
            _fitting(self.config, dataset),
            dataset.images,
            extractor=PairExtractor(self._pair, self.config.batch_size)
            if own
            else None,
        )
        shapes = config.data.source in RENDERED_SHAPES
        self._alignment = CaptionAlignment(self._pair, shapes=shapes)
        self._known = set(dataset.train.unique_captions)
        splits = {"seen": dataset.test, "held_out": dataset.held_out}
        self._parts = tuple(
            self._part(name, images)
            for name, images in splits.items()
            if images is not None
        )

    @property
    def headline(self) -> Headline:
        """The score that chooses the best checkpoint: the Frechet distance.

        R-precision reaches that of real pictures early and says nothing of how alike
        the pictures of a caption are; the distance goes on telling checkpoints apart,
        by the extractor of one's choice, and captions that are not followed shift it
        too. It also has no upper bound, so that a collapse shows.
        """
        return self.evaluator.headline

    def measure(self, sampler: CaptionSampler, seed: int = 0) -> dict[str, Any]:
        """Draws the captions and measures the pictures.

        Args:
            sampler: draws with the run's encoder.
            seed: decides the latents and random subsets in the metrics.

        Returns:
            As `Evaluator.evaluate`, with `r_precision` and `attribute_...` among the
            metrics.

        Raises:
            DataError: for pictures of another size than the real ones.
        """
        alignment: dict[str, Any] = {"evaluator": self._about_evaluator()}
        result: dict[str, Any] = {}
        for part in self._parts:
            pictures = self._pictures(sampler, part, seed)
            suffix = f"_{part.name}" if result else ""
            if result:
                for _ in pictures:
                    pass  # Shown to the alignment on the way.
            else:
                result = self.evaluator.evaluate_images(pictures, seed=seed)
            scores = self._alignment.scores(part.captions, part.embeddings)
            result["metrics"] |= {f"{n}{suffix}": s.value for n, s in scores.items()}
            alignment[part.name] = _protocol(part, scores)
        result["protocol"] |= {"task": "text_to_image", "alignment": alignment}
        if self.evaluator.config.nearest_k < self.config.nearest_k:
            result["protocol"]["notes"].append(
                f"nearest_k lowered from {self.config.nearest_k} to "
                f"{self.evaluator.config.nearest_k}, for so few images are compared"
            )
        return result

    def _part(self, name: str, images: CaptionedImages) -> _Part:
        """Chooses the captions of a split and scores its real pictures."""
        captions = []
        count = self.config.num_images
        for pictures, texts in evaluation_pairs(images, count, CAPTION_SEED):
            self._alignment.see(pictures)
            captions += texts
        embeddings = self._pair.embed_captions(captions)
        real = self._alignment.scores(captions, embeddings)
        text = self._encoder.encode(captions)
        known = np.mean([caption in self._known for caption in captions])
        return _Part(name, captions, text, embeddings, real, float(known))

    def _pictures(
        self, sampler: CaptionSampler, part: _Part, seed: int
    ) -> Iterator[np.ndarray]:
        """Yields the pictures of a part's captions, and shows them to its alignment."""
        count, size = len(part.text.lengths), self.config.batch_size
        # The same latents for every part: what differs are the captions.
        seeds = np.random.default_rng(seed).integers(0, 2**63 - 1, count)
        for start in range(0, count, size):
            rows = np.arange(start, min(start + size, count))
            pictures = sampler.of_features(taken(part.text, rows), seeds[rows])
            yield pictures
            self._alignment.see(pictures)

    def _about_evaluator(self) -> dict[str, Any]:
        config = self._pair.config
        return {
            "name": PAIR_ENCODER,
            "seed": self._pair.seed,
            "num_steps": config.num_steps,
            "dim": config.dim,
            "digest": digest_of(self._pair),
        }


class CaptionScores:
    """What `monitoring.Evaluate` asks while a text-to-image model trains."""

    def __init__(self, sampler: CaptionSampler, evaluation: CaptionEvaluation) -> None:
        """Measures `sampler` by the protocol of `evaluation`."""
        self._sampler, self._evaluation = sampler, evaluation

    @property
    def headline(self) -> Headline:
        """The score that chooses the best checkpoint."""
        return self._evaluation.headline

    def measure(self, seed: int) -> dict[str, Any]:
        """Measures the newest weights; see `CaptionEvaluation.measure`."""
        self._sampler.update()
        result = self._evaluation.measure(self._sampler, seed)
        result["protocol"] |= self._sampler.protocol
        return result


def check_extractor(config: EvaluationConfig) -> None:
    """Checks that an extractor does without classes.

    Raises:
        ConfigError: for `classifier`.
    """
    if config.extractor == CLASSIFIER:
        raise ConfigError(
            f"evaluation.extractor={CLASSIFIER} needs classes, which captioned images "
            f"have not; choose {PAIR_ENCODER}, fid_inception, keras_inception or "
            "model:<path>"
        )


def _fitting(config: EvaluationConfig, dataset: CaptionedDataset) -> EvaluationConfig:
    """Returns the protocol with the neighbours that there are images for."""
    references = len(getattr(dataset, config.reference_split))
    fewest = min(config.num_images, references, len(dataset.test))
    if fewest < 2:
        raise DataError(
            "text-to-image models are measured on 2 or more captions and images. "
            f"Received: {len(dataset.test)} test images, {references} to compare with"
        )
    return dataclasses.replace(config, nearest_k=min(config.nearest_k, fewest - 1))


def _protocol(part: _Part, scores: dict[str, AlignmentScore]) -> dict[str, Any]:
    """Returns what to know of the scores of a part."""
    about: dict[str, Any] = {
        "n": len(part.captions),
        "captions": "one of each image, each once",
        "candidates": candidates_among(part.captions),
        "share_that_training_images_have": part.known,
    }
    for name, score in scores.items():
        about[name] = {"chance": score.chance, "real": part.real[name].value}
        if score.share is not None:
            about[name]["share"] = score.share
    return about
