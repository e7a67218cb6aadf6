"""StyleGAN2's layers with an equalised learning rate, as SinCUT uses them.

Kernels are drawn from N(0, 1) and divided by the square root of their fan-in at every
call. Activations are leaky ReLU with slope 0.2, times sqrt(2). Resampling goes through
the blur [1, 3, 3, 1].

Source: Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", CVPR
2020 (arXiv 1912.04958), in the form of the CUT authors' code.
"""

from typing import Any, Optional

import keras
import tensorflow as tf

from tfgan_contra.layers.blur import blur

BLUR_SIZE = 4
SLOPE = 0.2
# Of an activation: it keeps the variance.
GAIN = 2**0.5
DEMODULATION_EPSILON = 1e-8


class EqualizedLayer(keras.layers.Layer):
    """What the layers with an equalised learning rate share.

    A factor `gain` of the result is put into kernel and bias, which are small: leaky
    ReLU of `gain * x` is `gain` times leaky ReLU of `x`.

    Args:
        gain: the factor.
    """

    def __init__(self, *, gain: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.gain = gain

    def add_kernel(self, shape: tuple[int, ...], fan_in: int) -> None:
        """Makes `kernel`, to be used as `scaled_kernel()`."""
        self.kernel = self.add_weight(
            name="kernel",
            shape=shape,
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            autocast=False,
        )
        self.kernel_scale = fan_in**-0.5

    def add_bias(self, size: int) -> None:
        """Makes `bias`, zeros."""
        self.bias = self.add_weight(
            name="bias", shape=(size,), initializer="zeros", autocast=False
        )

    def scaled_kernel(self) -> tf.Tensor:
        """Returns the float32 kernel times `gain`, over the root of its fan-in."""
        return self.gain * self.kernel_scale * tf.convert_to_tensor(self.kernel)

    def with_bias(self, outputs: tf.Tensor) -> tf.Tensor:
        """Returns the outputs plus the bias times `gain`."""
        bias = self.gain * tf.convert_to_tensor(self.bias)
        return tf.nn.bias_add(outputs, tf.cast(bias, outputs.dtype))

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        return super().get_config() | {"gain": self.gain}


@keras.saving.register_keras_serializable(package="tfgan_contra")
class EqualizedConv2D(EqualizedLayer):
    """A convolution with zero padding; with `downsample` half the size after a blur.

    Args:
        filters: output channels.
        kernel_size: 1 or 3.
        downsample: whether to halve the size, rounded down.
        activate: whether a bias and the leaky ReLU follow; without, there is neither.
        gain: a factor of the result.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        *,
        downsample: bool = False,
        activate: bool = True,
        gain: float = GAIN,
        **kwargs: Any,
    ) -> None:
        super().__init__(gain=gain, **kwargs)
        self.filters, self.kernel_size = filters, kernel_size
        self.downsample, self.activate = downsample, activate

    def build(self, input_shape: Any) -> None:
        """Makes the kernel and, where an activation follows, the bias."""
        side, channels = self.kernel_size, input_shape[-1]
        self.add_kernel((side, side, channels, self.filters), side * side * channels)
        if self.activate:
            self.add_bias(self.filters)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps `[B, H, W, C]` to `[B, H, W, filters]`, or half of it."""
        kernel = tf.cast(self.scaled_kernel(), inputs.dtype)
        if not self.downsample:
            outputs = tf.nn.conv2d(inputs, kernel, 1, "SAME")
        elif self.kernel_size == 1:
            # Of the blurred pixels a 1x1 kernel reads only every other one.
            halved = blur(inputs, BLUR_SIZE, 1, 1, stride=2)
            outputs = tf.nn.conv2d(halved, kernel, 1, "VALID")
        else:
            outputs = tf.nn.conv2d(blur(inputs, BLUR_SIZE, 2, 2), kernel, 2, "VALID")
        if not self.activate:
            return outputs
        return tf.nn.leaky_relu(self.with_bias(outputs), SLOPE)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        return super().get_config() | {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "downsample": self.downsample,
            "activate": self.activate,
        }


@keras.saving.register_keras_serializable(package="tfgan_contra")
class EqualizedDense(EqualizedLayer):
    """A linear layer with bias.

    Args:
        units: output channels.
        activate: whether the leaky ReLU follows.
        gain: a factor of the result; GAIN belongs to an activation.
    """

    def __init__(
        self, units: int, *, activate: bool = False, gain: float = 1.0, **kwargs: Any
    ) -> None:
        super().__init__(gain=gain, **kwargs)
        self.units, self.activate = units, activate

    def build(self, input_shape: Any) -> None:
        """Makes kernel and bias."""
        self.add_kernel((input_shape[-1], self.units), input_shape[-1])
        self.add_bias(self.units)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps `[B, C]` to `[B, units]`."""
        kernel = tf.cast(self.scaled_kernel(), inputs.dtype)
        outputs = self.with_bias(tf.matmul(inputs, kernel))
        return tf.nn.leaky_relu(outputs, SLOPE) if self.activate else outputs

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        return super().get_config() | {"units": self.units, "activate": self.activate}


@keras.saving.register_keras_serializable(package="tfgan_contra")
class EqualizedResidualBlock(keras.layers.Layer):
    """Two 3x3 convolutions plus a shortcut, over sqrt(2).

    The shortcut is the input, or a 1x1 convolution of it where size or channels change.

    Args:
        filters: output channels.
        downsample: whether the second convolution halves the size.
    """

    def __init__(
        self, filters: int, *, downsample: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.downsample = filters, downsample

    def build(self, input_shape: Any) -> None:
        """Builds for inputs `[B, H, W, C]`."""
        channels = input_shape[-1]
        self.conv1 = EqualizedConv2D(channels, 3, name="conv1")
        # Its activation's gain and the sum's 1 / sqrt(2) cancel out.
        self.conv2 = EqualizedConv2D(
            self.filters, 3, downsample=self.downsample, gain=1.0, name="conv2"
        )
        self.conv1.build(input_shape)
        self.conv2.build(input_shape)
        self.has_shortcut = self.downsample or channels != self.filters
        if self.has_shortcut:
            self.shortcut = EqualizedConv2D(
                self.filters,
                1,
                downsample=self.downsample,
                activate=False,
                gain=1 / GAIN,
                name="shortcut",
            )
            self.shortcut.build(input_shape)

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps `[B, H, W, C]` to `[B, H, W, filters]`, or half of it."""
        shortcut = self.shortcut(inputs) if self.has_shortcut else inputs / GAIN
        return self.conv2(self.conv1(inputs)) + shortcut

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        return super().get_config() | {
            "filters": self.filters,
            "downsample": self.downsample,
        }


@keras.saving.register_keras_serializable(package="tfgan_contra")
class UpsamplingConv2D(EqualizedLayer):
    """StyleGAN2's upsampling 3x3 convolution without a style, with noise.

    Kernels are demodulated, that is divided by the length of each output channel's;
    a transposed convolution and a blur double the size; noise times a learned strength,
    0 at first, is added to all channels alike; bias and leaky ReLU follow.

    Args:
        filters: output channels.
        gain: a factor of the result.
    """

    def __init__(self, filters: int, *, gain: float = GAIN, **kwargs: Any) -> None:
        super().__init__(gain=gain, **kwargs)
        self.filters = filters

    def build(self, input_shape: Any) -> None:
        """Makes the kernel `[3, 3, filters, C]`, the noise's strength and the bias."""
        channels = input_shape[-1]
        self.add_kernel((3, 3, self.filters, channels), 9 * channels)
        self.noise_strength = self.add_weight(
            name="noise_strength", shape=(), initializer="zeros", autocast=False
        )
        self.add_bias(self.filters)

    def call(self, inputs: tf.Tensor, noise: Optional[tf.Tensor] = None) -> tf.Tensor:
        """Maps `[B, H, W, C]` to `[B, 2H, 2W, filters]`.

        Args:
            inputs: the activations.
            noise: `[B, 2H, 2W, 1]` of N(0, 1); None: no noise.
        """
        # Three of four pixels are zeros before the blur, hence the factor 4.
        kernel = tf.cast(4.0 * self.gain * self._unit_kernel(), inputs.dtype)
        batch, height, width, _ = tf.unstack(tf.shape(inputs))
        shape = [batch, 2 * height + 1, 2 * width + 1, self.filters]
        outputs = tf.nn.conv2d_transpose(inputs, kernel, shape, 2, "VALID")
        outputs = blur(outputs, BLUR_SIZE, 1, 1)
        if noise is not None:
            strength = self.gain * tf.convert_to_tensor(self.noise_strength)
            outputs += tf.cast(strength * tf.cast(noise, tf.float32), outputs.dtype)
        return tf.nn.leaky_relu(self.with_bias(outputs), SLOPE)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        return super().get_config() | {"filters": self.filters}

    def _unit_kernel(self) -> tf.Tensor:
        """Returns the kernel with every output channel's of length 1."""
        kernel = self.kernel_scale * tf.convert_to_tensor(self.kernel)
        square = tf.reduce_sum(tf.square(kernel), axis=[0, 1, 3], keepdims=True)
        return kernel * tf.math.rsqrt(square + DEMODULATION_EPSILON)
