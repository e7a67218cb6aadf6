"""Real images that come with a dependency: `bundled:digits`."""

from typing import Any

import numpy as np
from PIL import Image

from tfgan_contra.config import DataConfig, nearest_name
from tfgan_contra.data.ordering import proportional_counts, stratified_split
from tfgan_contra.data.specs import SPLIT_SEED, ArraySource, ImageDataset
from tfgan_contra.errors import ConfigError, DataError
from tfgan_contra.types import DataSpec

DIGIT_NAMES = (
    *("zero", "one", "two", "three", "four"),
    *("five", "six", "seven", "eight", "nine"),
)
TEST_DIGITS = 297


def load(name: str, config: DataConfig) -> ImageDataset:
    """Loads a bundled data set; `digits` is the only one.

    `digits` are scikit-learn's 1,797 handwritten digits of 8x8 pixels (from the UCI
    set of Alpaydin and Kaynak), white on black, enlarged bicubically with a margin:
    1,500 to train on and 297 held out, a fixed stratified choice.

    Raises:
        ConfigError: for any other name.
        DataError: if scikit-learn is not installed.
    """
    if name != "digits":
        raise ConfigError(
            "config.data.source names no bundled data set"
            f"{nearest_name(name, ['digits'])}; the only one is bundled:digits."
            f" Received: 'bundled:{name}'"
        )
    channels = config.channels or 1
    strokes, labels = digit_strokes(config)
    images = np.repeat(strokes[..., None], channels, axis=-1)
    train, test = split_digits(labels)
    return ImageDataset(
        DataSpec(config.image_size, channels, len(DIGIT_NAMES), DIGIT_NAMES),
        ArraySource(images[train], labels[train]),
        ArraySource(images[test], labels[test]),
    )


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
