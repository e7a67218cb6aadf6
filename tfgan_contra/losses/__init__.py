"""Losses: pure functions on tensors, compiled with XLA, float32 inside."""

from tfgan_contra.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "adversarial": (
            "ADVERSARIAL_LOSSES",
            "AdversarialLoss",
            "hinge_discriminator_loss",
            "hinge_generator_loss",
            "least_squares_discriminator_loss",
            "least_squares_generator_loss",
            "logistic_discriminator_loss",
            "logistic_generator_loss",
            "wasserstein_discriminator_loss",
            "wasserstein_generator_loss",
        ),
        "conditional_contrastive": ("conditional_contrastive_loss",),
    },
)
