"""Training runs: the trainer, the run folder, checkpoints, what a run shows."""

from tfgan_contra.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "checkpoints": ("CheckpointStore",),
        "runs": ("LoadedRun", "RunFolder", "load_run"),
        "sampling": ("make_sampler",),
        "schedules": ("make_optimizers",),
        "trainer": ("Trainer",),
        "translation_evaluation": ("TranslationEvaluation",),
    },
)
