"""InfoMax-GAN's projections of local and global features."""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.networks.sngan_blocks import convolution, dense

INITIALIZER = "xavier"


class _Projection(keras.layers.Layer):
    """A hidden layer, ReLU and an output layer, with a linear layer beside them.

    In float32 whatever the networks compute in: scores of projected features have no
    bound.

    Args:
        features: channels of the input, and of the hidden layer.
        size: channels of the output.
        spectral_norm: whether all three layers are normalised.
    """

    def __init__(
        self, features: int, size: int, spectral_norm: bool, **kwargs: Any
    ) -> None:
        super().__init__(dtype="float32", **kwargs)
        self.hidden, self.output_layer, self.shortcut = (
            self._layer(units, features, spectral_norm, name)
            for units, name in (
                (features, "hidden"),
                (size, "output"),
                (size, "shortcut"),
            )
        )
        self.build(self._input_shape(features))

    def build(self, input_shape: Any) -> None:
        """Builds all three layers for inputs of this shape."""
        self.shortcut.build(input_shape)
        self.hidden.build(input_shape)
        self.output_layer.build(input_shape)
        self.built = True

    @property
    def parts(self) -> tuple[Any, Any, Any]:
        """The hidden layer, the output, and what goes beside both."""
        return self.hidden, self.output_layer, self.shortcut

    def call(self, features: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Projects the last axis."""
        features = tf.cast(features, tf.float32)
        hidden = tf.nn.relu(self.hidden(features, training=training))
        projected = self.output_layer(hidden, training=training)
        return projected + self.shortcut(features, training=training)


class DenseProjection(_Projection):
    """Projects `[B, F]` to `[B, size]`."""

    @staticmethod
    def _layer(units: int, inputs: int, spectral_norm: bool, name: str) -> Any:
        return dense(
            units,
            inputs,
            spectral_norm=spectral_norm,
            initializer=INITIALIZER,
            name=name,
        )

    @staticmethod
    def _input_shape(features: int) -> tuple:
        return (None, features)


class ConvProjection(_Projection):
    """Projects `[B, h, w, F]` to `[B, h, w, size]` by 1x1 convolutions."""

    @staticmethod
    def _layer(units: int, inputs: int, spectral_norm: bool, name: str) -> Any:
        return convolution(
            units,
            1,
            inputs,
            spectral_norm=spectral_norm,
            initializer=INITIALIZER,
            name=name,
        )

    @staticmethod
    def _input_shape(features: int) -> tuple:
        return (None, None, None, features)
