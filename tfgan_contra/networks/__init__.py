"""Generators and discriminators: architectures that know nothing of methods."""

from tfgan_contra.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "big_resnet": ("BigResNetDiscriminator", "BigResNetGenerator"),
        "configs": (
            "BigResNetConfig",
            "DCGANConfig",
            "ImageNetworkConfig",
            "NetworkConfig",
            "ResNetConfig",
        ),
        "dcgan": ("DCGANDiscriminator", "DCGANGenerator"),
        "patch_discriminator": ("PatchDiscriminator",),
        "resnet": ("ResNetDiscriminator", "ResNetGenerator"),
        "sincut": ("SinCUTDiscriminator", "SinCUTGenerator"),
        "sngan": ("SNGANDiscriminator", "SNGANGenerator"),
        "sngan_configs": ("SNGANConfig",),
        "text_to_image": ("TextToImageDiscriminator", "TextToImageGenerator"),
        "text_to_image_configs": ("TextToImageNetworkConfig",),
        "translation": ("TranslationGenerator",),
        "translation_configs": ("SinCUTNetworkConfig", "TranslationNetworkConfig"),
        "translation_sizes": ("translate_any_size",),
    },
)
