"""Residual blocks of SNGAN, SSGAN and InfoMax-GAN."""

import math
from typing import Any, Optional

import keras
import tensorflow as tf

from tfgan_contra.layers.conditional_norm import (
    BatchNormalization,
    ConditionalBatchNormalization,
)
from tfgan_contra.layers.convolution import ResampledConv2D
from tfgan_contra.layers.self_modulated_norm import SelfModulatedBatchNormalization
from tfgan_contra.layers.spectral_norm import SNConv2D, SNDense

EPSILON = 1e-5
# Of the 3x3 convolutions in a block; whatever else there is has a gain of 1.
GAIN = math.sqrt(2.0)
RESAMPLE = {"bilinear": "up_bilinear", "nearest": "up", "zero_insertion": "up_zeros"}


def initializers(name: str, fan_in: int, gain: float) -> dict[str, Any]:
    """Returns a layer's initialisers of kernel and bias.

    Args:
        name: `xavier`: uniform with this gain, and biases uniform within
            `1 / sqrt(fan_in)`, as mimicry (the biases are PyTorch's default);
            `normal_0.02`: of that standard deviation, as SSGAN's authors; or a name
            that Keras knows. Biases of the latter two are zeros.
        fan_in: inputs of one output.
        gain: for `xavier`.
    """
    if name == "normal_0.02":
        return {"kernel_initializer": keras.initializers.RandomNormal(stddev=0.02)}
    if name != "xavier":
        return {"kernel_initializer": name}
    bound = 1.0 / math.sqrt(fan_in)
    return {
        "kernel_initializer": keras.initializers.VarianceScaling(
            scale=gain**2, mode="fan_avg", distribution="uniform"
        ),
        "bias_initializer": keras.initializers.RandomUniform(-bound, bound),
    }


def dense(
    units: int, inputs: int, *, spectral_norm: bool, initializer: str, name: str
) -> Any:
    """Returns a linear layer for so many inputs."""
    kind: Any = SNDense if spectral_norm else keras.layers.Dense
    return kind(units, name=name, **initializers(initializer, inputs, 1.0))


def convolution(
    filters: int,
    kernel_size: int,
    inputs: int,
    *,
    spectral_norm: bool,
    initializer: str,
    gain: float = 1.0,
    **kwargs: Any,
) -> Any:
    """Returns a same-padded convolution for so many input channels."""
    kind: Any = SNConv2D if spectral_norm else ResampledConv2D
    start = initializers(initializer, inputs * kernel_size**2, gain)
    return kind(filters, kernel_size, padding="same", **start, **kwargs)


def generator_norm(conditional: bool, modulated: bool, sn: bool, name: str) -> Any:
    """Returns a norm of the generator.

    Args:
        conditional: whether it takes a condition.
        modulated: whether the condition is the latents.
        sn: whether the condition's linear layers are spectrally normalised.
        name: of the layer.
    """
    if not conditional:
        return BatchNormalization(epsilon=EPSILON, name=name)
    kind: Any = (
        SelfModulatedBatchNormalization if modulated else ConditionalBatchNormalization
    )
    return kind(spectral_norm=sn, epsilon=EPSILON, name=name)


