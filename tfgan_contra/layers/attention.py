"""Attention between the positions of a feature map, or of two."""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.layers.convolution import ResampledConv2D
from tfgan_contra.layers.spectral_norm import SNConv2D


class Attention(keras.layers.Layer):
    """What self-attention and reference attention share: SAGAN's block.

    Args:
        spectral_norm: whether the four convolutions are spectrally normalised.
    """

    def __init__(self, *, spectral_norm: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.spectral_norm = spectral_norm

    def make_layers(self, input_shape: Any) -> None:
        """Builds the four 1x1 convolutions and the gate for `[B, H, W, C]`."""
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

    def attend(
        self, inputs: tf.Tensor, reference: tf.Tensor, training: bool
    ) -> tf.Tensor:
        """Adds to each position of the inputs what it reads in the reference.

        Args:
            inputs: `[B, H, W, C]`, where the queries come from.
            reference: `[B, H', W', C]`, where keys and values come from.
            training: whether spectral norm does an iteration.
        """
        queries = _positions(self.theta(inputs, training=training))
        keys = _positions(_max_pool(self.phi(reference, training=training)))
        values = _positions(_max_pool(self.g(reference, training=training)))
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


@keras.saving.register_keras_serializable(package="tfgan_contra")
class SelfAttention(Attention):
    """Adds to each position what it attends to elsewhere in the feature map.

    `y = x + gate * out(softmax(theta(x) phi(x)') g(x))`: theta and phi have C/8
    channels, g has C/2, keys and values are max-pooled 2x2, the scores are not scaled,
    the convolutions are 1x1 without bias and `gate` starts at 0.

    Args:
        spectral_norm: whether the four convolutions are spectrally normalised.

    Source: Zhang et al., "SAGAN", ICML 2019 (arXiv 1805.08318), in the form of
    BigGAN's and the ContraGAN authors' code.
    """

    def build(self, input_shape: Any) -> None:
        """Builds the four 1x1 convolutions and the gate."""
        self.make_layers(input_shape)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps `[B, H, W, C]` to the same shape; H and W even."""
        return self.attend(inputs, inputs, training)


@keras.saving.register_keras_serializable(package="tfgan_contra")
class ReferenceAttention(Attention):
    """Adds to each position what it attends to in another image's feature map.

    `y = x + gate * out(softmax(theta(x) phi(r)') g(r))`, r being the features of a
    reference: a discriminator then judges x beside an image that is known to be real.
    With x itself as the reference it is `SelfAttention`, whose weights these are.

    Args:
        spectral_norm: whether the four convolutions are spectrally normalised.

    Source: the idea is that of Yu et al., "Dual Contrastive Loss and Attention for
    GANs", ICCV 2021 (arXiv 2103.16748). They published no code: that queries come from
    the image to judge, keys and values from the reference, and that the block has the
    form of SAGAN's, is this library's choice.
    """

    def build(self, inputs_shape: Any, reference_shape: Any) -> None:
        """Builds the four 1x1 convolutions and the gate.

        Raises:
            ValueError: if the reference has not the inputs' number of channels.
        """
        if reference_shape[-1] != inputs_shape[-1]:
            raise ValueError(
                "inputs and reference must have equally many channels. "
                f"Received: {inputs_shape[-1]} and {reference_shape[-1]}"
            )
        self.make_layers(inputs_shape)

    def call(
        self, inputs: tf.Tensor, reference: tf.Tensor, training: bool = False
    ) -> tf.Tensor:
        """Maps `[B, H, W, C]` and references `[B, H', W', C]` to the inputs' shape.

        Args:
            inputs: features of the images to judge.
            reference: features of one reference for each of them, by the same layers.
            training: whether spectral norm does an iteration.
        """
        return self.attend(inputs, reference, training)


def _positions(features: tf.Tensor) -> tf.Tensor:
    shape = tf.shape(features)
    flat = tf.stack([shape[0], shape[1] * shape[2], features.shape[-1]])
    return tf.reshape(features, flat)


def _max_pool(features: tf.Tensor) -> tf.Tensor:
    return tf.nn.max_pool2d(features, 2, 2, "VALID")
