"""Real images that come with a dependency: digits, alone or three in one picture."""

from typing import Any

import numpy as np
from PIL import Image

from tfgan_contra.config import DataConfig, nearest_name
from tfgan_contra.data.ordering import (
    STACKING_STREAM,
    proportional_counts,
    stratified_split,
    uniform,
)
from tfgan_contra.data.specs import SPLIT_SEED, ArraySource, ImageDataset, ImageSource
from tfgan_contra.errors import ConfigError, DataError
from tfgan_contra.types import DataSpec

DIGIT_NAMES = (
    *("zero", "one", "two", "three", "four"),
    *("five", "six", "seven", "eight", "nine"),
)
TEST_DIGITS = 297
# Pictures of three digits to train on, and held out.
STACKED_DIGITS = (128_000, 26_000)


def load(name: str, config: DataConfig) -> ImageDataset:
    """Loads a bundled data set: `digits` or `stacked_digits`.

    `digits` are scikit-learn's 1,797 handwritten digits of 8x8 pixels (from the UCI
    set of Alpaydin and Kaynak), white on black, enlarged bicubically with a margin:
    1,500 to train on and 297 held out, a fixed stratified choice.

    `stacked_digits` have three of these digits each, drawn at random, as red, green
    and blue: 1,000 classes, named after the digits, by which one counts how many
    modes a generator has found. 128,000 pictures, as usual with MNIST's digits, are
    made of digits to train on, 26,000 of held out ones; each when it is loaded.

    Source of the stacking: Metz et al., "Unrolled Generative Adversarial Networks",
    ICLR 2017 (arXiv 1611.02163).

    Raises:
        ConfigError: for any other name, or stacked digits in gray.
        DataError: if scikit-learn is not installed.
    """
    loaders = {"digits": _digits, "stacked_digits": _stacked_digits}
    if name not in loaders:
        raise ConfigError(
            "config.data.source names no bundled data set"
            f"{nearest_name(name, loaders)}; there are bundled:digits and"
            f" bundled:stacked_digits. Received: 'bundled:{name}'"
        )
    return loaders[name](config)


class StackedImages(ImageSource):
    """Grayscale images, three at a time, as the colours of one.

    The label of a stack of classes a, b and c out of K is `(a K + b) K + c`.
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray, stacks: np.ndarray):
        """Stacks images.

        Args:
            images: uint8 `[n, S, S]`.
            labels: `[n]` from 0 to K - 1, each of which occurs.
            stacks: `[N, 3]` numbers of images.
        """
        self._images, self._stacks = images, stacks
        num_classes = int(labels.max()) + 1
        places = np.array([num_classes**2, num_classes, 1])
        self.labels = (labels[stacks] @ places).astype(np.int32)
        self.image_shape = (*images.shape[1:], 3)

    def load(self, indices: np.ndarray, crops: np.ndarray | None = None) -> np.ndarray:
        """Stacks the chosen ones; see `ImageSource.load`."""
        stacked = self._images[self._stacks[indices]]
        return np.ascontiguousarray(np.moveaxis(stacked, 1, -1))


def _digits(config: DataConfig) -> ImageDataset:
    channels = config.channels or 1
    strokes, labels = digit_strokes(config)
    images = np.repeat(strokes[..., None], channels, axis=-1)
    train, test = split_digits(labels)
    return ImageDataset(
        DataSpec(config.image_size, channels, len(DIGIT_NAMES), DIGIT_NAMES),
        ArraySource(images[train], labels[train]),
        ArraySource(images[test], labels[test]),
    )


def _stacked_digits(config: DataConfig) -> ImageDataset:
    if config.channels not in (None, 3):
        raise ConfigError(
            "config.data.channels must be 3 or None for bundled:stacked_digits, whose "
            f"colours are digits. Received: {config.channels}"
        )
    strokes, labels = digit_strokes(config)
    train, test = (
        _stacks(strokes[chosen], labels[chosen], count)
        for chosen, count in zip(split_digits(labels), STACKED_DIGITS, strict=True)
    )
    num_modes = len(DIGIT_NAMES) ** 3
    names = tuple(f"{mode:03}" for mode in range(num_modes))
    return ImageDataset(DataSpec(config.image_size, 3, num_modes, names), train, test)


def _stacks(images: np.ndarray, labels: np.ndarray, count: int) -> StackedImages:
    """Returns random stacks, always the same; both splits may draw alike numbers."""
    drawn = uniform(SPLIT_SEED, STACKING_STREAM, np.arange(3 * count))
    stacks = np.floor(drawn * len(images)).astype(np.int64)
    return StackedImages(images, labels, stacks.reshape(count, 3))


def digit_strokes(config: DataConfig) -> tuple[np.ndarray, np.ndarray]:
    """Returns all digits, white on black: uint8 `[1797, S, S]` and labels `[1797]`.

    Raises:
        DataError: if scikit-learn is not installed.
    """
    digits = sklearn_datasets(config.source).load_digits()
    return _enlarged(digits.images, config.image_size), digits.target


def split_digits(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns which digits to train on and which are held out, always the same."""
    return stratified_split(
        labels, proportional_counts(labels, TEST_DIGITS), SPLIT_SEED
    )


def sklearn_datasets(source: str) -> Any:
    """Returns `sklearn.datasets`; raises `DataError` naming `source` without it."""
    try:
        import sklearn.datasets
    except ImportError:
        raise DataError(
            f"{source} needs scikit-learn: pip install scikit-learn"
        ) from None
    return sklearn.datasets


def _enlarged(images: np.ndarray, size: int) -> np.ndarray:
    """Returns uint8 `[N, size, size]` for values 0 to 16, rounded once at the end."""
    # The digits touch their frames, which would cut the strokes off square.
    images = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    resized = [
        Image.fromarray(image.astype(np.float32)).resize(
            (size, size), Image.Resampling.BICUBIC
        )
        for image in images
    ]
    brightness = np.stack([np.asarray(image) for image in resized]) * (255 / 16)
    return np.clip(np.rint(brightness), 0, 255).astype(np.uint8)
