"""What a config says about SNGAN's networks; imports no TensorFlow by itself."""

import dataclasses
from typing import Any

from tfgan_contra.config import require, require_choice
from tfgan_contra.networks.configs import ImageNetworkConfig
from tfgan_contra.types import DataSpec

UPSAMPLING = ("bilinear", "nearest", "zero_insertion")
POOLING = ("sum", "mean")
SHORTCUT_KERNELS = (1, 3)
HIDDEN_CHANNELS = ("input", "output")
INITIALIZERS = ("xavier", "normal_0.02", "orthogonal")


@dataclasses.dataclass(frozen=True)
class Layout:
    """Channels in units of the width.

    Attributes:
        generator: of the first map, then of every block; each block doubles the size.
        discriminator: of every block.
        num_halvings: so many blocks of the discriminator, the first ones, halve the
            size.
    """

    generator: tuple[int, ...]
    discriminator: tuple[int, ...]
    num_halvings: int


# With a width of 64 these are the papers'. `sngan`: Miyato et al. and all that follow;
# `resnet5`: the narrower networks that SSGAN's authors have at 128 pixels.
LAYOUTS = {
    "sngan": {
        32: Layout((4, 4, 4, 4), (2, 2, 2, 2), 2),
        48: Layout((8, 4, 2, 1), (1, 2, 4, 8, 16), 4),
        64: Layout((16, 8, 4, 2, 1), (1, 2, 4, 8, 16), 5),
        128: Layout((16, 16, 8, 4, 2, 1), (1, 2, 4, 8, 16, 16), 5),
    },
    "resnet5": {128: Layout((8, 8, 4, 4, 2, 1), (1, 2, 4, 4, 8, 8), 6)},
}


@dataclasses.dataclass
class SNGANConfig(ImageNetworkConfig):
    """SNGAN's networks (`SNGANGenerator`, `SNGANDiscriminator`) in mimicry's form.

    The widths of the papers and of mimicry are 64 at every resolution. SSGAN's authors
    have `upsampling="zero_insertion"`, `pooling="mean"`, `shortcut_kernel=3`,
    `rectified_shortcut=False`, `hidden_channels="output"`, `initializer="normal_0.02"`
    and at 128 pixels `layout="resnet5"`. Without `d_spectral_norm` the discriminator
    has no normalisation at all, as its variants with a gradient penalty.

    Attributes:
        upsampling: in the generator: `bilinear`, `nearest` or `zero_insertion`.
        pooling: of the discriminator's last map: `sum` or `mean` over positions.
        shortcut_kernel: 1, or 3: a 3x3 convolution beside every block.
        rectified_shortcut: whether the discriminator's shortcuts see the rectified
            input (mimicry's ReLU works in place) or the input itself.
        hidden_channels: of the discriminator's blocks between their convolutions: as
            many as in their `input` or their `output`.
        layout: table of channels: `sngan`, or `resnet5` at 128 pixels.
        self_modulated: whether the latents scale and shift the generator's norms; only
            for a method without labels.
        initializer: of the kernels: `xavier` (mimicry's), `normal_0.02` (SSGAN's
            authors') or `orthogonal`.
    """

    upsampling: str = "bilinear"
    pooling: str = "sum"
    shortcut_kernel: int = 1
    rectified_shortcut: bool = True
    hidden_channels: str = "input"
    layout: str = "sngan"
    self_modulated: bool = False
    initializer: str = "xavier"

    def check(self, path: str) -> None:
        """Checks also that every option is one of its values."""
        super().check(path)
        for name, choices in (
            ("upsampling", UPSAMPLING),
            ("pooling", POOLING),
            ("hidden_channels", HIDDEN_CHANNELS),
            ("layout", tuple(LAYOUTS)),
            ("initializer", INITIALIZERS),
        ):
            require_choice(f"{path}.{name}", getattr(self, name), choices)
        require(
            self.shortcut_kernel in SHORTCUT_KERNELS,
            f"{path}.shortcut_kernel",
            self.shortcut_kernel,
            "1 or 3",
        )

    def check_resolution(self, path: str, image_size: int) -> None:
        """Checks that the layout has the resolution, and the blocks with attention."""
        layouts = LAYOUTS[self.layout]
        require(
            image_size in layouts,
            f"the image size for {path}",
            image_size,
            f"one of {', '.join(map(str, layouts))} (layout {self.layout!r})",
        )
        layout = layouts[image_size]
        for name, width, multiples in (
            ("g_attention_after", self.g_width, layout.generator[1:]),
            ("d_attention_after", self.d_width, layout.discriminator),
        ):
            for block in getattr(self, name):
                inside = 1 <= block <= len(multiples)
                require(
                    inside and multiples[block - 1] * width >= 8,
                    f"{path}.{name}",
                    block,
                    f"a block from 1 to {len(multiples)} of at least 8 channels",
                )

    def build_generator(self, spec: DataSpec) -> Any:
        """Returns a `SNGANGenerator`.

        Raises:
            ConfigError: if self-modulated norms should take labels as well.
        """
        from tfgan_contra.networks.sngan import SNGANGenerator

        require(
            not (self.self_modulated and spec.num_classes),
            "method.network.self_modulated",
            self.self_modulated,
            "off for a method with labels: these norms read nothing but the latents",
        )
        return SNGANGenerator(
            **self.generator_arguments(spec),
            upsampling=self.upsampling,
            shortcut_kernel=self.shortcut_kernel,
            self_modulated=self.self_modulated,
            layout=self.layout,
            initializer=self.initializer,
        )

    def build_discriminator(self, spec: DataSpec) -> Any:
        """Returns a `SNGANDiscriminator`."""
        from tfgan_contra.networks.sngan import SNGANDiscriminator

        return SNGANDiscriminator(
            **self.discriminator_arguments(spec),
            pooling=self.pooling,
            shortcut_kernel=self.shortcut_kernel,
            rectified_shortcut=self.rectified_shortcut,
            hidden_channels=self.hidden_channels,
            layout=self.layout,
            initializer=self.initializer,
        )
