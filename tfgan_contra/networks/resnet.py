"""SNResGAN: the residual networks of SNGAN, SAGAN and the ContraGAN paper.

Source: Miyato et al., ICLR 2018 (arXiv 1802.05957), in the form of the ContraGAN
authors' code (`resnet`), whose parameter counts and outputs it reproduces.
"""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.layers.attention import SelfAttention
from tfgan_contra.layers.conditional_norm import BatchNormalization
from tfgan_contra.layers.spectral_norm import SNDense
from tfgan_contra.networks.blocks import (
    DiscriminatorBlock,
    GeneratorBlock,
    convolution,
)
from tfgan_contra.networks.configs import DISCRIMINATOR_CHANNELS, GENERATOR_CHANNELS

NUM_DOWNSAMPLING = {32: 2, 64: 4, 128: 5, 256: 6}


def channels_at(
    image_size: int, table: dict[int, tuple[int, ...]], width: int
) -> tuple[int, ...]:
    """Returns the channels at a resolution; `table` has them in units of the width.

    Raises:
        ValueError: unless the architecture is defined at this resolution.
    """
    if image_size not in table:
        raise ValueError(
            f"image_size must be one of {tuple(table)}. Received: {image_size}"
        )
    return tuple(multiple * width for multiple in table[image_size])


