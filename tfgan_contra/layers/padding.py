"""Padding at the borders, alone and joined with the convolution behind it."""

from collections.abc import Callable
from typing import Any, Optional

import keras
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

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Pads `[B, H, W, C]` to `[B, H + 2 size, W + 2 size, C]`."""
        return pad_reflected(inputs, self.size, self.size)

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


def pad_reflected(images: tf.Tensor, before: int, after: int) -> tf.Tensor:
    """Mirrors `[B, H, W, C]` at its borders.

    The pixels are gathered by their places, in a third of the time of `tf.pad`.

    Args:
        images: larger than the padding on both axes.
        before: pixels to add above and at the left.
        after: pixels to add below and at the right.

    Raises:
        ValueError: if the images are known to be too small to be mirrored.
    """
    least = max(before, after) + 1
    if any(side is not None and side < least for side in images.shape[1:3]):
        raise ValueError(
            f"images must have {least} pixels or more on each side to be mirrored at "
            f"the border. Received: {images.shape[1]}x{images.shape[2]}"
        )
    height, width = (images.shape[axis] or tf.shape(images)[axis] for axis in (1, 2))
    rows, columns = (_mirrored(side, before, after) for side in (height, width))
    places = rows[:, None] * width + columns[None, :]
    batch, channels = tf.shape(images)[0], images.shape[3]

    @tf.custom_gradient
    def take(pixels: tf.Tensor) -> Any:
        """Takes the pixels with the gradient written out."""

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            """Adds the gradients of copies to those of their pixels."""
            folded = _fold_back(upstream, places, before, height, width)
            return tf.reshape(folded, tf.shape(pixels))

        padded = tf.gather(pixels, tf.reshape(places, [-1]), axis=1)
        added = before + after
        sides = [height + added, width + added]
        return tf.reshape(padded, [batch, *sides, channels]), gradient

    padded = take(tf.reshape(images, [batch, height * width, channels]))
    return tf.ensure_shape(padded, [images.shape[0], None, None, channels])


def _mirrored(side: Any, before: int, after: int) -> tf.Tensor:
    """Returns the place of every pixel of a padded row in the row as it was."""
    last = side - 1
    return last - tf.abs(last - tf.abs(tf.range(-before, side + after)))


def _fold_back(
    upstream: tf.Tensor, places: tf.Tensor, before: int, height: Any, width: Any
) -> tf.Tensor:
    """Returns the gradient of pixels from that of the mirrored images.

    Args:
        upstream: `[B, H', W', C]`.
        places: `[H', W']`, which pixel `y * W + x` stands where.
        before: pixels added above and at the left.
        height: H.
        width: W.

    Returns:
        `[B * H * W, C]`.
    """
    batch, channels = tf.shape(upstream)[0], upstream.shape[3]
    rows, columns = (slice(before, before + side) for side in (height, width))
    whole = slice(None)
    above, below = slice(None, before), slice(before + height, None)
    left, right = slice(None, before), slice(before + width, None)
    strips = ((above, whole), (below, whole), (rows, left), (rows, right))
    copied = tf.concat([tf.reshape(places[strip], [-1]) for strip in strips], axis=0)
    copies = tf.concat(
        [
            tf.reshape(upstream[:, strip[0], strip[1]], [batch, -1, channels])
            for strip in strips
        ],
        axis=1,
    )
    firsts = height * width * tf.range(batch)
    return tf.tensor_scatter_nd_add(
        tf.reshape(upstream[:, rows, columns], [-1, channels]),
        tf.reshape(firsts[:, None] + copied[None, :], [-1, 1]),
        tf.reshape(copies, [-1, channels]),
    )
