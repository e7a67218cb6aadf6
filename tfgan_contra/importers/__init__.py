"""Authors' parameter names and layouts, mapped to ours."""

from tfgan_contra.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__, {"studiogan": ("assign_discriminator", "assign_generator")}
)