@keras.saving.register_keras_serializable(package="tfgan_contra")
class ResNetGenerator(keras.Model):
    """Latents and labels to images; labels enter by conditional batch norm.

    Call: `generator([latents, labels], training=...)`, or `generator(latents)` when
    `num_classes` is 0; latents `[B, latent_dim]`, labels `[B]` int; returns images
    `[B, image_size, image_size, channels]` float32 in [-1, 1].

    Args:
        image_size: 32, 64, 128 or 256.
        channels: of the image.
        num_classes: 0 for an unconditional generator (plain batch norm).
        width: base width; the paper's `g_conv_dim`.
        latent_dim: length of the latents.
        spectral_norm: whether every linear layer is spectrally normalised.
        attention_after: self-attention after these blocks, counted from 1.
        initializer: of all kernels.

    Raises:
        ValueError: for a resolution that the architecture does not define.
    """

    def __init__(
        self,
        *,
        image_size: int,
        channels: int = 3,
        num_classes: int = 0,
        width: int = 64,
        latent_dim: int = 128,
        spectral_norm: bool = False,
        attention_after: tuple[int, ...] = (),
        initializer: str = "orthogonal",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.image_size, self.channels, self.num_classes = (
            image_size,
            channels,
            num_classes,
        )
        self.width, self.latent_dim = width, latent_dim
        self.spectral_norm, self.initializer = spectral_norm, initializer
        self.attention_after = tuple(attention_after)
        self.block_channels = channels_at(image_size, self.channel_table(), width)
        # Every block doubles the resolution.
        self.first_side = image_size >> (len(self.block_channels) - 1)
        self.make_layers()
        self.build()

    def channel_table(self) -> dict[int, tuple[int, ...]]:
        """Returns the channels by resolution: of the first map, then of every block."""
        return GENERATOR_CHANNELS

    def make_layers(self) -> None:
        """Creates the layers; subclasses add theirs."""
        dense = SNDense if self.spectral_norm else keras.layers.Dense
        self.first = dense(
            16 * self.block_channels[0],
            kernel_initializer=self.initializer,
            name="first",
        )
        # Layers live in tuples: Keras 3 drops those in lists from checkpoints.
        self.blocks = tuple(
            GeneratorBlock(
                filters,
                spectral_norm=self.spectral_norm,
                initializer=self.initializer,
                name=f"block{i}",
            )
            for i, filters in enumerate(self.block_channels[1:], start=1)
        )
        self.attentions = tuple(
            SelfAttention(spectral_norm=self.spectral_norm, name=f"attention{i}")
            for i in self.attention_after
        )
        self.last_norm = BatchNormalization(name="last_norm")
        self.last_conv = convolution(
            self.spectral_norm,
            self.initializer,
            filters=self.channels,
            kernel_size=3,
            name="last_conv",
        )

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights; the shapes follow from the arguments."""
        first_size, condition_size = self.input_sizes()
        condition_shape = (None, condition_size) if condition_size else None
        self.first.build((None, first_size))
        attentions = dict(zip(self.attention_after, self.attentions, strict=True))
        side = self.first_side
        for i, block in enumerate(self.blocks, start=1):
            shape = (None, side, side, self.block_channels[i - 1])
            block.build(shape, condition_shape)
            side *= 2
            if i in attentions:
                attentions[i].build((None, side, side, self.block_channels[i]))
        shape = (None, side, side, self.block_channels[-1])
        self.build_last_norm(shape)
        self.last_conv.build(shape)
        self.built = True

    def build_last_norm(self, shape: Any) -> None:
        """Builds the norm after the blocks for inputs of a shape."""
        self.last_norm.build(shape)

    def apply_last_norm(
        self, hidden: tf.Tensor, latents: tf.Tensor, modes: dict[str, bool]
    ) -> tf.Tensor:
        """Normalises what the last block gives; here the latents play no part."""
        return self.last_norm(hidden, **modes)

    def input_sizes(self) -> tuple[int, int]:
        """Returns the sizes of the first layer's input and of a block's condition."""
        return self.latent_dim, self.num_classes

    def conditions(
        self, latents: tf.Tensor, labels: Any
    ) -> tuple[tf.Tensor, tuple[Any, ...]]:
        """Returns the first layer's input and one condition for every block."""
        if not self.num_classes:
            return latents, (None,) * len(self.blocks)
        one_hot = tf.one_hot(labels, self.num_classes, dtype=latents.dtype)
        return latents, (one_hot,) * len(self.blocks)

    def call(
        self, inputs: Any, training: bool = False, track_statistics: bool = True
    ) -> tf.Tensor:
        """Generates images; `track_statistics` as in `BatchNormalization`."""
        latents, labels = inputs if isinstance(inputs, list | tuple) else (inputs, None)
        latents = tf.cast(latents, self.compute_dtype)
        first, conditions = self.conditions(latents, labels)
        modes = {"training": training, "track_statistics": track_statistics}
        attentions = dict(zip(self.attention_after, self.attentions, strict=True))
        hidden = self.first(first, training=training)
        side = self.first_side
        hidden = tf.reshape(hidden, [-1, side, side, self.block_channels[0]])
        for i, block in enumerate(self.blocks, start=1):
            hidden = block(hidden, conditions[i - 1], **modes)
            if i in attentions:
                hidden = attentions[i](hidden, training=training)
        hidden = tf.nn.relu(self.apply_last_norm(hidden, latents, modes))
        images = tf.tanh(self.last_conv(hidden, training=training))
        return tf.cast(images, tf.float32)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this network."""
        return {
            "name": self.name,
            "image_size": self.image_size,
            "channels": self.channels,
            "num_classes": self.num_classes,
            "width": self.width,
            "latent_dim": self.latent_dim,
            "spectral_norm": self.spectral_norm,
            "attention_after": self.attention_after,
            "initializer": self.initializer,
        }


@keras.saving.register_keras_serializable(package="tfgan_contra")
class ResNetDiscriminator(keras.Model):
    """Images to features; what is read from them belongs to the method's heads.

    Call: `discriminator(images, training=...)`, images `[B, H, W, C]` in [-1, 1];
    returns `local_features` `[B, h, w, F]`, rectified, and `global_features` `[B, F]`
    float32, their sum over positions.

    Args:
        image_size: 32, 64, 128 or 256.
        channels: of the image.
        width: base width; the paper's `d_conv_dim`.
        spectral_norm: whether every layer is spectrally normalised; if not, batch norm
            stands before every ReLU, as in the authors' code.
        attention_after: self-attention after these blocks, counted from 1.
        initializer: of all kernels.

    Raises:
        ValueError: for a resolution that the architecture does not define.
    """

    def __init__(
        self,
        *,
        image_size: int,
        channels: int = 3,
        width: int = 64,
        spectral_norm: bool = True,
        attention_after: tuple[int, ...] = (),
        initializer: str = "orthogonal",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.image_size, self.channels, self.width = image_size, channels, width
        self.spectral_norm, self.initializer = spectral_norm, initializer
        self.attention_after = tuple(attention_after)
        filters = channels_at(image_size, self.channel_table(), width)
        self.feature_dim = filters[-1]
        self.local_dim = self.feature_dim
        self.blocks = tuple(
            self.make_block(i, count) for i, count in enumerate(filters, start=1)
        )
        self.attentions = tuple(
            SelfAttention(spectral_norm=spectral_norm, name=f"attention{i}")
            for i in self.attention_after
        )
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights; the shapes follow from the arguments."""
        attentions = dict(zip(self.attention_after, self.attentions, strict=True))
        shape = (None, self.image_size, self.image_size, self.channels)
        for i, block in enumerate(self.blocks, start=1):
            block.build(shape)
            side = shape[1] // 2 if block.downsample else shape[1]
            shape = (None, side, side, block.filters)
            if i in attentions:
                attentions[i].build(shape)
        self.built = True

    def channel_table(self) -> dict[int, tuple[int, ...]]:
        """Returns the channels of every block by resolution."""
        return DISCRIMINATOR_CHANNELS

    def make_block(self, number: int, filters: int) -> Any:
        """Returns a block, not yet built; numbers begin at 1."""
        return DiscriminatorBlock(
            filters,
            downsample=number <= NUM_DOWNSAMPLING[self.image_size],
            first=number == 1,
            spectral_norm=self.spectral_norm,
            initializer=self.initializer,
            name=f"block{number}",
        )

    def block_outputs(
        self, images: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, ...]:
        """Returns what every block gives, behind its attention and not rectified."""
        hidden = tf.cast(images, self.compute_dtype)
        return self._run_blocks(hidden, range(1, len(self.blocks) + 1), training)

    def first_blocks(
        self, images: tf.Tensor, count: int, training: bool = False
    ) -> tf.Tensor:
        """Returns what block `count` gives, behind its attention and not rectified.

        Followed by `last_blocks` this is a call, with room for a method in between.
        """
        hidden = tf.cast(images, self.compute_dtype)
        return self._run_blocks(hidden, range(1, count + 1), training)[-1]

    def last_blocks(
        self, hidden: tf.Tensor, count: int, training: bool = False
    ) -> dict[str, tf.Tensor]:
        """Returns the features by name, from what block `count` gave or should have."""
        rest = range(count + 1, len(self.blocks) + 1)
        return self.features((hidden, *self._run_blocks(hidden, rest, training)))

    def features(self, outputs: tuple[tf.Tensor, ...]) -> dict[str, tf.Tensor]:
        """Returns the features by name, from what the last blocks gave."""
        hidden = tf.nn.relu(outputs[-1])
        return {
            "local_features": hidden,
            "global_features": tf.reduce_sum(tf.cast(hidden, tf.float32), [1, 2]),
        }

    def call(self, images: tf.Tensor, training: bool = False) -> dict[str, tf.Tensor]:
        """Returns the features by name."""
        return self.features(self.block_outputs(images, training))

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this network."""
        return {
            "name": self.name,
            "image_size": self.image_size,
            "channels": self.channels,
            "width": self.width,
            "spectral_norm": self.spectral_norm,
            "attention_after": self.attention_after,
            "initializer": self.initializer,
        }

    def _run_blocks(
        self, hidden: tf.Tensor, numbers: range, training: bool
    ) -> tuple[tf.Tensor, ...]:
        """Returns what each of these blocks gives, one seeing the output of another."""
        attentions = dict(zip(self.attention_after, self.attentions, strict=True))
        outputs = []
        for i in numbers:
            hidden = self.blocks[i - 1](hidden, training=training)
            if i in attentions:
                hidden = attentions[i](hidden, training=training)
            outputs.append(hidden)
        return tuple(outputs)
