"""A small convolutional network whose regions and embedding captions are held against.

It has the place of the ImageNet networks of XMC-GAN's authors, where none are at hand.
"""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.text.transformer import layer_seeds

_SMALLEST = 16
# Larger images are halved to this side first.
_BODY_SIDE = 32
# Channels of the body's convolutions in units of the width, and their strides.
_BODY = ((1, 1), (2, 2), (2, 1), (3, 2), (3, 1))


@keras.saving.register_keras_serializable(package="tfgan_contra")
class ImageTower(keras.Model):
    """Images to regions and an embedding, float32 whatever the precision of a run.

    Call: `tower(images)`, `[B, H, W, channels]` in [-1, 1]; returns `regions`
    `[B, R, dim]`, R = 64 on an 8x8 grid for sides of 32, 64, 128 and 256, and
    `embeddings` `[B, dim]`. Convolutions and ReLUs without norms: no image's features
    depend on its batch, training and inference are the same, and gradients flow to the
    images.

    Args:
        image_size: height and width of the images, 16 or more.
        channels: of the images.
        dim: length of regions and embedding.
        width: channels of the first convolution; 32 with 32 pixels in colour and
            `dim=64` are 261,472 parameters.
        seed: of the initial weights.

    Raises:
        ValueError: for smaller images or no width.
    """

    def __init__(
        self,
        *,
        image_size: int,
        channels: int = 3,
        dim: int = 64,
        width: int = 32,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(dtype="float32", **kwargs)
        if image_size < _SMALLEST or width < 1:
            raise ValueError(
                f"image_size must be {_SMALLEST} or more and width 1 or more. "
                f"Received: {image_size} and {width}"
            )
        self.image_size, self.channels = image_size, channels
        self.dim, self.width, self.seed = dim, width, seed
        seeds = layer_seeds(seed)
        stem = ((1, 2),) * _halvings(image_size)
        # Layers live in a tuple: Keras 3 drops those in lists from checkpoints.
        self.convs = tuple(
            _convolution(multiple * width, stride, f"conv{i}", next(seeds))
            for i, (multiple, stride) in enumerate((*stem, *_BODY), start=1)
        )
        self.regions = _dense(dim, "regions", next(seeds))
        self.last_conv = _convolution(width, 2, "last_conv", next(seeds))
        self.embedding = _dense(dim, "embedding", next(seeds))
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights; the shapes follow from the arguments."""
        shape = (None, self.image_size, self.image_size, self.channels)
        for conv in self.convs:
            conv.build(shape)
            shape = conv.compute_output_shape(shape)
        self.regions.build((None, None, shape[-1]))
        self.last_conv.build(shape)
        shape = self.last_conv.compute_output_shape(shape)
        self.embedding.build((None, shape[1] * shape[2] * shape[3]))
        self.built = True

    def call(self, images: tf.Tensor, training: bool = False) -> dict[str, tf.Tensor]:
        """Returns regions and embeddings by name; `training` makes no difference."""
        hidden = tf.ensure_shape(
            tf.cast(images, tf.float32),
            (None, self.image_size, self.image_size, self.channels),
        )
        for conv in self.convs:
            hidden = conv(hidden)
        grid = tf.reshape(
            hidden, [-1, hidden.shape[1] * hidden.shape[2], hidden.shape[3]]
        )
        last = self.last_conv(hidden)
        flat = tf.reshape(last, [-1, last.shape[1] * last.shape[2] * last.shape[3]])
        return {"regions": self.regions(grid), "embeddings": self.embedding(flat)}

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this network."""
        return {
            "name": self.name,
            "image_size": self.image_size,
            "channels": self.channels,
            "dim": self.dim,
            "width": self.width,
            "seed": self.seed,
        }


def _halvings(side: int) -> int:
    """Returns how often a side is halved until the body takes it."""
    count = 0
    while side > _BODY_SIDE:
        side = (side + 1) // 2
        count += 1
    return count


def _convolution(filters: int, stride: int, name: str, seed: int) -> keras.layers.Layer:
    return keras.layers.Conv2D(
        filters,
        3,
        stride,
        "same",
        activation="relu",
        kernel_initializer=keras.initializers.HeNormal(seed),
        dtype="float32",
        name=name,
    )


def _dense(units: int, name: str, seed: int) -> keras.layers.Layer:
    kernel = keras.initializers.GlorotUniform(seed)
    return keras.layers.Dense(
        units, kernel_initializer=kernel, dtype="float32", name=name
    )
