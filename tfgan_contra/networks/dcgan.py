"""SNDCGAN: strided and transposed convolutions without residual paths, 32 pixels.

Source: Radford et al., ICLR 2016 (arXiv 1511.06434), and Miyato et al., ICLR 2018
(arXiv 1802.05957), in the form of the ContraGAN authors' code (`deep_conv`), whose
parameter counts and outputs it reproduces. Their widths are fixed; `width=64` gives
them.
"""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.layers.conditional_norm import (
    BatchNormalization,
    ConditionalBatchNormalization,
)
from tfgan_contra.layers.spectral_norm import SNConv2DTranspose, SNDense
from tfgan_contra.networks.blocks import convolution
from tfgan_contra.networks.configs import DCGAN_IMAGE_SIZE

# Channels in units of the width: the 4x4 map, then the output of every deconvolution.
GENERATOR_CHANNELS = (8, 4, 2, 1)
# (channels in units of the width, kernel, stride) of every convolution.
DISCRIMINATOR_LAYERS = (
    (1, 3, 1),
    (1, 4, 2),
    (2, 3, 1),
    (2, 4, 2),
    (4, 3, 1),
    (4, 4, 2),
    (8, 3, 1),
)


def check_arguments(image_size: int, attention_after: tuple[int, ...]) -> None:
    """Raises ValueError for what the architecture does not define."""
    if image_size != DCGAN_IMAGE_SIZE:
        raise ValueError(
            f"image_size must be {DCGAN_IMAGE_SIZE}. Received: {image_size}"
        )
    if attention_after:
        raise ValueError(
            "attention_after must be empty: SNDCGAN has no residual blocks that "
            f"attention could follow. Received: {attention_after}"
        )


