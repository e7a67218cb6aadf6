"""Evaluation in depth: small analyses of a trained generator, each a JSON and a PNG.

None of them runs in training; `bin/evaluate.py --analyses=...` and the config's
`evaluation.analyses` ask for them. Their options lie in `configs`, which imports no
TensorFlow.
"""

from tfgan_contra.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "base": ("Analysis", "Findings"),
        "classifier_accuracy": ("ClassifierAccuracyScore",),
        "configs": (
            "ANALYSES",
            "AnalysisConfig",
            "ClassifierAccuracyScoreConfig",
            "FeatureEmbeddingConfig",
            "FrequencySpectrumConfig",
            "InceptionScoreConfig",
            "InterpolationConfig",
            "IntraClassConfig",
            "NearestNeighboursConfig",
            "SemanticDirectionsConfig",
            "StatisticsConfig",
            "TruncationSweepConfig",
        ),
        "embedding": ("FeatureEmbedding",),
        "interpolation": ("Interpolation",),
        "intra_class": ("IntraClass",),
        "neighbours": ("NearestNeighbours",),
        "planning": ("NotApplicable", "Plan", "check_options_fit", "plan_analyses"),
        "running": (
            "evaluate_scores",
            "make_subject",
            "ready_analyses",
            "run_analyses",
        ),
        "score": ("InceptionScore",),
        "semantic_directions": ("SemanticDirections",),
        "spectrum": ("FrequencySpectrum",),
        "subject": ("Subject",),
        "statistics": ("Statistics",),
        "truncation": ("TruncationSweep",),
    },
)
