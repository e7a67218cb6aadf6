"""What the blocks of a discriminator say of images, as vectors."""

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Union

import numpy as np
import tensorflow as tf

from tfgan_contra.data.pipeline import image_chunks, scaled
from tfgan_contra.data.specs import ImageSource
from tfgan_contra.errors import ConfigError, UsageError

# More images than this at once are no faster.
CHUNK = 250
# The features' name where there is no network.
PIXELS = "pixels"

Maps = Callable[[tf.Tensor], dict[str, tf.Tensor]]


class LabelledFeatures(NamedTuple):
    """Features of images.

    Attributes:
        features: `[N, F]` float32 by the block's name.
        labels: `[N]`.
    """

    features: dict[str, np.ndarray]
    labels: np.ndarray


def adaptive_pool(maps: tf.Tensor, cells: int, kind: str) -> tf.Tensor:
    """Pools maps of any size to `cells` x `cells`.

    Cell i of n covers the rows from floor(i H / n) to ceil((i + 1) H / n), columns
    alike; neighbours overlap where n does not divide H.

    Args:
        maps: `[N, H, W, C]`.
        cells: per side, at most H and W.
        kind: `max` or `avg`.

    Returns:
        `[N, cells, cells, C]`.
    """
    reduce = tf.reduce_max if kind == "max" else tf.reduce_mean
    for axis in (1, 2):
        size = maps.shape[axis]
        if size == cells:
            continue
        bands = []
        for i in range(cells):
            start, stop = i * size // cells, -(-(i + 1) * size // cells)
            places = tf.range(start, stop)
            bands.append(reduce(tf.gather(maps, places, axis=axis), axis=axis))
        maps = tf.stack(bands, axis=axis)
    return maps


def cells_within(shape: Sequence[int], most: int) -> int:
    """Returns the largest k, at most the map's side, with k * k * C <= `most`.

    Args:
        shape: `(H, W, C)`.
        most: features.

    Raises:
        ConfigError: if even one cell has more features.
    """
    height, width, channels = shape
    if channels > most:
        raise ConfigError(
            f"linear_probe.max_features must be {channels} or more, the channels of "
            f"the discriminator's widest map. Received: {most}"
        )
    return min(math.isqrt(most // channels), height, width)


class FeatureReader:
    """Reads vectors of images off feature maps, pooled to a limited size.

    Args:
        maps: from images `[N, H, W, C]` float32 in [-1, 1] to maps by name.
        image_shape: `(H, W, C)` of the images.
        pool: `max` or `avg`.
        max_features: of a map after pooling.
    """

    def __init__(
        self, maps: Maps, image_shape: Sequence[int], pool: str, max_features: int
    ) -> None:
        self._maps = tf.function(
            lambda images: maps(scaled(images)),
            input_signature=[tf.TensorSpec((None, *image_shape), tf.uint8)],
            autograph=False,
        )
        self._pool, self._max_features = pool, max_features

    def __call__(self, source: ImageSource, indices: np.ndarray) -> LabelledFeatures:
        """Returns the features and labels of some images of a source, one or more.

        Raises:
            ConfigError: if a map has more channels than there may be features.
        """
        chunks: dict[str, list[np.ndarray]] = {}
        for images, _ in image_chunks(source, indices, CHUNK):
            with _without_fusing():
                maps = self._maps(tf.constant(images))
            for name, features in maps.items():
                cells = cells_within(features.shape[1:], self._max_features)
                features = tf.cast(features, tf.float32)
                pooled = adaptive_pool(features, cells, self._pool).numpy()
                chunks.setdefault(name, []).append(pooled.reshape(len(images), -1))
        return LabelledFeatures(
            {name: np.concatenate(parts) for name, parts in chunks.items()},
            source.labels[indices],
        )


@contextlib.contextmanager
def _without_fusing() -> Iterator[None]:
    """Keeps TensorFlow from fusing operations of the functions that run meanwhile.

    It tries and reports an error where a block's sum is returned as well as rectified.
    """
    options = tf.config.optimizer
    before = options.get_experimental_options().get("remapping", True)
    options.set_experimental_options({"remapping": False})
    try:
        yield
    finally:
        options.set_experimental_options({"remapping": before})


def block_reader(
    discriminator: Any,
    blocks: Union[int, str, tuple[int, ...]],
    pool: str,
    max_features: int,
) -> FeatureReader:
    """Returns a reader of a discriminator's blocks, as it does not train.

    A block's output is taken as the next block takes it: in residual networks behind
    the sum, not rectified.

    Args:
        discriminator: a network with `block_outputs`; its weights may change later.
        blocks: `all`, or numbers counted from 1.
        pool: `max` or `avg`.
        max_features: of a map after pooling.

    Returns:
        A reader of `block1`, `block2`, ...; on its first call it raises `ConfigError`
        for a block that there is not.

    Raises:
        UsageError: for a discriminator that shows no blocks.
    """
    if not hasattr(discriminator, "block_outputs"):
        raise UsageError(
            "linear_probe reads discriminators with block_outputs(images, training), "
            f"which all of tfgan_contra.networks for images have. Received: "
            f"{type(discriminator).__name__}"
        )

    def maps(images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns the outputs of the chosen blocks."""
        outputs = discriminator.block_outputs(images, training=False)
        chosen: Any = blocks if isinstance(blocks, tuple) else (blocks,)
        if blocks == "all":
            chosen = range(1, len(outputs) + 1)
        if max(chosen) > len(outputs):
            raise ConfigError(
                f"linear_probe.blocks must be at most {len(outputs)}, the blocks of "
                f"this discriminator. Received: {max(chosen)}"
            )
        return {f"block{number}": outputs[number - 1] for number in chosen}

    shape = (discriminator.image_size,) * 2 + (discriminator.channels,)
    return FeatureReader(maps, shape, pool, max_features)


def pixel_reader(image_shape: Sequence[int], max_features: int) -> FeatureReader:
    """Returns a reader of the pixels themselves, averaged where they are too many."""
    return FeatureReader(
        lambda images: {PIXELS: images}, image_shape, "avg", max_features
    )
