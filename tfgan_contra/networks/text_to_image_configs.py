"""What a config says about text-to-image networks; imports no TensorFlow by itself."""

import dataclasses
from typing import Any

from tfgan_contra.config import require, require_choice
from tfgan_contra.networks.configs import NetworkConfig
from tfgan_contra.types import CaptionSpec

INITIALIZERS = ("glorot_normal", "glorot_uniform", "orthogonal")


@dataclasses.dataclass(frozen=True)
class Layout:
    """Channels in units of the width, and where words and regions meet.

    Attributes:
        generator: of the 4x4 map, then of every block; each block doubles the size.
        discriminator: of every block; all but the last one halve the size, to 4x4.
        regions_side: of the map whose places read words in the generator, and of the
            map whose places are compared with words behind the discriminator.
    """

    generator: tuple[int, ...]
    discriminator: tuple[int, ...]
    regions_side: int

    @property
    def global_blocks(self) -> int:
        """How many blocks of the generator come before the words are read."""
        return _doublings(4, self.regions_side)

    def region_block(self, image_size: int) -> int:
        """Returns which block of the discriminator gives the regions, from 1."""
        return _doublings(self.regions_side, image_size)


# Those of 128 and 256 pixels, with a width of 96, are the authors'. At 64 pixels theirs
# go on as BigGAN's do; those of 32 are for experiments on a CPU, with a width of 16.
LAYOUTS = {
    32: Layout((4, 4, 2, 1), (1, 2, 4, 4), 8),
    64: Layout((16, 8, 4, 2, 1), (1, 2, 4, 8, 16), 16),
    128: Layout((16, 16, 8, 4, 2, 1), (1, 2, 4, 8, 16, 16), 16),
    256: Layout((16, 16, 8, 8, 4, 2, 1), (1, 2, 4, 8, 8, 16, 16), 16),
}


@dataclasses.dataclass
class TextToImageNetworkConfig(NetworkConfig):
    """XMC-GAN's networks (`TextToImageGenerator`, `TextToImageDiscriminator`).

    The defaults are those of the authors' release. At 32 pixels widths of 16 and 64
    latents are enough for simple pictures.

    Attributes:
        latent_dim: length of the latents, and of what the generator makes of a
            sentence.
        g_attention_temperature: factor of the cosines between regions and words in the
            generator, the paper's rho 0.
        g_spectral_norm: spectral norm in the generator.
        d_spectral_norm: spectral norm in the discriminator and the method's heads;
            nothing takes its place where it is off.
        initializer: of the kernels: `glorot_normal` (the authors'), `glorot_uniform` or
            `orthogonal`.
    """

    g_width: int = 96
    d_width: int = 96
    latent_dim: int = 128
    g_attention_temperature: float = 15.0
    g_spectral_norm: bool = False
    d_spectral_norm: bool = True
    initializer: str = "glorot_normal"

    def check(self, path: str) -> None:
        """Checks also the latent size, the temperature and the initialiser."""
        super().check(path)
        require(
            self.latent_dim >= 1, f"{path}.latent_dim", self.latent_dim, "1 or more"
        )
        temperature = self.g_attention_temperature
        require(
            temperature > 0, f"{path}.g_attention_temperature", temperature, "above 0"
        )
        require_choice(f"{path}.initializer", self.initializer, INITIALIZERS)

    def check_resolution(self, path: str, image_size: int) -> None:
        """Checks that there is a layout for the resolution."""
        require(
            image_size in LAYOUTS,
            f"the image size for {path}",
            image_size,
            f"one of {', '.join(map(str, LAYOUTS))}",
        )

    def build_generator(self, spec: CaptionSpec) -> Any:
        """Returns a `TextToImageGenerator`."""
        from tfgan_contra.networks.text_to_image import TextToImageGenerator

        return TextToImageGenerator(
            image_size=spec.image_size,
            channels=spec.channels,
            word_dim=spec.word_dim,
            width=self.g_width,
            latent_dim=self.latent_dim,
            attention_temperature=self.g_attention_temperature,
            spectral_norm=self.g_spectral_norm,
            initializer=self.initializer,
            name="generator",
        )

    def build_discriminator(self, spec: CaptionSpec) -> Any:
        """Returns a `TextToImageDiscriminator`."""
        from tfgan_contra.networks.text_to_image import TextToImageDiscriminator

        return TextToImageDiscriminator(
            image_size=spec.image_size,
            channels=spec.channels,
            word_dim=spec.word_dim,
            width=self.d_width,
            spectral_norm=self.d_spectral_norm,
            initializer=self.initializer,
            name="discriminator",
        )


def _doublings(small: int, large: int) -> int:
    return (large // small).bit_length() - 1
