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
            "ImageMethodConfig",
            "MethodConfig",
            "ProjGANConfig",
            "ReACGANConfig",
            "UnconditionalGANConfig",
        ),
        "contragan": ("ContraGAN",),
        "cut": ("CUT", "FastCUT", "SinCUT"),
        "model": ("AdversarialModel",),
        "projgan": ("ProjGAN",),
        "reacgan": ("ReACGAN",),
        "translation_configs": ("CUTConfig", "FastCUTConfig", "SinCUTConfig"),
        "unconditional_gan": ("UnconditionalGAN",),
    },
)
