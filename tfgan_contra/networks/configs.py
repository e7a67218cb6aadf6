"""What a config says about networks; building them is the only use of TensorFlow."""

import dataclasses
from typing import Any

from tfgan_contra.config import ConfigNode, require
from tfgan_contra.types import DataSpec

# Channels in units of the width: the 4x4 map, then the output of every block.
GENERATOR_CHANNELS = {
    32: (4, 4, 4, 4),
    64: (16, 8, 4, 2, 1),
    128: (16, 16, 8, 4, 2, 1),
    256: (16, 16, 8, 8, 4, 2, 1),
}
# The output of every block; the blocks that keep the resolution are the last two at 32
# pixels and the last one elsewhere.
DISCRIMINATOR_CHANNELS = {
    32: (2, 2, 2, 2),
    64: (1, 2, 4, 8, 16),
    128: (1, 2, 4, 8, 16, 16),
    256: (1, 2, 4, 8, 8, 16, 16),
}
# The one resolution that SNDCGAN is defined at.
DCGAN_IMAGE_SIZE = 32


@dataclasses.dataclass
class NetworkConfig(ConfigNode):
    """A pair of networks.

    Attributes:
        g_width: base width of the generator (the papers' `g_conv_dim`, `ngf`).
        d_width: base width of the discriminator.
    """

    g_width: int = 64
    d_width: int = 64

    def check(self, path: str) -> None:
        """Checks that the widths are positive."""
        for name in ("g_width", "d_width"):
            value = getattr(self, name)
            require(value >= 1, f"{path}.{name}", value, "1 or more")

    def check_resolution(self, path: str, image_size: int) -> None:
        """Checks that the architecture exists at a resolution."""

    def build_generator(self, spec: Any) -> Any:
        """Returns a new generator for these data."""
        raise NotImplementedError(f"{type(self).__name__} names no architecture")

    def build_discriminator(self, spec: Any) -> Any:
        """Returns a new discriminator for these data."""
        raise NotImplementedError(f"{type(self).__name__} names no architecture")


@dataclasses.dataclass
class ImageNetworkConfig(NetworkConfig):
    """Networks that make images from latents.

    Attributes:
        latent_dim: length of the latents.
        g_spectral_norm: spectral norm in the generator.
        d_spectral_norm: spectral norm in the discriminator and the method's heads;
            without it, batch norm in the discriminator.
        g_attention_after: blocks of the generator followed by self-attention, from 1.
        d_attention_after: blocks of the discriminator followed by self-attention.
    """

    latent_dim: int = 128
    g_spectral_norm: bool = False
    d_spectral_norm: bool = True
    g_attention_after: tuple[int, ...] = ()
    d_attention_after: tuple[int, ...] = ()

    def check(self, path: str) -> None:
        """Checks also that the latent size is positive."""
        super().check(path)
        require(
            self.latent_dim >= 1, f"{path}.latent_dim", self.latent_dim, "1 or more"
        )

    def check_resolution(self, path: str, image_size: int) -> None:
        """Checks that the architecture exists at a resolution."""
        require(
            image_size in GENERATOR_CHANNELS,
            f"the image size for {path}",
            image_size,
            f"one of {', '.join(map(str, GENERATOR_CHANNELS))}",
        )
        for name, tables in (
            ("g_attention_after", GENERATOR_CHANNELS[image_size][1:]),
            ("d_attention_after", DISCRIMINATOR_CHANNELS[image_size]),
        ):
            width = getattr(self, f"{name[0]}_width")
            for block in getattr(self, name):
                fits = 1 <= block <= len(tables) and tables[block - 1] * width >= 8
                require(
                    fits,
                    f"{path}.{name}",
                    block,
                    f"a block from 1 to {len(tables)} of at least 8 channels",
                )

    def generator_arguments(self, spec: DataSpec) -> dict[str, Any]:
        """Returns what every generator takes."""
        return {
            "image_size": spec.image_size,
            "channels": spec.channels,
            "num_classes": spec.num_classes,
            "width": self.g_width,
            "latent_dim": self.latent_dim,
            "spectral_norm": self.g_spectral_norm,
            "attention_after": tuple(self.g_attention_after),
            "name": "generator",
        }

    def discriminator_arguments(self, spec: DataSpec) -> dict[str, Any]:
        """Returns what every discriminator takes."""
        return {
            "image_size": spec.image_size,
            "channels": spec.channels,
            "width": self.d_width,
            "spectral_norm": self.d_spectral_norm,
            "attention_after": tuple(self.d_attention_after),
            "name": "discriminator",
        }


