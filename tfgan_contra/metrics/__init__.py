"""Metrics: how close generated images come to real ones, with the protocol beside it.

The functions on features need NumPy alone; `Evaluator` and the extractors import
TensorFlow on first use.
"""

from tfgan_contra.lazy import lazy_names
from tfgan_contra.metrics.frechet import (
    Moments,
    frechet_distance,
    frechet_distance_from_moments,
    intra_class_frechet_distances,
)

# Three functions share their module's name: bound here, or the first import of the
# module would put the module in the function's place.
from tfgan_contra.metrics.inception_score import inception_score, inception_score_std
from tfgan_contra.metrics.kernel import (
    KernelDistance,
    kernel_distance,
    kernel_distance_and_std,
)
from tfgan_contra.metrics.modes import Modes, mode_coverage
from tfgan_contra.metrics.prdc import prdc
from tfgan_contra.metrics.r_precision import RPrecision, r_precision

__all__ = [
    "KernelDistance",
    "Modes",
    "Moments",
    "RPrecision",
    "frechet_distance",
    "frechet_distance_from_moments",
    "inception_score",
    "inception_score_std",
    "intra_class_frechet_distances",
    "kernel_distance",
    "kernel_distance_and_std",
    "mode_coverage",
    "prdc",
    "r_precision",
]
__getattr__, _, _lazy = lazy_names(
    __name__,
    {
        "classifier": ("ClassifierExtractor", "trained_classifier"),
        "domain_classifier": ("DomainClassifier", "trained_domain_classifier"),
        "evaluator": ("Evaluator", "Headline"),
        "features": (
            "BatchedExtractor",
            "FeatureExtractor",
            "Outputs",
            "make_extractor",
            "parse_extractor",
        ),
        "image_preparation": ("quantize", "resize"),
        "inception": ("FidInception", "KerasInception"),
        "model_features": ("ModelExtractor",),
    },
)
__all__ += _lazy


def __dir__() -> list[str]:
    return sorted(__all__)
