"""SNGAN: the residual networks of SNGAN, SSGAN and InfoMax-GAN.

Source: Miyato et al., "Spectral Normalization for Generative Adversarial Networks",
ICLR 2018 (arXiv 1802.05957). The defaults are the form of Lee and Town, "Mimicry:
Towards the Reproducibility of GAN Research" (arXiv 2005.02494), which InfoMax-GAN's
authors wrote for theirs (Lee et al., WACV 2021, arXiv 2007.04589); its parameter counts
and outputs are reproduced. By options they are the networks of SSGAN's authors (Chen et
al., CVPR 2019, arXiv 1811.11212); see `SNGANConfig`. These see images in [0, 1] and
have a ReLU before everything else, which changes nothing there; here images are in
[-1, 1], the generator ends in tanh in place of a sigmoid, and the first ReLU is left
out.
"""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.layers.attention import SelfAttention
from tfgan_contra.networks.resnet import ResNetDiscriminator, ResNetGenerator
from tfgan_contra.networks.sngan_blocks import (
    SNGANDiscriminatorBlock,
    SNGANGeneratorBlock,
    convolution,
    dense,
    generator_norm,
)
from tfgan_contra.networks.sngan_configs import (
    HIDDEN_CHANNELS,
    LAYOUTS,
    POOLING,
    SHORTCUT_KERNELS,
    UPSAMPLING,
)


def check_choice(name: str, value: Any, choices: tuple) -> None:
    """Raises ValueError unless an option has one of its values."""
    if value not in choices:
        raise ValueError(
            f"{name} must be one of {', '.join(map(str, choices))}. Received: {value!r}"
        )


