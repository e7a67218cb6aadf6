"""Self-attention between the positions of a feature map."""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.layers.convolution import ResampledConv2D
from tfgan_contra.layers.spectral_norm import SNConv2D


@keras.saving.register_keras_serializable(package="tfgan_contra")
class SelfAttention(keras.layers.Layer):
    """Adds to each position what it attends to elsewhere in the feature map.

    `y = x + gate * out(softmax(theta(x) phi(x)') g(x))`: theta and phi have C/8
    channels, g has C/2, keys and values are max-pooled 2x2, the scores are not scaled,
    the convolutions are 1x1 without bias and `gate` starts at 0.

    Args:
        spectral_norm: whether the four convolutions are spectrally normalised.

    Source: Zhang et al., "SAGAN", ICML 2019 (arXiv 1805.08318), in the form of
    BigGAN's and the ContraGAN authors' code.
    """

    def __init__(self, *, spectral_norm: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.spectral_norm = spectral_norm

    def build(self, input_shape: Any) -> None:
        """Builds the four 1x1 convolutions and the gate."""
        channels = input_shape[-1]
        conv = SNConv2D if self.spectral_norm else ResampledConv2D
        options: dict[str, Any] = {
            "use_bias": False,
            "kernel_initializer": "orthogonal",
        }
        self.theta = conv(channels // 8, 1, name="theta", **options)
        self.phi = conv(channels // 8, 1, name="phi", **options)
        self.g = conv(channels // 2, 1, name="g", **options)
        self.out = conv(channels, 1, name="out", **options)
        for layer in (self.theta, self.phi, self.g):
            layer.build(input_shape)
        self.out.build((*input_shape[:-1], channels // 2))
        self.gate = self.add_weight(
            name="gate", shape=(), initializer="zeros", autocast=False
        )

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps `[B, H, W, C]` to the same shape; H and W even."""
        queries = _positions(self.theta(inputs, training=training))
        keys = _positions(_max_pool(self.phi(inputs, training=training)))
        values = _positions(_max_pool(self.g(inputs, training=training)))
        scores = tf.matmul(queries, keys, transpose_b=True)
        weights = tf.cast(tf.nn.softmax(tf.cast(scores, tf.float32)), values.dtype)
        read = tf.matmul(weights, values)
        shape = tf.concat([tf.shape(inputs)[:-1], [values.shape[-1]]], axis=0)
        read = tf.ensure_shape(
            tf.reshape(read, shape), (*inputs.shape[:-1], values.shape[-1])
        )
        gate = tf.cast(tf.convert_to_tensor(self.gate), inputs.dtype)
        return inputs + gate * self.out(read, training=training)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        return super().get_config() | {"spectral_norm": self.spectral_norm}


def _positions(features: tf.Tensor) -> tf.Tensor:
    shape = tf.shape(features)
    flat = tf.stack([shape[0], shape[1] * shape[2], features.shape[-1]])
    return tf.reshape(features, flat)


def _max_pool(features: tf.Tensor) -> tf.Tensor:
    return tf.nn.max_pool2d(features, 2, 2, "VALID")
