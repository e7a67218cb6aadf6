"""Generators and discriminators: architectures that know nothing of methods."""

from tfgan_contra.lazy import lazy_names

__getattr__, __dir__, __all__ = lazy_names(
    __name__,
    {
        "big_resnet": ("BigResNetDiscriminator", "BigResNetGenerator"),
        "configs": ("BigResNetConfig", "DCGANConfig", "NetworkConfig", "ResNetConfig"),
        "dcgan": ("DCGANDiscriminator", "DCGANGenerator"),
        "patch_discriminator": ("PatchDiscriminator",),
        "resnet": ("ResNetDiscriminator", "ResNetGenerator"),
        "sincut": ("SinCUTDiscriminator", "SinCUTGenerator"),
        "translation": ("TranslationGenerator",),
    },
)