@dataclasses.dataclass
class DCGANConfig(ImageNetworkConfig):
    """SNDCGAN (`DCGANGenerator`, `DCGANDiscriminator`); 32 pixels, no attention."""

    def check_resolution(self, path: str, image_size: int) -> None:
        """Checks that the images have 32 pixels and that attention is off."""
        require(
            image_size == DCGAN_IMAGE_SIZE,
            f"the image size for {path}",
            image_size,
            f"{DCGAN_IMAGE_SIZE}, the only one of DCGANConfig (others: ResNetConfig)",
        )
        for name in ("g_attention_after", "d_attention_after"):
            blocks = getattr(self, name)
            require(
                not blocks,
                f"{path}.{name}",
                blocks,
                "empty: SNDCGAN has no residual blocks that attention could follow",
            )

    def build_generator(self, spec: DataSpec) -> Any:
        """Returns a `DCGANGenerator`."""
        from tfgan_contra.networks.dcgan import DCGANGenerator

        return DCGANGenerator(**self.generator_arguments(spec))

    def build_discriminator(self, spec: DataSpec) -> Any:
        """Returns a `DCGANDiscriminator`."""
        from tfgan_contra.networks.dcgan import DCGANDiscriminator

        return DCGANDiscriminator(**self.discriminator_arguments(spec))


@dataclasses.dataclass
class ResNetConfig(ImageNetworkConfig):
    """SNResGAN (`ResNetGenerator`, `ResNetDiscriminator`)."""

    def build_generator(self, spec: DataSpec) -> Any:
        """Returns a `ResNetGenerator`."""
        from tfgan_contra.networks.resnet import ResNetGenerator

        return ResNetGenerator(**self.generator_arguments(spec))

    def build_discriminator(self, spec: DataSpec) -> Any:
        """Returns a `ResNetDiscriminator`."""
        from tfgan_contra.networks.resnet import ResNetDiscriminator

        return ResNetDiscriminator(**self.discriminator_arguments(spec))


@dataclasses.dataclass
class BigResNetConfig(ImageNetworkConfig):
    """BigGAN (`BigResNetGenerator`, `BigResNetDiscriminator`).

    Attributes:
        shared_dim: length of the class embedding shared by the generator's blocks.
    """

    g_width: int = 96
    d_width: int = 96
    latent_dim: int = 80
    g_spectral_norm: bool = True
    g_attention_after: tuple[int, ...] = (2,)
    d_attention_after: tuple[int, ...] = (1,)
    shared_dim: int = 128

    def check_resolution(self, path: str, image_size: int) -> None:
        """Checks also that the latents divide into chunks."""
        super().check_resolution(path, image_size)
        chunks = len(GENERATOR_CHANNELS[image_size])
        require(
            self.latent_dim % chunks == 0,
            f"{path}.latent_dim",
            self.latent_dim,
            f"a multiple of {chunks}, a chunk for the first layer and for each block",
        )

    def build_generator(self, spec: DataSpec) -> Any:
        """Returns a `BigResNetGenerator`."""
        from tfgan_contra.networks.big_resnet import BigResNetGenerator

        arguments = self.generator_arguments(spec) | {"shared_dim": self.shared_dim}
        return BigResNetGenerator(**arguments)

    def build_discriminator(self, spec: DataSpec) -> Any:
        """Returns a `BigResNetDiscriminator`."""
        from tfgan_contra.networks.big_resnet import BigResNetDiscriminator

        return BigResNetDiscriminator(**self.discriminator_arguments(spec))
