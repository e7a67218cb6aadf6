"""Regularisers: objects that any variant can be given."""

from tfgan_contra.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "configs": ("ConsistencyConfig",),
        "consistency": ("ConsistencyRegularization",),
    },
)
