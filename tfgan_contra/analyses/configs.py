"""The options of every analysis; imports no TensorFlow.

`num_images=None` means as many as the evaluation draws (`evaluation.num_images`).
"""

import dataclasses
import importlib
from typing import Any, ClassVar, Optional

from tfgan_contra.config import PartConfig, require, require_choice

STATISTICS = ("moving", "standing", "batch")


@dataclasses.dataclass
class AnalysisConfig(PartConfig):
    """What every analysis has; subclasses name their class, made on `build`.

    Attributes:
        name: of the analysis and of its files.
        needs_classes: whether an unconditional generator leaves nothing to analyse.
        needs_data: whether it looks at real images.
        made_by: module and class of the analysis.
    """

    name: ClassVar[str] = ""
    needs_classes: ClassVar[bool] = False
    needs_data: ClassVar[bool] = True
    made_by: ClassVar[tuple[str, str]] = ("", "")

    def build(self) -> Any:
        """Returns the analysis."""
        module, cls = self.made_by
        found = importlib.import_module(f"tfgan_contra.analyses.{module}")
        return getattr(found, cls)(self)

    def require_at_least(self, path: str, least: int, *names: str) -> None:
        """Checks that counts are `least` or more, or None where that is allowed."""
        for name in names:
            value = getattr(self, name)
            fits = value is None or value >= least
            require(fits, f"{path}.{name}", value, f"{least} or more")


@dataclasses.dataclass
class InceptionScoreConfig(AnalysisConfig):
    """Inception score in one piece and over splits.

    Attributes:
        splits: numbers of parts to score by themselves.
        extractor: as `evaluation.extractor`, a network with logits; None: that one.
        num_images: generated images.
    """

    name: ClassVar[str] = "inception_score"
    made_by: ClassVar[tuple[str, str]] = ("score", "InceptionScore")
    splits: tuple[int, ...] = (1, 10)
    extractor: Optional[str] = None
    num_images: Optional[int] = None

    def check(self, path: str) -> None:
        """Checks the counts."""
        self.require_at_least(path, 2, "num_images")
        for value in self.splits:
            require(value >= 1, f"{path}.splits", value, "1 or more")
        require(bool(self.splits), f"{path}.splits", self.splits, "1 number or more")


@dataclasses.dataclass
class IntraClassConfig(AnalysisConfig):
    """Frechet distance within every class, confusions and permuted classes.

    Attributes:
        num_images: generated images of all classes together.
    """

    name: ClassVar[str] = "intra_class"
    needs_classes: ClassVar[bool] = True
    made_by: ClassVar[tuple[str, str]] = ("intra_class", "IntraClass")
    num_images: Optional[int] = None

    def check(self, path: str) -> None:
        """Checks the count."""
        self.require_at_least(path, 2, "num_images")


@dataclasses.dataclass
class ClassifierAccuracyScoreConfig(AnalysisConfig):
    """Classifiers trained on generated and on real images, tested on the other.

    Attributes:
        num_images: generated images to train on; None: as many as there are real ones,
            50,000 at most.
    """

    name: ClassVar[str] = "classifier_accuracy_score"
    needs_classes: ClassVar[bool] = True
    made_by: ClassVar[tuple[str, str]] = (
        "classifier_accuracy",
        "ClassifierAccuracyScore",
    )
    num_images: Optional[int] = None

    def check(self, path: str) -> None:
        """Checks that there is a batch to train on."""
        self.require_at_least(path, 64, "num_images")


@dataclasses.dataclass
class StatisticsConfig(AnalysisConfig):
    """The metrics under each kind of BatchNorm statistics.

    Attributes:
        statistics: the kinds, of `moving`, `standing` and `batch`.
        num_images: generated images of each.
    """

    name: ClassVar[str] = "statistics"
    made_by: ClassVar[tuple[str, str]] = ("statistics", "Statistics")
    statistics: tuple[str, ...] = STATISTICS
    num_images: Optional[int] = None

    def check(self, path: str) -> None:
        """Checks the kinds and the count."""
        self.require_at_least(path, 2, "num_images")
        for value in self.statistics:
            require_choice(f"{path}.statistics", value, STATISTICS)
        require(
            bool(self.statistics), f"{path}.statistics", self.statistics, "not empty"
        )


@dataclasses.dataclass
class TruncationSweepConfig(AnalysisConfig):
    """The metrics over truncations of the latents.

    Attributes:
        truncations: fractions in (0, 1] of the latents' distribution to keep.
        num_images: generated images of each.
    """

    name: ClassVar[str] = "truncation_sweep"
    made_by: ClassVar[tuple[str, str]] = ("truncation", "TruncationSweep")
    truncations: tuple[float, ...] = (0.2, 0.4, 0.6, 0.8, 1.0)
    num_images: Optional[int] = None

    def check(self, path: str) -> None:
        """Checks the fractions and the count."""
        self.require_at_least(path, 2, "num_images")
        for value in self.truncations:
            require(0 < value <= 1, f"{path}.truncations", value, "in (0, 1]")
        require(
            len(self.truncations) > 1,
            f"{path}.truncations",
            self.truncations,
            "2 numbers or more",
        )


