"""Training runs: the trainer, the run folder, checkpoints, what a run shows."""

from tfgan_contra.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "caption_evaluation": ("CaptionEvaluation",),
        "checkpoints": ("CheckpointStore",),
        "runs": ("LoadedRun", "RunFolder", "load_run"),
        "sampling": (
            "caption_sampler_of_run",
            "make_caption_sampler",
            "make_sampler",
        ),
        "schedules": ("make_optimizers",),
        "text_encoders": ("load_text_encoder",),
        "trainer": ("Trainer",),
        "translation_evaluation": ("TranslationEvaluation",),
    },
)
