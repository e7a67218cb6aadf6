"""CUT's generator: a residual network from image to image.

Source: Johnson et al., ECCV 2016 (arXiv 1603.08155), in the form of CycleGAN and of
Park et al., "Contrastive Learning for Unpaired Image-to-Image Translation", ECCV 2020
(arXiv 2007.15651), `resnet_9blocks` and `resnet_6blocks` of the authors' code, whose
parameter counts and outputs it reproduces.
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.layers.blur import BlurPool, BlurUpsample
from tfgan_contra.layers.initializers import small_normal
from tfgan_contra.layers.instance_norm import InstanceNormalization
from tfgan_contra.layers.padding import PaddedConv2D, ReflectionPadding2D
from tfgan_contra.networks.tapping import answer, check_images, run_layers
from tfgan_contra.networks.translation_layout import (
    SMALLEST_SIDE,
    Place,
    check_taps,
    translation_layout,
)

CONVOLUTIONS = ("conv", "strided_conv")
WITHOUT_WEIGHTS = ("pad", "norm", "relu", "down", "up")


@keras.saving.register_keras_serializable(package="tfgan_contra")
class TranslationGenerator(keras.Model):
    """Images to images of a quarter's multiple in size.

    Call: `generator(images)`, images `[B, H, W, channels]` in [-1, 1], H and W 5 or
    more; returns `[B, H', W', out_channels]` float32 in [-1, 1], where H' is H rounded
    up to a multiple of 4. With `taps=(0, 4, ...)` returns `(images, features)`, with
    `encode_only=True` the features alone, running no layer that they do not need.

    Layers are numbered as in the paper and the authors' code (see
    `translation_layout`): 0 is the reflection-padded image, 4 and 8 are convolutions
    before their norm, 12 and 16 the first and fifth residual block. The authors' ReLU
    works in place, so a tap at a norm gives the rectified features here as there.
    (There, if it is the last tap of an encoding, they are not rectified yet.)

    Args:
        channels: of the images taken.
        out_channels: of the images made.
        width: channels of the first convolution; the authors' 64.
        num_blocks: residual blocks, 9 or 6.
        antialias_down: blur before halving the size, else a strided convolution.
        antialias_up: double the size by a blur, else by a transposed convolution.
        init_gain: of the Xavier initialisation.

    Raises:
        ValueError: for a count below 1, a tap that is no layer, images of other
            channels or too small.
    """

    def __init__(
        self,
        *,
        channels: int = 3,
        out_channels: int = 3,
        width: int = 64,
        num_blocks: int = 9,
        antialias_down: bool = True,
        antialias_up: bool = True,
        init_gain: float = 0.02,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.channels, self.out_channels = channels, out_channels
        self.width, self.num_blocks = width, num_blocks
        self.antialias_down, self.antialias_up = antialias_down, antialias_up
        self.init_gain = init_gain
        self.layout = translation_layout(
            channels=channels,
            out_channels=out_channels,
            width=width,
            num_blocks=num_blocks,
            antialias_down=antialias_down,
            antialias_up=antialias_up,
        )
        # Layers live in a tuple: Keras 3 drops those in lists from checkpoints.
        self.steps = tuple(
            _layer(place, f"{place.kind}{number}", init_gain)
            for number, place in enumerate(self.layout)
        )
        # What stands behind a norm is its ReLU.
        self._rectified = {
            number: number + 1
            for number, place in enumerate(self.layout)
            if place.kind == "norm"
        }
        self._groups = _groups(self.layout)
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights; the shapes follow from the arguments."""
        channels = self.channels
        for layer, place in zip(self.steps, self.layout, strict=True):
            layer.build((None, None, None, channels))
            channels = place.channels
        self.built = True

    def call(
        self,
        images: tf.Tensor,
        training: bool = False,
        taps: tuple[int, ...] = (),
        encode_only: bool = False,
        key: Any = None,
    ) -> Any:
        """Translates; see the class.

        Args:
            images: `[B, H, W, channels]`.
            training: makes no difference to this network.
            taps: numbers of the layers whose outputs to return, in this order.
            encode_only: return the features alone.
            key: unused: this network draws nothing. Taken so that all generators of
                images from images are called alike.
        """
        check_images(images, self.channels, SMALLEST_SIDE)
        check_taps(taps, len(self.layout))
        tapped = tuple(self._rectified.get(tap, tap) for tap in taps)
        run = run_layers(
            self._plan(tapped, training),
            tf.cast(images, self.compute_dtype),
            tapped,
            stop_early=encode_only,
        )
        return answer(tf.cast(run.outputs, tf.float32), run.features, encode_only)

    def feature_channels(self, taps: tuple[int, ...]) -> tuple[int, ...]:
        """Returns the channels of the features at these taps.

        Raises:
            ValueError: for a tap that is no layer.
        """
        check_taps(taps, len(self.layout))
        return tuple(self.layout[tap].channels for tap in taps)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this network."""
        return {
            "name": self.name,
            "channels": self.channels,
            "out_channels": self.out_channels,
            "width": self.width,
            "num_blocks": self.num_blocks,
            "antialias_down": self.antialias_down,
            "antialias_up": self.antialias_up,
            "init_gain": self.init_gain,
        }

    def _plan(self, taps: tuple[int, ...], training: bool) -> Iterator[tuple[int, Any]]:
        """Yields the layers to run; those before a convolution are joined with it.

        Their outputs are not kept for the gradient then (see `PaddedConv2D`), which
        saves a fifth of the memory of a step. Where one of them is tapped, they are run
        one by one.
        """
        for group in self._groups:
            before, last = group[:-1], group[-1]
            if before and not set(before) & set(taps):
                layers = tuple(self.steps[number] for number in before)
                prepare = _chain(layers, training)
                yield (
                    last,
                    functools.partial(
                        self.steps[last], training=training, prepare=prepare
                    ),
                )
            else:
                yield from ((n, _bound(self.steps[n], training)) for n in group)


@keras.saving.register_keras_serializable(package="tfgan_contra")
class TranslationBlock(keras.layers.Layer):
    """Adds pad-conv-norm-ReLU-pad-conv-norm of the input to it; no ReLU after the sum.

    Args:
        filters: channels in and out.
        kernel_size: of both convolutions, odd.
        init_gain: of the Xavier initialisation.
    """

    def __init__(
        self, filters: int, *, kernel_size: int, init_gain: float, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.filters, self.kernel_size = filters, kernel_size
        self.init_gain = init_gain
        self.pad1, self.pad2 = (
            ReflectionPadding2D(kernel_size // 2, name=f"pad{i}") for i in (1, 2)
        )
        self.conv1, self.conv2 = (
            PaddedConv2D(
                filters,
                kernel_size,
                kernel_initializer=small_normal(init_gain),
                name=f"conv{i}",
            )
            for i in (1, 2)
        )
        self.norm1, self.norm2 = (
            InstanceNormalization(name=f"norm{i}") for i in (1, 2)
        )

    def build(self, input_shape: Any) -> None:
        """Builds the convolutions for inputs `[B, H, W, filters]`."""
        self.conv1.build(input_shape)
        self.conv2.build(input_shape)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps `[B, H, W, filters]` to the same shape."""
        prepare = _chain((self.norm1, tf.nn.relu, self.pad2), training)
        hidden = self.conv1(self.pad1(inputs, training=training))
        hidden = self.conv2(hidden, training=training, prepare=prepare)
        return inputs + self.norm2(hidden)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        return super().get_config() | {
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "init_gain": self.init_gain,
        }