@dataclasses.dataclass
class NearestNeighboursConfig(AnalysisConfig):
    """Generated images beside their nearest training images.

    Attributes:
        k: neighbours to show.
        num_classes: rows of the picture, one class each; None: up to 10.
        num_images: generated images in the comparison of distances.
        max_training_images: how many of the training images to search.
    """

    name: ClassVar[str] = "nearest_neighbours"
    made_by: ClassVar[tuple[str, str]] = ("neighbours", "NearestNeighbours")
    k: int = 7
    num_classes: Optional[int] = None
    num_images: Optional[int] = None
    max_training_images: int = 50_000

    def check(self, path: str) -> None:
        """Checks the counts."""
        self.require_at_least(path, 1, "k", "num_classes")
        self.require_at_least(path, 2, "num_images", "max_training_images")


@dataclasses.dataclass
class InterpolationConfig(AnalysisConfig):
    """Pictures on straight lines between latents, and between classes.

    Attributes:
        num_rows: lines of each kind.
        num_steps: pictures on a line, ends included.
    """

    name: ClassVar[str] = "interpolation"
    needs_data: ClassVar[bool] = False
    made_by: ClassVar[tuple[str, str]] = ("interpolation", "Interpolation")
    num_rows: int = 5
    num_steps: int = 9

    def check(self, path: str) -> None:
        """Checks the counts."""
        self.require_at_least(path, 1, "num_rows")
        self.require_at_least(path, 3, "num_steps")


@dataclasses.dataclass
class FrequencySpectrumConfig(AnalysisConfig):
    """Mean spectra of real and generated images.

    Attributes:
        num_images: generated images.
    """

    name: ClassVar[str] = "frequency_spectrum"
    made_by: ClassVar[tuple[str, str]] = ("spectrum", "FrequencySpectrum")
    num_images: Optional[int] = None

    def check(self, path: str) -> None:
        """Checks the count."""
        self.require_at_least(path, 2, "num_images")


@dataclasses.dataclass
class FeatureEmbeddingConfig(AnalysisConfig):
    """Features of real and generated images in the plane, by t-SNE.

    Attributes:
        num_images: real and generated images each; fewer if there are fewer.
        num_classes: the first classes, in colours; None: up to 10.
        perplexity: of t-SNE, about the number of neighbours that count.
    """

    name: ClassVar[str] = "feature_embedding"
    made_by: ClassVar[tuple[str, str]] = ("embedding", "FeatureEmbedding")
    num_images: int = 500
    num_classes: Optional[int] = None
    perplexity: float = 30.0

    def check(self, path: str) -> None:
        """Checks the counts, and that t-SNE has enough neighbours."""
        self.require_at_least(path, 5, "num_images")
        self.require_at_least(path, 1, "num_classes")
        most = self.num_classes is None or self.num_classes <= 20
        require(most, f"{path}.num_classes", self.num_classes, "20 or fewer colours")
        fits = 1 <= self.perplexity < 2 * self.num_images / 3
        expected = f"1 or more and below {2 * self.num_images / 3:.0f}, 2/3 of the rows"
        require(fits, f"{path}.perplexity", self.perplexity, expected)


@dataclasses.dataclass
class SemanticDirectionsConfig(AnalysisConfig):
    """Pictures moved along the directions the first layer amplifies most (SeFa).

    Attributes:
        num_directions: rows of the picture; fewer where the layer has fewer.
        num_steps: pictures per row, odd, the unmoved one in the middle.
        reach: length of the largest move, in standard deviations of a latent.
    """

    name: ClassVar[str] = "semantic_directions"
    needs_data: ClassVar[bool] = False
    made_by: ClassVar[tuple[str, str]] = ("semantic_directions", "SemanticDirections")
    num_directions: int = 5
    num_steps: int = 9
    reach: float = 4.0

    def check(self, path: str) -> None:
        """Checks the counts and the reach."""
        self.require_at_least(path, 1, "num_directions")
        odd = self.num_steps >= 3 and self.num_steps % 2 == 1
        require(odd, f"{path}.num_steps", self.num_steps, "odd and 3 or more")
        require(self.reach > 0, f"{path}.reach", self.reach, "above 0")


ANALYSES: dict[str, type[AnalysisConfig]] = {
    config.name: config
    for config in (
        InceptionScoreConfig,
        IntraClassConfig,
        ClassifierAccuracyScoreConfig,
        StatisticsConfig,
        TruncationSweepConfig,
        NearestNeighboursConfig,
        InterpolationConfig,
        FrequencySpectrumConfig,
        FeatureEmbeddingConfig,
        SemanticDirectionsConfig,
    )
}
