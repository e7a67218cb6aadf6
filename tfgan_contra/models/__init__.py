"""The variants: one file per paper, each with its training step."""

from tfgan_contra.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "base": ("ContrastiveGAN",),
        "acgan": ("ACGAN",),
        "configs": (
            "ACGANConfig",
            "ContraGANConfig",
            "MethodConfig",
            "ProjGANConfig",
            "ReACGANConfig",
            "UnconditionalGANConfig",
        ),
        "contragan": ("ContraGAN",),
        "projgan": ("ProjGAN",),
        "reacgan": ("ReACGAN",),
        "unconditional_gan": ("UnconditionalGAN",),
    },
)
