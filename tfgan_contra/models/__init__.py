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
        "dual_contrastive_gan": ("DualContrastiveGAN",),
        "infomax_gan": ("InfoMaxGAN",),
        "model": ("AdversarialModel",),
        "projgan": ("ProjGAN",),
        "reacgan": ("ReACGAN",),
        "self_supervised_configs": (
            "DualContrastiveGANConfig",
            "InfoMaxGANConfig",
            "SSGANConfig",
        ),
        "ssgan": ("SSGAN",),
        "text_to_image_configs": ("XMCGANConfig",),
        "translation_configs": ("CUTConfig", "FastCUTConfig", "SinCUTConfig"),
        "unconditional_gan": ("UnconditionalGAN",),
        "xmc_gan": ("XMCGAN",),
    },
)
