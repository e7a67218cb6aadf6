"""What a config says about translation networks; imports no TensorFlow by itself."""

import dataclasses
from typing import Any

from tfgan_contra.config import require, require_choice
from tfgan_contra.networks.configs import NetworkConfig
from tfgan_contra.networks.translation_layout import (
    patch_layout,
    smallest_side,
    translation_layout,
)
from tfgan_contra.types import TranslationSpec

DISCRIMINATORS = ("basic", "n_layers", "pixel")
# The resolutions that StyleGAN2's table of channels knows.
SINCUT_IMAGE_SIZES = (8, 16, 32, 64, 128, 256, 512, 1024)


@dataclasses.dataclass
class TranslationNetworkConfig(NetworkConfig):
    """CUT's networks (`TranslationGenerator`, `PatchDiscriminator`).

    Attributes:
        num_blocks: residual blocks of the generator: the authors' 9, or 6.
        antialias_down: whether the generator halves sizes behind a blur, else by
            strided convolutions (the authors' `no_antialias`).
        antialias_up: whether it doubles sizes by a blur, else by transposed
            convolutions (the authors' `no_antialias_up`).
        discriminator: `basic`: three halvings; `n_layers`: `d_halvings` of them;
            `pixel`: a logit per pixel.
        d_halvings: of the `n_layers` discriminator.
        d_antialias: whether the discriminator halves sizes behind a blur.
        init_gain: of the Xavier initialisation of all networks.
    """

    num_blocks: int = 9
    antialias_down: bool = True
    antialias_up: bool = True
    discriminator: str = "basic"
    d_halvings: int = 3
    d_antialias: bool = True
    init_gain: float = 0.02

    def check(self, path: str) -> None:
        """Checks the counts and the kind of discriminator."""
        super().check(path)
        require_choice(f"{path}.discriminator", self.discriminator, DISCRIMINATORS)
        for name in ("num_blocks", "d_halvings"):
            value = getattr(self, name)
            require(value >= 1, f"{path}.{name}", value, "1 or more")
        require(self.init_gain > 0, f"{path}.init_gain", self.init_gain, "above 0")

    def check_resolution(self, path: str, image_size: int) -> None:
        """Checks that the crops leave the discriminator a patch to judge."""
        layout = patch_layout(
            self.discriminator, self.d_width, self.d_halvings, self.d_antialias
        )
        least = smallest_side(layout)
        require(
            image_size >= least,
            f"the image size for {path}",
            image_size,
            f"{least} or more with this discriminator",
        )

    def num_layers(self) -> int:
        """Returns how many layers the generator has to take features from."""
        layout = translation_layout(
            channels=3,
            out_channels=3,
            width=self.g_width,
            num_blocks=self.num_blocks,
            antialias_down=self.antialias_down,
            antialias_up=self.antialias_up,
        )
        return len(layout)

    def build_generator(self, spec: TranslationSpec) -> Any:
        """Returns a `TranslationGenerator`."""
        from tfgan_contra.networks.translation import TranslationGenerator

        return TranslationGenerator(
            channels=spec.channels_in,
            out_channels=spec.channels_out,
            width=self.g_width,
            num_blocks=self.num_blocks,
            antialias_down=self.antialias_down,
            antialias_up=self.antialias_up,
            init_gain=self.init_gain,
            name="generator",
        )

    def build_discriminator(self, spec: TranslationSpec) -> Any:
        """Returns a `PatchDiscriminator`."""
        from tfgan_contra.networks.patch_discriminator import PatchDiscriminator

        return PatchDiscriminator(
            channels=spec.channels_out,
            width=self.d_width,
            kind=self.discriminator,
            num_layers=self.d_halvings,
            antialias=self.d_antialias,
            init_gain=self.init_gain,
            name="discriminator",
        )


@dataclasses.dataclass
class SinCUTNetworkConfig(NetworkConfig):
    """SinCUT's networks (`SinCUTGenerator`, `SinCUTDiscriminator`).

    Attributes:
        num_downsampling: halvings of the size in the generator.
        num_blocks: residual blocks of the generator, half of them in the encoder.
        init_gain: of the Xavier initialisation of the projection.
    """

    g_width: int = 10
    d_width: int = 8
    num_downsampling: int = 1
    num_blocks: int = 6
    init_gain: float = 0.02

    def check(self, path: str) -> None:
        """Checks the counts."""
        super().check(path)
        value = self.num_downsampling
        # Pictures are padded to multiples of 4.
        require(value in (1, 2), f"{path}.num_downsampling", value, "1 or 2")
        fits = self.num_blocks >= 0 and self.num_blocks % 2 == 0
        require(fits, f"{path}.num_blocks", self.num_blocks, "even, 0 or more")
        require(self.init_gain > 0, f"{path}.init_gain", self.init_gain, "above 0")

    def check_resolution(self, path: str, image_size: int) -> None:
        """Checks that the channels are defined for crops of this size."""
        smallest = max(8, 4 << self.num_downsampling)
        allowed = [size for size in SINCUT_IMAGE_SIZES if size >= smallest]
        require(
            image_size in allowed,
            f"the image size for {path}",
            image_size,
            f"one of {', '.join(map(str, allowed))}",
        )

    def num_layers(self) -> int:
        """Returns how many layers of the encoder there are to take features from."""
        return 2 + self.num_downsampling + self.num_blocks // 2

    def build_generator(self, spec: TranslationSpec) -> Any:
        """Returns a `SinCUTGenerator`."""
        from tfgan_contra.networks.sincut import SinCUTGenerator

        return SinCUTGenerator(
            image_size=spec.image_size,
            channels=spec.channels_in,
            out_channels=spec.channels_out,
            width=self.g_width,
            num_downsampling=self.num_downsampling,
            num_blocks=self.num_blocks,
            name="generator",
        )

    def build_discriminator(self, spec: TranslationSpec) -> Any:
        """Returns a `SinCUTDiscriminator`."""
        from tfgan_contra.networks.sincut import SinCUTDiscriminator

        return SinCUTDiscriminator(
            image_size=spec.image_size,
            channels=spec.channels_out,
            width=self.d_width,
            name="discriminator",
        )