@keras.saving.register_keras_serializable(package="tfgan_contra")
class SNGANGenerator(ResNetGenerator):
    """Latents, and labels if there are any, to images.

    Call and shapes as in `ResNetGenerator`. Labels enter by conditional batch norm,
    latents by the first layer and, with `self_modulated`, by every norm.

    Args:
        upsampling: `bilinear`, `nearest` or `zero_insertion`.
        shortcut_kernel: size of the shortcuts' convolutions, 1 or 3.
        self_modulated: whether the latents scale and shift every norm, the last one
            included; `num_classes` must be 0 then.
        layout: table of channels, see `SNGANConfig`.
        initializer: of the kernels: `xavier`, `normal_0.02`, or Keras's name of one.
        **kwargs: as in `ResNetGenerator`; `image_size` is 32, 48, 64 or 128.

    Raises:
        ValueError: for an unknown option, a resolution that the layout does not have,
            or labels beside self-modulated norms.
    """

    def __init__(
        self,
        *,
        upsampling: str = "bilinear",
        shortcut_kernel: int = 1,
        self_modulated: bool = False,
        layout: str = "sngan",
        initializer: str = "xavier",
        **kwargs: Any,
    ) -> None:
        check_choice("upsampling", upsampling, UPSAMPLING)
        check_choice("shortcut_kernel", shortcut_kernel, SHORTCUT_KERNELS)
        check_choice("layout", layout, tuple(LAYOUTS))
        if self_modulated and kwargs.get("num_classes"):
            raise ValueError(
                "self_modulated norms read the latents alone: num_classes must be 0. "
                f"Received: {kwargs['num_classes']}"
            )
        self.upsampling, self.shortcut_kernel = upsampling, shortcut_kernel
        self.self_modulated, self.layout = self_modulated, layout
        super().__init__(initializer=initializer, **kwargs)

    def channel_table(self) -> dict[int, tuple[int, ...]]:
        """Returns the layout's channels by resolution."""
        return {side: layout.generator for side, layout in LAYOUTS[self.layout].items()}

    def make_layers(self) -> None:
        """Creates the layers."""
        common: dict[str, Any] = {
            "spectral_norm": self.spectral_norm,
            "initializer": self.initializer,
        }
        units = self.first_side**2 * self.block_channels[0]
        self.first = dense(units, self.latent_dim, name="first", **common)
        # Layers live in tuples: Keras 3 drops those in lists from checkpoints.
        self.blocks = tuple(
            SNGANGeneratorBlock(
                filters,
                upsampling=self.upsampling,
                shortcut_kernel=self.shortcut_kernel,
                self_modulated=self.self_modulated,
                name=f"block{i}",
                **common,
            )
            for i, filters in enumerate(self.block_channels[1:], start=1)
        )
        self.attentions = tuple(
            SelfAttention(spectral_norm=self.spectral_norm, name=f"attention{i}")
            for i in self.attention_after
        )
        modulated = self.self_modulated
        self.last_norm = generator_norm(
            modulated, modulated, self.spectral_norm, "last_norm"
        )
        self.last_conv = convolution(
            self.channels, 3, self.block_channels[-1], name="last_conv", **common
        )

    def build_last_norm(self, shape: Any) -> None:
        """Builds the norm after the blocks for inputs of a shape."""
        latents = ((None, self.latent_dim),) if self.self_modulated else ()
        self.last_norm.build(shape, *latents)

    def apply_last_norm(
        self, hidden: tf.Tensor, latents: tf.Tensor, modes: dict[str, bool]
    ) -> tf.Tensor:
        """Normalises what the last block gives, under the latents if self-modulated."""
        given = (latents,) if self.self_modulated else ()
        return self.last_norm(hidden, *given, **modes)

    def input_sizes(self) -> tuple[int, int]:
        """Returns the sizes of the first layer's input and of a block's condition."""
        condition = self.latent_dim if self.self_modulated else self.num_classes
        return self.latent_dim, condition

    def conditions(
        self, latents: tf.Tensor, labels: Any
    ) -> tuple[tf.Tensor, tuple[Any, ...]]:
        """Returns the first layer's input and one condition for every block."""
        if self.self_modulated:
            return latents, (latents,) * len(self.blocks)
        return super().conditions(latents, labels)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this network."""
        return super().get_config() | {
            "upsampling": self.upsampling,
            "shortcut_kernel": self.shortcut_kernel,
            "self_modulated": self.self_modulated,
            "layout": self.layout,
        }


@keras.saving.register_keras_serializable(package="tfgan_contra")
class SNGANDiscriminator(ResNetDiscriminator):
    """Images to features; what is read from them belongs to the method's heads.

    Call: `discriminator(images, training=...)`, images `[B, H, W, C]` in [-1, 1];
    returns `local_features` `[B, h, w, local_dim]`, the rectified output of the last
    block but one, and `global_features` `[B, feature_dim]` float32, that of the last
    block pooled over positions.

    Args:
        pooling: of the last map: `sum` or `mean`.
        shortcut_kernel: 1: a convolution beside the blocks that change size or
            channels; 3: a larger one beside every block.
        rectified_shortcut: whether shortcuts see the rectified input. mimicry's ReLU
            works in place, so its shortcuts do, and its checkpoints are of no use
            without it. In the SNGAN paper and SSGAN's code they see the input itself.
        hidden_channels: between a block's convolutions: as many as in its `input` or
            in its `output`.
        layout: table of channels, see `SNGANConfig`.
        initializer: of the kernels: `xavier`, `normal_0.02`, or Keras's name of one.
        **kwargs: as in `ResNetDiscriminator`; `image_size` is 32, 48, 64 or 128, and
            nothing takes the place of spectral norm where it is off.

    Raises:
        ValueError: for an unknown option or a resolution that the layout does not have.
    """

    def __init__(
        self,
        *,
        pooling: str = "sum",
        shortcut_kernel: int = 1,
        rectified_shortcut: bool = True,
        hidden_channels: str = "input",
        layout: str = "sngan",
        initializer: str = "xavier",
        **kwargs: Any,
    ) -> None:
        check_choice("pooling", pooling, POOLING)
        check_choice("shortcut_kernel", shortcut_kernel, SHORTCUT_KERNELS)
        check_choice("hidden_channels", hidden_channels, HIDDEN_CHANNELS)
        check_choice("layout", layout, tuple(LAYOUTS))
        self.pooling, self.shortcut_kernel = pooling, shortcut_kernel
        self.rectified_shortcut = rectified_shortcut
        self.hidden_channels, self.layout = hidden_channels, layout
        super().__init__(initializer=initializer, **kwargs)
        self.local_dim = self.blocks[-2].filters

    def channel_table(self) -> dict[int, tuple[int, ...]]:
        """Returns the layout's channels by resolution."""
        layouts = LAYOUTS[self.layout]
        return {side: layout.discriminator for side, layout in layouts.items()}

    def make_block(self, number: int, filters: int) -> SNGANDiscriminatorBlock:
        """Returns a block, not yet built; numbers begin at 1."""
        return SNGANDiscriminatorBlock(
            filters,
            downsample=number <= LAYOUTS[self.layout][self.image_size].num_halvings,
            first=number == 1,
            shortcut_kernel=self.shortcut_kernel,
            rectified_shortcut=self.rectified_shortcut,
            hidden_channels=self.hidden_channels,
            spectral_norm=self.spectral_norm,
            initializer=self.initializer,
            name=f"block{number}",
        )

    def features(self, outputs: tuple[tf.Tensor, ...]) -> dict[str, tf.Tensor]:
        """Returns the features by name, from what the last two blocks gave."""
        *_, local, last = outputs
        pool = tf.reduce_sum if self.pooling == "sum" else tf.reduce_mean
        return {
            "local_features": tf.nn.relu(local),
            "global_features": pool(tf.cast(tf.nn.relu(last), tf.float32), [1, 2]),
        }

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this network."""
        return super().get_config() | {
            "pooling": self.pooling,
            "shortcut_kernel": self.shortcut_kernel,
            "rectified_shortcut": self.rectified_shortcut,
            "hidden_channels": self.hidden_channels,
            "layout": self.layout,
        }
