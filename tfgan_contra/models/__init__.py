"""The variants: one file per paper, each with its training step."""

from tfgan_contra.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "base": ("ContrastiveGAN",),
        "configs": ("ContraGANConfig", "MethodConfig", "ProjGANConfig"),
        "contragan": ("ContraGAN",),
        "projgan": ("ProjGAN",),
    },
)
