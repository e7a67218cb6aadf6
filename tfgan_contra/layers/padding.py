"""Padding at the borders, alone and joined with the convolution behind it."""

from collections.abc import Callable
from typing import Any, Optional

import keras
import numpy as np
import tensorflow as tf

from tfgan_contra.layers.convolution import ResampledConv2D

Function = Callable[[tf.Tensor], tf.Tensor]


@keras.saving.register_keras_serializable(package="tfgan_contra")
class ReflectionPadding2D(keras.layers.Layer):
    """Mirrors pixels at the borders; the border itself is not repeated.

    Args:
        size: pixels to add on each side.

    Raises:
        ValueError: in a call, for images of `size` pixels or fewer.
    """

    def __init__(self, size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = size

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Pads `[B, H, W, C]` to `[B, H + 2 size, W + 2 size, C]`."""
        return pad_reflected(inputs, self.size, self.size, training)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        return super().get_config() | {"size": self.size}


@keras.saving.register_keras_serializable(package="tfgan_contra")
class PaddedConv2D(ResampledConv2D):
    """A convolution that pads with a number of zeros, as PyTorch's does.

    Keras's `same` differs from it where the kernel is even or the stride is not 1.

    Args:
        filters: output channels.
        kernel_size: height and width.
        zeros: pixels to add on each side.
        **kwargs: everything else that `keras.layers.Conv2D` takes, but `padding`.
    """

    def __init__(
        self, filters: int, kernel_size: int, *, zeros: int = 0, **kwargs: Any
    ) -> None:
        kernel_side = kernel_size if isinstance(kernel_size, int) else kernel_size[0]
        # The same as `same` then, which needs no padded copy of the images.
        centred = (
            kwargs.get("strides", 1) in (1, (1, 1)) and kernel_side == 2 * zeros + 1
        )
        super().__init__(
            filters, kernel_size, padding="same" if centred else "valid", **kwargs
        )
        self.zeros = zeros

    def call(
        self,
        inputs: tf.Tensor,
        training: bool = False,
        prepare: Optional[Function] = None,
    ) -> tf.Tensor:
        """Convolves `[B, H, W, C]` to `[B, H', W', filters]`.

        Args:
            inputs: what to convolve.
            training: as of every layer.
            prepare: a cheap function without weights that comes first, such as norm and
                ReLU. Training keeps the inputs and not its result, which is computed
                again for the gradient.
        """
        if prepare is not None and not training:
            # An exported graph would carry the gradient of the other way.
            inputs, prepare = prepare(inputs), None
        if prepare is None:
            return super().call(self._padded(inputs), training=training)
        outputs = conv2d_of_prepared(
            inputs,
            self.effective_kernel(training),
            lambda images: self._padded(prepare(images)),
            self.strides[0],
            self.padding.upper(),
        )
        return self.with_bias_and_activation(outputs)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        """Returns the shape that padding, kernel and stride make."""
        batch, height, width, channels = input_shape
        if self.padding == "valid":
            height, width = (
                side if side is None else side + 2 * self.zeros
                for side in (height, width)
            )
        return super().compute_output_shape((batch, height, width, channels))

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        config = super().get_config()
        del config["padding"]
        return config | {"zeros": self.zeros}

    def _padded(self, images: tf.Tensor) -> tf.Tensor:
        if not self.zeros or self.padding == "same":
            return images
        sides = (self.zeros, self.zeros)
        return tf.pad(images, [(0, 0), sides, sides, (0, 0)])


def conv2d_of_prepared(
    images: tf.Tensor, kernel: tf.Tensor, prepare: Function, stride: int, padding: str
) -> tf.Tensor:
    """`conv2d(prepare(images), kernel)`, keeping the images alone for the gradient.

    Args:
        images: `[B, H, W, C]`.
        kernel: `[h, w, C', F]`.
        prepare: without weights; it is computed twice in training.
        stride: on both axes.
        padding: `SAME` or `VALID`.
    """
    options = {"strides": [1, stride, stride, 1], "padding": padding}

    @tf.custom_gradient
    def convolve(images: tf.Tensor, kernel: tf.Tensor) -> Any:
        """Convolves with the gradient written out."""
        outputs = tf.nn.conv2d(prepare(images), kernel, **options)

        def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            """Returns the gradients of images and kernel."""
            # Without waiting, it would be computed again before it is needed.
            with tf.control_dependencies([upstream]):
                again = tf.identity(images)
            with tf.GradientTape() as tape:
                tape.watch(again)
                prepared = prepare(again)
            of_prepared = tf.raw_ops.Conv2DBackpropInput(
                input_sizes=tf.shape(prepared),
                filter=kernel,
                out_backprop=upstream,
                **options,
            )
            of_kernel = tf.raw_ops.Conv2DBackpropFilter(
                input=prepared,
                filter_sizes=kernel.shape,
                out_backprop=upstream,
                **options,
            )
            of_images = tape.gradient(prepared, again, output_gradients=of_prepared)
            return of_images, of_kernel

        return outputs, gradient

    return convolve(images, kernel)


def pad_reflected(
    images: tf.Tensor, before: int, after: int, training: bool = False
) -> tf.Tensor:
    """Mirrors `[B, H, W, C]` at its borders.

    Args:
        images: larger than the padding on both axes.
        before: pixels to add above and at the left.
        after: pixels to add below and at the right.
        training: where the shape is known, gather the pixels by their places with a
            gradient of our own, forth and back in less time than `tf.pad`.

    Raises:
        ValueError: if the images are known to be too small to be mirrored.
    """
    least = max(before, after) + 1
    if any(side is not None and side < least for side in images.shape[1:3]):
        raise ValueError(
            f"images must have {least} pixels or more on each side to be mirrored at "
            f"the border. Received: {images.shape[1]}x{images.shape[2]}"
        )
    if training and images.shape.is_fully_defined():
        return _gather_mirrored(images, before, after)
    sides = (before, after)
    return tf.pad(images, [(0, 0), sides, sides, (0, 0)], "REFLECT")


def _gather_mirrored(images: tf.Tensor, before: int, after: int) -> tf.Tensor:
    """Returns the mirrored images; see `pad_reflected`."""
    batch, height, width, channels = images.shape
    rows, columns = (
        np.pad(np.arange(side, dtype=np.int32), (before, after), "reflect")
        for side in (height, width)
    )
    # Which pixel stands where, and where the ones stand that are mirrored.
    places = rows[:, None] * width + columns
    inside = slice(before, before + height), slice(before, before + width)
    added = np.ones(places.shape, bool)
    added[inside] = False
    copies = np.flatnonzero(added)
    firsts = np.arange(batch)[:, None] * (height * width)
    originals = (firsts + places.reshape(-1)[copies]).reshape(-1, 1)

    @tf.custom_gradient
    def take(pixels: tf.Tensor) -> Any:
        """Takes the pixels with the gradient written out."""

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            """Adds the gradients of copies to those of their pixels."""
            by_place = tf.reshape(upstream, [batch, places.size, channels])
            of_copies = tf.gather(by_place, copies, axis=1)
            folded = tf.tensor_scatter_nd_add(
                tf.reshape(upstream[:, inside[0], inside[1]], [-1, channels]),
                originals.astype(np.int32),
                tf.reshape(of_copies, [-1, channels]),
            )
            return tf.reshape(folded, pixels.shape)

        padded = tf.gather(pixels, places.reshape(-1), axis=1)
        return tf.reshape(padded, [batch, *places.shape, channels]), gradient

    return take(tf.reshape(images, [batch, height * width, channels]))