@keras.saving.register_keras_serializable(package="tfgan_contra")
class DoublingConv2DTranspose(keras.layers.Conv2DTranspose):
    """PyTorch's transposed convolution of stride 2 with padding and output padding 1.

    Of the full result of `2H + 1` pixels the first row and column are left out; Keras's
    `same` leaves out the last.
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        """Maps `[B, H, W, C]` to `[B, 2H, 2W, filters]`."""
        batch, height, width, _ = tf.unstack(tf.shape(inputs))
        shape = [batch, 2 * height + 1, 2 * width + 1, self.filters]
        kernel = tf.cast(tf.convert_to_tensor(self.kernel), inputs.dtype)
        full = tf.nn.conv2d_transpose(inputs, kernel, shape, 2, "VALID")
        bias = tf.cast(tf.convert_to_tensor(self.bias), inputs.dtype)
        return tf.nn.bias_add(full[:, 1:, 1:], bias)


def _groups(layout: tuple[Place, ...]) -> tuple[tuple[int, ...], ...]:
    """Returns the numbers of each convolution with the layers without weights before.

    All other layers are groups of their own.
    """
    groups: list[tuple[int, ...]] = []
    waiting: list[int] = []
    for number, place in enumerate(layout):
        if place.kind in CONVOLUTIONS:
            groups.append((*waiting, number))
            waiting = []
        elif place.kind in WITHOUT_WEIGHTS:
            waiting.append(number)
        else:
            groups += [(n,) for n in (*waiting, number)]
            waiting = []
    return tuple(groups)


def _chain(
    layers: tuple[Callable, ...], training: bool
) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns the function that applies one layer after the other."""
    bound = [_bound(layer, training) for layer in layers]
    return lambda inputs: functools.reduce(lambda x, layer: layer(x), bound, inputs)


def _bound(layer: Callable, training: bool) -> Callable[[tf.Tensor], tf.Tensor]:
    """Returns a layer that knows whether it trains, where that matters to it.

    Keras would tell it only while the model is being called; gradients are made later.
    """
    matters = isinstance(
        layer, (BlurPool, PaddedConv2D, ReflectionPadding2D, TranslationBlock)
    )
    return functools.partial(layer, training=training) if matters else layer


def _layer(place: Place, name: str, init_gain: float) -> keras.layers.Layer:
    """Returns the layer of a place."""
    weighted: dict[str, Any] = {
        "kernel_initializer": small_normal(init_gain),
        "name": name,
    }
    filters, size = place.channels, place.size
    if place.kind == "block":
        return TranslationBlock(
            filters, kernel_size=size, init_gain=init_gain, name=name
        )
    if place.kind == "transposed_conv":
        return DoublingConv2DTranspose(filters, size, strides=2, **weighted)
    if place.kind in CONVOLUTIONS:
        # The 7x7 ones stand behind a reflection.
        stride, zeros = (2 if place.kind == "strided_conv" else 1), int(size == 3)
        return PaddedConv2D(filters, size, strides=stride, zeros=zeros, **weighted)
    return {
        "pad": lambda: ReflectionPadding2D(size, name=name),
        "norm": lambda: InstanceNormalization(name=name),
        "relu": lambda: keras.layers.ReLU(name=name),
        "down": lambda: BlurPool(name=name),
        "up": lambda: BlurUpsample(name=name),
        "tanh": lambda: keras.layers.Activation("tanh", name=name),
    }[place.kind]()
