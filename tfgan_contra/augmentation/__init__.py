"""Augmentations that both networks train through."""

from tfgan_contra.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "adaptive": ("AdaptiveAugment",),
        "base": ("Augmentation",),
        "configs": ("AdaptiveAugmentConfig", "DiffAugmentConfig"),
        "diff_augment": ("DiffAugment",),
    },
)
