"""Two domains that come with a dependency: `bundled:digit_styles`, `bundled:photos`."""

import numpy as np

from tfgan_contra.config import nearest_name
from tfgan_contra.data.bundled import (
    DIGIT_NAMES,
    digit_strokes,
    sklearn_datasets,
    split_digits,
)
from tfgan_contra.data.configs import TwoDomainDataConfig
from tfgan_contra.data.digit_styles import painted
from tfgan_contra.data.ordering import proportional_counts, stratified_split
from tfgan_contra.data.pictures import MemoryPictures
from tfgan_contra.data.preparation import converted, pil_image
from tfgan_contra.data.single_pictures import two_pictures
from tfgan_contra.data.specs import SPLIT_SEED
from tfgan_contra.data.unpaired import Domains, UnpairedDataset
from tfgan_contra.errors import ConfigError
from tfgan_contra.types import TranslationSpec

PHOTOS = ("china.jpg", "flower.jpg")


def load(name: str, config: TwoDomainDataConfig) -> UnpairedDataset:
    """Loads `digit_styles` or `photos`, both from scikit-learn.

    Raises:
        ConfigError: for any other name.
        DataError: if scikit-learn is not installed, or a photograph is smaller than
            the crop.
    """
    loaders = {"digit_styles": _digit_styles, "photos": _photos}
    if name not in loaders:
        raise ConfigError(
            "config.data.source names no bundled pair of domains"
            f"{nearest_name(name, loaders)}; there are bundled:digit_styles and"
            f" bundled:photos. Received: 'bundled:{name}'"
        )
    return loaders[name](config)


def _digit_styles(config: TwoDomainDataConfig) -> UnpairedDataset:
    """Returns plain digits and painted ones, never the same digit in both.

    A: 750 digits to train on and 149 held out, white on black, in three equal channels
    unless the config says 1; B: 750 and 148 others in the painted style of
    `digit_styles.painted`. The labels of all four are known. Pictures have the side of
    a crop, so that `load_size` only decides by how much crops are shifted.
    """
    strokes, labels = digit_strokes(config)
    splits = [_halves(labels, rows) for rows in split_digits(labels)]
    channels = [count or 3 for count in config.wanted_channels]

    def source(rows: np.ndarray, paint: bool, channels: int) -> MemoryPictures:
        """Returns some digits, plain or painted."""
        pictures = painted(strokes[rows]) if paint else strokes[rows][..., None]
        images = (converted(pil_image(picture), channels) for picture in pictures)
        side = config.image_size
        pixels = [np.asarray(image).reshape(side, side, channels) for image in images]
        return MemoryPictures(pixels, [f"digit_{row:04}" for row in rows], labels[rows])

    train, test = (
        Domains(source(a, False, channels[0]), source(b, True, channels[1]))
        for a, b in splits
    )
    names = "plain digits", "painted digits"
    spec = TranslationSpec(config.image_size, channels[0], channels[1], names)
    return UnpairedDataset(spec, train, test, DIGIT_NAMES)


def _halves(labels: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Splits image numbers into two halves with the same share of every class."""
    halves = stratified_split(
        labels[rows], proportional_counts(labels[rows], len(rows) // 2), SPLIT_SEED
    )
    return rows[halves[0]], rows[halves[1]]


def _photos(config: TwoDomainDataConfig) -> UnpairedDataset:
    """Returns the photographs of a Chinese temple (A) and of a flower (B), 640x427."""
    datasets = sklearn_datasets(config.source)
    sources = []
    for name, wanted in zip(PHOTOS, config.wanted_channels, strict=True):
        channels = wanted or 3
        image = converted(pil_image(datasets.load_sample_image(name)), channels)
        pixels = np.asarray(image).reshape(image.height, image.width, channels)
        sources.append(MemoryPictures([pixels], [name]))
    return two_pictures(sources[0], sources[1], config)
