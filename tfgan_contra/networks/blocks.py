"""Residual blocks of SNResGAN and BigGAN, and what both families share."""

from typing import Any, Optional

import keras
import tensorflow as tf

from tfgan_contra.layers.conditional_norm import (
    BatchNormalization,
    ConditionalBatchNormalization,
)
from tfgan_contra.layers.convolution import ResampledConv2D
from tfgan_contra.layers.resampling import average_pool
from tfgan_contra.layers.spectral_norm import SNConv2D


def convolution(spectral_norm: bool, initializer: str, **kwargs: Any) -> Any:
    """Returns a same-padded convolution, spectrally normalised or plain."""
    conv = SNConv2D if spectral_norm else ResampledConv2D
    return conv(padding="same", kernel_initializer=initializer, **kwargs)


@keras.saving.register_keras_serializable(package="tfgan_contra")
class GeneratorBlock(keras.layers.Layer):
    """norm-ReLU-up-conv-norm-ReLU-conv plus a 1x1 convolution of the upsampled input.

    Args:
        filters: output channels.
        spectral_norm: for the convolutions and the norms' linear layers.
        initializer: of the kernels.
    """

    def __init__(
        self, filters: int, *, spectral_norm: bool, initializer: str, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.spectral_norm = filters, spectral_norm
        self.initializer = initializer

    def build(self, inputs_shape: Any, condition_shape: Any = None) -> None:
        """Builds for inputs `[B, H, W, C]`; without a condition the norms are plain."""

        def conv(name: str, size: int, resample: str) -> Any:
            """Makes one convolution of the block."""
            return convolution(
                self.spectral_norm,
                self.initializer,
                filters=self.filters,
                kernel_size=size,
                resample=resample,
                name=name,
            )

        def norm(name: str) -> Any:
            """Makes one norm of the block."""
            if condition_shape is None:
                return BatchNormalization(name=name)
            return ConditionalBatchNormalization(
                spectral_norm=self.spectral_norm, name=name
            )

        self.norm1, self.norm2 = norm("norm1"), norm("norm2")
        self.shortcut = conv("shortcut", 1, "up")
        self.conv1, self.conv2 = conv("conv1", 3, "up"), conv("conv2", 3, "none")
        wide = (*inputs_shape[:-1], self.filters)
        shapes = () if condition_shape is None else (condition_shape,)
        self.norm1.build(inputs_shape, *shapes)
        self.norm2.build(wide, *shapes)
        self.shortcut.build(inputs_shape)
        self.conv1.build(inputs_shape)
        self.conv2.build(wide)

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
class DiscriminatorBlock(keras.layers.Layer):
    """ReLU-conv-ReLU-conv-(pool) plus the shortcut of the *rectified* input.

    The authors' ReLU works in place, so under spectral norm the shortcut sees relu(x)
    as well; ignoring it changes the logits by far more than rounding. Where batch
    norm stands before the ReLU it does not, and the shortcut has a norm of its own;
    that of the first block sees the image after pooling.

    Args:
        filters: output channels.
        downsample: whether to halve height and width.
        first: whether this block reads the image (no ReLU, no norm before it).
        spectral_norm: for the convolutions; without it, batch norm before each ReLU.
        initializer: of the kernels.
    """

    def __init__(
        self,
        filters: int,
        *,
        downsample: bool,
        first: bool,
        spectral_norm: bool,
        initializer: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.downsample, self.first = filters, downsample, first
        self.spectral_norm, self.initializer = spectral_norm, initializer

    def build(self, input_shape: Any) -> None:
        """Builds for inputs `[B, H, W, C]`."""

        def conv(name: str, size: int, resample: str) -> Any:
            """Makes one convolution of the block."""
            return convolution(
                self.spectral_norm,
                self.initializer,
                filters=self.filters,
                kernel_size=size,
                resample=resample,
                name=name,
            )

        down = "down" if self.downsample else "none"
        wide = (*input_shape[:-1], self.filters)
        self.has_shortcut = self.downsample or input_shape[-1] != self.filters
        batch_norm = not self.spectral_norm
        if batch_norm and self.has_shortcut:
            self.norm0 = BatchNormalization(name="norm0")
            self.norm0.build(input_shape)
        if batch_norm:
            # Numbered as the authors do: the first block has none before `conv1`.
            self.norm1 = BatchNormalization(name="norm1")
            self.norm1.build(wide if self.first else input_shape)
        if batch_norm and not self.first:
            self.norm2 = BatchNormalization(name="norm2")
            self.norm2.build(wide)
        # The norm sees other variances before pooling than after it.
        self.pools_image = batch_norm and self.first and self.downsample
        if self.has_shortcut:
            resample = "none" if self.pools_image else down
            self.shortcut = conv("shortcut", 1, resample)
            self.shortcut.build(input_shape)
        self.conv1, self.conv2 = conv("conv1", 3, "none"), conv("conv2", 3, down)
        self.conv1.build(input_shape)
        self.conv2.build(wide)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps `[B, H, W, C]` to `[B, H, W, filters]`, halved when downsampling."""
        if self.spectral_norm:
            inputs = inputs if self.first else tf.nn.relu(inputs)
            hidden = tf.nn.relu(self.conv1(inputs, training=training))
        elif self.first:
            hidden = self.conv1(inputs, training=training)
            hidden = tf.nn.relu(self.norm1(hidden, training=training))
        else:
            hidden = tf.nn.relu(self.norm1(inputs, training=training))
            hidden = self.conv1(hidden, training=training)
            hidden = tf.nn.relu(self.norm2(hidden, training=training))
        hidden = self.conv2(hidden, training=training)
        if not self.has_shortcut:
            return hidden + inputs
        if self.pools_image:
            inputs = average_pool(inputs)
        if not self.spectral_norm:
            inputs = self.norm0(inputs, training=training)
        return hidden + self.shortcut(inputs, training=training)