@keras.saving.register_keras_serializable(package="tfgan_contra")
class DCGANGenerator(keras.Model):
    """Latents and labels to images by three transposed convolutions.

    linear-(deconv-norm-ReLU) x 3-conv-tanh; labels enter by the norms. Call and shapes
    as in `ResNetGenerator`.

    Args:
        image_size: 32.
        channels: of the image.
        num_classes: 0 for an unconditional generator (plain batch norm).
        width: channels of the last deconvolution; the authors' 64.
        latent_dim: length of the latents.
        spectral_norm: whether every linear layer is spectrally normalised.
        attention_after: empty; taken so that all generators take the same arguments.
        initializer: of all kernels.

    Raises:
        ValueError: for another resolution, or for attention.
    """

    def __init__(
        self,
        *,
        image_size: int = DCGAN_IMAGE_SIZE,
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
        self.attention_after = tuple(attention_after)
        check_arguments(image_size, self.attention_after)
        self.image_size, self.channels = image_size, channels
        self.num_classes, self.latent_dim = num_classes, latent_dim
        self.width, self.spectral_norm = width, spectral_norm
        self.initializer = initializer
        self.block_channels = tuple(c * width for c in GENERATOR_CHANNELS)
        self.make_layers()
        self.build()

    def make_layers(self) -> None:
        """Creates the layers."""
        dense = SNDense if self.spectral_norm else keras.layers.Dense
        deconvolution = (
            SNConv2DTranspose if self.spectral_norm else keras.layers.Conv2DTranspose
        )
        self.first = dense(
            16 * self.block_channels[0],
            kernel_initializer=self.initializer,
            name="first",
        )
        # Layers live in tuples: Keras 3 drops those in lists from checkpoints.
        self.deconvs = tuple(
            deconvolution(
                filters,
                4,
                strides=2,
                padding="same",
                kernel_initializer=self.initializer,
                name=f"deconv{i}",
            )
            for i, filters in enumerate(self.block_channels[1:], start=1)
        )
        self.norms = tuple(
            ConditionalBatchNormalization(
                spectral_norm=self.spectral_norm, name=f"norm{i}"
            )
            if self.num_classes
            else BatchNormalization(name=f"norm{i}")
            for i in range(1, len(self.block_channels))
        )
        self.last_conv = convolution(
            self.spectral_norm,
            self.initializer,
            filters=self.channels,
            kernel_size=3,
            name="last_conv",
        )

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights; the shapes follow from the arguments."""
        condition = ((None, self.num_classes),) if self.num_classes else ()
        self.first.build((None, self.latent_dim))
        shape = (None, 4, 4, self.block_channels[0])
        for deconv, norm in zip(self.deconvs, self.norms, strict=True):
            deconv.build(shape)
            shape = (None, 2 * shape[1], 2 * shape[2], deconv.filters)
            norm.build(shape, *condition)
        self.last_conv.build(shape)
        self.built = True

    def call(
        self, inputs: Any, training: bool = False, track_statistics: bool = True
    ) -> tf.Tensor:
        """Generates images; `track_statistics` as in `BatchNormalization`."""
        latents, labels = inputs if isinstance(inputs, list | tuple) else (inputs, None)
        hidden = tf.cast(latents, self.compute_dtype)
        condition: tuple[tf.Tensor, ...] = ()
        if self.num_classes:
            condition = (tf.one_hot(labels, self.num_classes, dtype=hidden.dtype),)
        modes = {"training": training, "track_statistics": track_statistics}
        hidden = self.first(hidden, training=training)
        hidden = tf.reshape(hidden, [-1, 4, 4, self.block_channels[0]])
        for deconv, norm in zip(self.deconvs, self.norms, strict=True):
            hidden = deconv(hidden, training=training)
            hidden = tf.nn.relu(norm(hidden, *condition, **modes))
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
class DCGANDiscriminator(keras.Model):
    """Images to features by seven convolutions, three of which halve the resolution.

    Each is conv-(norm)-ReLU; without residual paths, what the authors' in-place ReLU
    overwrites is read nowhere else. Call and outputs as in `ResNetDiscriminator`.

    Args:
        image_size: 32.
        channels: of the image.
        width: channels of the first convolution; the authors' 64.
        spectral_norm: whether every layer is spectrally normalised; if not, batch norm
            follows every convolution, the first one included, as in the authors' code.
        attention_after: empty, as in `DCGANGenerator`.
        initializer: of all kernels.

    Raises:
        ValueError: for another resolution, or for attention.
    """

    def __init__(
        self,
        *,
        image_size: int = DCGAN_IMAGE_SIZE,
        channels: int = 3,
        width: int = 64,
        spectral_norm: bool = True,
        attention_after: tuple[int, ...] = (),
        initializer: str = "orthogonal",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.attention_after = tuple(attention_after)
        check_arguments(image_size, self.attention_after)
        self.image_size, self.channels, self.width = image_size, channels, width
        self.spectral_norm, self.initializer = spectral_norm, initializer
        self.feature_dim = DISCRIMINATOR_LAYERS[-1][0] * width
        self.local_dim = self.feature_dim
        self.convs = tuple(
            convolution(
                spectral_norm,
                initializer,
                filters=multiple * width,
                kernel_size=size,
                strides=stride,
                name=f"conv{i}",
            )
            for i, (multiple, size, stride) in enumerate(DISCRIMINATOR_LAYERS, start=1)
        )
        numbers = () if spectral_norm else range(1, len(self.convs) + 1)
        self.norms = tuple(BatchNormalization(name=f"norm{i}") for i in numbers)
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights; the shapes follow from the arguments."""
        shape = (None, self.image_size, self.image_size, self.channels)
        for conv in self.convs:
            conv.build(shape)
            shape = conv.compute_output_shape(shape)
        for conv, norm in zip(self.convs, self.norms, strict=False):
            norm.build((None, None, None, conv.filters))
        self.built = True

    def block_outputs(
        self, images: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, ...]:
        """Returns what every convolution gives, behind its norm and rectified."""
        hidden = tf.cast(images, self.compute_dtype)
        outputs = []
        for i, conv in enumerate(self.convs):
            hidden = conv(hidden, training=training)
            if self.norms:
                hidden = self.norms[i](hidden, training=training)
            hidden = tf.nn.relu(hidden)
            outputs.append(hidden)
        return tuple(outputs)

    def call(self, images: tf.Tensor, training: bool = False) -> dict[str, tf.Tensor]:
        """Returns the features by name."""
        hidden = self.block_outputs(images, training)[-1]
        return {
            "local_features": hidden,
            "global_features": tf.reduce_sum(tf.cast(hidden, tf.float32), [1, 2]),
        }

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