@keras.saving.register_keras_serializable(package="tfgan_contra")
class SNGANGeneratorBlock(keras.layers.Layer):
    """norm-ReLU-up-conv-norm-ReLU-conv plus a convolution of the upsampled input.

    Args:
        filters: output channels, of both convolutions.
        upsampling: `bilinear`, `nearest` or `zero_insertion`.
        shortcut_kernel: size of the shortcut's convolution, 1 or 3.
        self_modulated: whether the condition is the latents (else one-hot labels).
        spectral_norm: for the convolutions and the norms' linear layers.
        initializer: of the kernels, as in `initializers`.
    """

    def __init__(
        self,
        filters: int,
        *,
        upsampling: str,
        shortcut_kernel: int,
        self_modulated: bool,
        spectral_norm: bool,
        initializer: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.upsampling = filters, upsampling
        self.shortcut_kernel, self.self_modulated = shortcut_kernel, self_modulated
        self.spectral_norm, self.initializer = spectral_norm, initializer

    def build(self, inputs_shape: Any, condition_shape: Any = None) -> None:
        """Builds for inputs `[B, H, W, C]`; without a condition the norms are plain."""
        inputs, up = inputs_shape[-1], RESAMPLE[self.upsampling]
        wide = (*inputs_shape[:-1], self.filters)
        conditions = () if condition_shape is None else (condition_shape,)
        norm = (bool(conditions), self.self_modulated, self.spectral_norm)
        common: dict[str, Any] = {
            "spectral_norm": self.spectral_norm,
            "initializer": self.initializer,
        }
        self.norm1 = generator_norm(*norm, "norm1")
        self.norm2 = generator_norm(*norm, "norm2")
        self.conv1 = convolution(
            self.filters, 3, inputs, gain=GAIN, resample=up, name="conv1", **common
        )
        self.conv2 = convolution(
            self.filters, 3, self.filters, gain=GAIN, name="conv2", **common
        )
        self.shortcut = convolution(
            self.filters,
            self.shortcut_kernel,
            inputs,
            resample=up,
            name="shortcut",
            **common,
        )
        self.norm1.build(inputs_shape, *conditions)
        self.norm2.build(wide, *conditions)
        self.conv1.build(inputs_shape)
        self.conv2.build(wide)
        self.shortcut.build(inputs_shape)

    def call(
        self,
        inputs: tf.Tensor,
        condition: Optional[tf.Tensor] = None,
        training: bool = False,
        track_statistics: bool = True,
    ) -> tf.Tensor:
        """Maps `[B, H, W, C]` to `[B, 2H, 2W, filters]`."""
        given = () if condition is None else (condition,)
        modes = {"training": training, "track_statistics": track_statistics}
        hidden = tf.nn.relu(self.norm1(inputs, *given, **modes))
        hidden = self.conv1(hidden, training=training)
        hidden = tf.nn.relu(self.norm2(hidden, *given, **modes))
        hidden = self.conv2(hidden, training=training)
        return hidden + self.shortcut(inputs, training=training)


@keras.saving.register_keras_serializable(package="tfgan_contra")
class SNGANDiscriminatorBlock(keras.layers.Layer):
    """ReLU-conv-ReLU-conv-(mean) plus a shortcut.

    The first block reads the image and has no ReLU before its convolutions. A shortcut
    without a convolution is the identity.

    Args:
        filters: output channels.
        downsample: whether to halve height and width.
        first: whether this block reads the image.
        shortcut_kernel: size of the shortcut's convolution: 1: only where size or
            channels change, or 3: in every block.
        rectified_shortcut: whether the shortcut sees the rectified input.
        hidden_channels: between the convolutions: as many as in the `input` or in the
            `output`; the first block always has the latter.
        spectral_norm: for the convolutions; nothing takes its place where it is off.
        initializer: of the kernels, as in `initializers`.
    """

    def __init__(
        self,
        filters: int,
        *,
        downsample: bool,
        first: bool,
        shortcut_kernel: int,
        rectified_shortcut: bool,
        hidden_channels: str,
        spectral_norm: bool,
        initializer: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.downsample, self.first = filters, downsample, first
        self.shortcut_kernel = shortcut_kernel
        self.rectified_shortcut = rectified_shortcut
        self.hidden_channels = hidden_channels
        self.spectral_norm, self.initializer = spectral_norm, initializer

    def build(self, input_shape: Any) -> None:
        """Builds for inputs `[B, H, W, C]`."""
        inputs, down = input_shape[-1], "down" if self.downsample else "none"
        narrow = self.hidden_channels == "input" and not self.first
        hidden = inputs if narrow else self.filters
        common: dict[str, Any] = {
            "spectral_norm": self.spectral_norm,
            "initializer": self.initializer,
        }
        self.conv1 = convolution(hidden, 3, inputs, gain=GAIN, name="conv1", **common)
        self.conv2 = convolution(
            self.filters, 3, hidden, gain=GAIN, resample=down, name="conv2", **common
        )
        self.conv1.build(input_shape)
        self.conv2.build((*input_shape[:-1], hidden))
        changes = self.downsample or inputs != self.filters
        self.has_shortcut = changes or self.shortcut_kernel > 1
        if self.has_shortcut:
            self.shortcut = convolution(
                self.filters,
                self.shortcut_kernel,
                inputs,
                resample=down,
                name="shortcut",
                **common,
            )
            self.shortcut.build(input_shape)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps `[B, H, W, C]` to `[B, H, W, filters]`, halved when downsampling."""
        rectified = inputs if self.first else tf.nn.relu(inputs)
        hidden = tf.nn.relu(self.conv1(rectified, training=training))
        hidden = self.conv2(hidden, training=training)
        beside = rectified if self.rectified_shortcut else inputs
        if self.has_shortcut:
            beside = self.shortcut(beside, training=training)
        return hidden + beside
