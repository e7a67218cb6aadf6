"""Batch normalisation with the authors' conventions, plain and conditional.

Statistics are those of the global batch (all replicas). Running averages use momentum
0.9 in Keras's sense (PyTorch's 0.1) and, unless told otherwise, the unbiased variance,
as PyTorch does.
"""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra import distribution
from tfgan_contra.layers.spectral_norm import SNDense


@keras.saving.register_keras_serializable(package="tfgan_contra")
class BatchNormalization(keras.layers.Layer):
    """Normalises each channel over batch and space, over all replicas.

    `y = (x - mean) / sqrt(variance + epsilon) * gamma + beta`.

    Args:
        momentum: share of the old running average that is kept.
        epsilon: added to the variance.
        affine: whether gamma and beta are learned.
        unbiased: whether the running variance averages unbiased variances of batches
            (PyTorch), or biased ones, as a batch itself is normalised (TensorFlow).
    """

    def __init__(
        self,
        *,
        momentum: float = 0.9,
        epsilon: float = 1e-4,
        affine: bool = True,
        unbiased: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.momentum, self.epsilon, self.affine = momentum, epsilon, affine
        self.unbiased = unbiased

    def build(self, input_shape: Any) -> None:
        """Makes gamma, beta and the running statistics, all float32."""
        shape = (input_shape[-1],)

        def weight(name: str, value: str, trainable: bool) -> keras.Variable:
            """Makes one vector of the layer."""
            return self.add_weight(
                name=name,
                shape=shape,
                initializer=value,
                trainable=trainable,
                autocast=False,
            )

        if self.affine:
            self.gamma = weight("gamma", "ones", True)
            self.beta = weight("beta", "zeros", True)
        self.moving_mean = weight("moving_mean", "zeros", False)
        self.moving_variance = weight("moving_variance", "ones", False)

    def call(
        self,
        inputs: tf.Tensor,
        training: bool = False,
        track_statistics: bool = True,
    ) -> tf.Tensor:
        """Normalises `[B, H, W, C]`.

        Args:
            inputs: the activations.
            training: whether to use the batch's statistics (else the running ones).
            track_statistics: whether a training call moves the running ones.
        """
        scale, shift = self.scale_and_shift(inputs, training, track_statistics)
        if self.affine:
            gamma = tf.convert_to_tensor(self.gamma)
            scale, shift = (
                scale * gamma,
                shift * gamma + tf.convert_to_tensor(self.beta),
            )
        dtype = inputs.dtype
        return inputs * tf.cast(scale, dtype) + tf.cast(shift, dtype)

    def scale_and_shift(
        self, inputs: tf.Tensor, training: bool, track_statistics: bool
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns `[C]` scale and shift that normalise the inputs without affine."""
        if training:
            mean, variance = self._batch_moments(inputs, track_statistics)
        else:
            mean = tf.convert_to_tensor(self.moving_mean)
            variance = tf.convert_to_tensor(self.moving_variance)
        scale = tf.math.rsqrt(variance + self.epsilon)
        return scale, -mean * scale

    def reset_statistics(self) -> None:
        """Puts the running statistics back to their start."""
        self.moving_mean.assign(tf.zeros_like(self.moving_mean))
        self.moving_variance.assign(tf.ones_like(self.moving_variance))

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        return super().get_config() | {
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "affine": self.affine,
            "unbiased": self.unbiased,
        }

    def _batch_moments(
        self, inputs: tf.Tensor, track: bool
    ) -> tuple[tf.Tensor, tf.Tensor]:
        inputs = tf.cast(inputs, tf.float32)
        axes = list(range(inputs.shape.rank - 1))
        mean = distribution.all_reduce_mean(tf.reduce_mean(inputs, axes))
        deviation = tf.math.squared_difference(inputs, mean)
        variance = distribution.all_reduce_mean(tf.reduce_mean(deviation, axes))
        if track:
            self._track(self.moving_mean, mean)
            correction = _bessel(inputs) if self.unbiased else 1.0
            self._track(self.moving_variance, variance * correction)
        return mean, variance

    def _track(self, average: keras.Variable, value: tf.Tensor) -> None:
        old = tf.convert_to_tensor(average)
        average.assign(old + (tf.stop_gradient(value) - old) * (1.0 - self.momentum))


@keras.saving.register_keras_serializable(package="tfgan_contra")
class ConditionalBatchNormalization(keras.layers.Layer):
    """Batch normalisation whose scale and shift come from a condition.

    `y = normalised(x) * (1 + gain(c)) + bias(c)`, gain and bias being bias-free linear
    layers of the condition (a one-hot label, or a class embedding with latents).

    Args:
        spectral_norm: whether gain and bias are spectrally normalised.
        momentum: as in `BatchNormalization`.
        epsilon: as in `BatchNormalization`.

    Source: de Vries et al., NeurIPS 2017 (arXiv 1707.00683); Brock et al., "BigGAN",
    ICLR 2019 (arXiv 1809.11096). Equal to the ContraGAN authors' code.
    """

    def __init__(
        self,
        *,
        spectral_norm: bool = False,
        momentum: float = 0.9,
        epsilon: float = 1e-4,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.spectral_norm, self.momentum, self.epsilon = (
            spectral_norm,
            momentum,
            epsilon,
        )
        self.norm = BatchNormalization(
            momentum=momentum, epsilon=epsilon, affine=False, name="norm"
        )

    def build(self, inputs_shape: Any, condition_shape: Any) -> None:
        """Builds the normalisation and the two linear layers."""
        dense = SNDense if self.spectral_norm else keras.layers.Dense
        options: dict[str, Any] = {
            "use_bias": False,
            "kernel_initializer": "orthogonal",
        }
        self.gain = dense(inputs_shape[-1], name="gain", **options)
        self.bias = dense(inputs_shape[-1], name="bias", **options)
        self.norm.build(inputs_shape)
        self.gain.build(condition_shape)
        self.bias.build(condition_shape)

    def call(
        self,
        inputs: tf.Tensor,
        condition: tf.Tensor,
        training: bool = False,
        track_statistics: bool = True,
    ) -> tf.Tensor:
        """Normalises `[B, H, W, C]` under a condition `[B, K]`."""
        normalisation = self.norm.scale_and_shift(inputs, training, track_statistics)
        gain_BC = 1.0 + tf.cast(self.gain(condition, training=training), tf.float32)
        bias_BC = tf.cast(self.bias(condition, training=training), tf.float32)
        return modulate(inputs, normalisation, gain_BC, bias_BC)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        return super().get_config() | {
            "spectral_norm": self.spectral_norm,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
        }


def modulate(
    inputs: tf.Tensor,
    normalisation: tuple[tf.Tensor, tf.Tensor],
    gain_BC: tf.Tensor,
    bias_BC: tf.Tensor,
) -> tf.Tensor:
    """Returns `gain * normalised(inputs) + bias`, gain and bias being an image's own.

    One multiplication and one addition per pixel: normalisation and condition are
    joined at the size `[B, C]` first.

    Args:
        inputs: `[B, H, W, C]`.
        normalisation: `[C]` scale and shift of a `BatchNormalization`, float32.
        gain_BC: `[B, C]` float32.
        bias_BC: `[B, C]` float32.
    """
    scale_C, shift_C = normalisation
    scale_BC = tf.cast(gain_BC * scale_C, inputs.dtype)
    shift_BC = tf.cast(gain_BC * shift_C + bias_BC, inputs.dtype)
    return inputs * scale_BC[:, None, None] + shift_BC[:, None, None]


def batch_norm_layers(model: keras.layers.Layer) -> list[BatchNormalization]:
    """Returns every batch normalisation of a built model, in a fixed order."""
    layers = model._flatten_layers()
    return [layer for layer in layers if isinstance(layer, BatchNormalization)]


def _bessel(inputs: tf.Tensor) -> tf.Tensor:
    """Returns n / (n - 1), n being a channel's values on all replicas."""
    count = tf.size(inputs) // tf.shape(inputs)[-1]
    count = tf.cast(count * distribution.num_replicas(), tf.float32)
    # One value in all has no unbiased variance; keep the biased one then.
    return count / tf.maximum(count - 1.0, 1.0)
