"""Residual blocks of XMC-GAN."""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.layers.attentional_self_modulation import AttentionalSelfModulation
from tfgan_contra.networks.sngan_blocks import SNGANDiscriminatorBlock, convolution


def discriminator_block(filters: int, **options: Any) -> SNGANDiscriminatorBlock:
    """Returns a block of the discriminator: SNGAN's as its paper has it.

    ReLU-conv-ReLU-conv-mean, all of so many filters, beside a 1x1 convolution of the
    input itself where size or channels change; the first block has no ReLU before its
    convolutions.

    Args:
        filters: output channels.
        **options: `downsample`, `first`, `spectral_norm`, `initializer` and `name`, as
            in `SNGANDiscriminatorBlock`.
    """
    return SNGANDiscriminatorBlock(
        filters,
        shortcut_kernel=1,
        rectified_shortcut=False,
        hidden_channels="output",
        **options,
    )


@keras.saving.register_keras_serializable(package="tfgan_contra")
class ModulatedGeneratorBlock(keras.layers.Layer):
    """norm-ReLU-up-conv-norm-ReLU-conv plus a 1x1 convolution of the upsampled input.

    The norms are `AttentionalSelfModulation`: with a condition of the whole image this
    is the authors' global block, with one of every place their spatial block.

    Args:
        filters: output channels, of both convolutions.
        spectral_norm: for the convolutions and the norms' linear layers.
        initializer: of the kernels.
    """

    def __init__(
        self, filters: int, *, spectral_norm: bool, initializer: str, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.spectral_norm = filters, spectral_norm
        self.initializer = initializer

    def build(self, inputs_shape: Any, condition_shape: Any) -> None:
        """Builds for inputs `[B, H, W, C]` and a condition `[B, (h, w,) K]`."""
        inputs = inputs_shape[-1]
        batch, height, width, _ = inputs_shape
        larger = (batch, 2 * height, 2 * width, self.filters)
        common: dict[str, Any] = {
            "spectral_norm": self.spectral_norm,
            "initializer": self.initializer,
        }
        self.norm1 = AttentionalSelfModulation(name="norm1", **common)
        self.norm2 = AttentionalSelfModulation(name="norm2", **common)
        self.conv1 = convolution(
            self.filters, 3, inputs, resample="up", name="conv1", **common
        )
        self.conv2 = convolution(self.filters, 3, self.filters, name="conv2", **common)
        self.shortcut = convolution(
            self.filters, 1, inputs, resample="up", name="shortcut", **common
        )
        self.norm1.build(inputs_shape, condition_shape)
        self.norm2.build(larger, condition_shape)
        self.conv1.build(inputs_shape)
        self.conv2.build(larger)
        self.shortcut.build(inputs_shape)

    def call(
        self,
        inputs: tf.Tensor,
        condition: tf.Tensor,
        training: bool = False,
        track_statistics: bool = True,
    ) -> tf.Tensor:
        """Maps `[B, H, W, C]` to `[B, 2H, 2W, filters]`."""
        modes = {"training": training, "track_statistics": track_statistics}
        hidden = tf.nn.relu(self.norm1(inputs, condition, **modes))
        hidden = self.conv1(hidden, training=training)
        hidden = tf.nn.relu(self.norm2(hidden, condition, **modes))
        hidden = self.conv2(hidden, training=training)
        return hidden + self.shortcut(inputs, training=training)
