"""PatchGAN, CUT's discriminator: one logit for every patch of the image.

Source: Isola et al., "Image-to-Image Translation with Conditional Adversarial
Networks", CVPR 2017 (arXiv 1611.07004), in the form of the CUT authors' code, whose
parameter counts and outputs it reproduces.
"""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.layers.blur import BlurPool
from tfgan_contra.layers.initializers import small_normal
from tfgan_contra.layers.instance_norm import InstanceNormalization
from tfgan_contra.layers.padding import PaddedConv2D
from tfgan_contra.networks.tapping import check_images
from tfgan_contra.networks.translation_layout import (
    BASIC_LAYERS,
    Place,
    patch_layout,
    smallest_side,
)

KINDS = ("basic", "n_layers", "pixel")
SLOPE = 0.2


@keras.saving.register_keras_serializable(package="tfgan_contra")
class PatchDiscriminator(keras.Model):
    """Images to patch logits.

    Call: `discriminator(images)`, images `[B, H, W, channels]` in [-1, 1]; returns
    `logits` `[B, h, w, 1]` float32, one per patch (256 pixels: 30x30 of `basic`), and
    `local_features` `[B, h', w', F]`, what the last convolution reads.

    Args:
        channels: of the image.
        width: channels of the first convolution; the authors' 64.
        kind: `basic`: three halvings; `n_layers`: as many as `num_layers`; `pixel`:
            1x1 convolutions, a logit per pixel.
        num_layers: halvings of kind `n_layers`, 1 or more.
        antialias: blur before halving, else strided convolutions. With the blurs a
            logit of `basic` sees 84 pixels, without 70.
        init_gain: of the Xavier initialisation.

    Raises:
        ValueError: for an unknown `kind`, a count below 1, images of other channels or
            too small for a single logit.
    """

    def __init__(
        self,
        *,
        channels: int = 3,
        width: int = 64,
        kind: str = "basic",
        num_layers: int = BASIC_LAYERS,
        antialias: bool = True,
        init_gain: float = 0.02,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if kind not in KINDS:
            raise ValueError(
                f"kind must be one of {', '.join(KINDS)}. Received: {kind!r}"
            )
        if min(channels, width, num_layers) < 1:
            raise ValueError(
                "channels, width and num_layers must be 1 or more. "
                f"Received: {channels}, {width} and {num_layers}"
            )
        self.channels, self.width, self.kind = channels, width, kind
        self.num_layers, self.antialias = num_layers, antialias
        self.init_gain = init_gain
        self.layout = patch_layout(kind, width, num_layers, antialias)
        # Layers live in a tuple: Keras 3 drops those in lists from checkpoints.
        self.steps = tuple(
            _layer(place, f"{place.kind}{number}", init_gain)
            for number, place in enumerate(self.layout)
        )
        self.smallest_side = smallest_side(self.layout)
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights; the shapes follow from the arguments."""
        channels = self.channels
        for layer, place in zip(self.steps, self.layout, strict=True):
            layer.build((None, None, None, channels))
            channels = place.channels
        self.built = True

    def call(self, images: tf.Tensor, training: bool = False) -> dict[str, tf.Tensor]:
        """Returns logits and features by name; `training` makes no difference."""
        check_images(images, self.channels, self.smallest_side)
        hidden = tf.cast(images, self.compute_dtype)
        for layer in self.steps[:-1]:
            hidden = layer(hidden)
        logits = tf.cast(self.steps[-1](hidden), tf.float32)
        return {"logits": logits, "local_features": hidden}

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this network."""
        return {
            "name": self.name,
            "channels": self.channels,
            "width": self.width,
            "kind": self.kind,
            "num_layers": self.num_layers,
            "antialias": self.antialias,
            "init_gain": self.init_gain,
        }


def _layer(place: Place, name: str, init_gain: float) -> keras.layers.Layer:
    """Returns the layer of a place."""
    if place.kind in ("conv", "strided_conv"):
        return PaddedConv2D(
            place.channels,
            place.size,
            strides=2 if place.kind == "strided_conv" else 1,
            zeros=int(place.size == 4),
            kernel_initializer=small_normal(init_gain),
            name=name,
        )
    return {
        "norm": lambda: InstanceNormalization(name=name),
        "leaky_relu": lambda: keras.layers.LeakyReLU(negative_slope=SLOPE, name=name),
        "down": lambda: BlurPool(name=name),
    }[place.kind]()
