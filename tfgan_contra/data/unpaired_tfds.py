"""TensorFlow Datasets with two domains: `tfds:cycle_gan/<name>`.

Pictures are decoded once, at their own sizes, into a memory-mapped cache beside the
data set. The first visit runs TensorFlow operations: make the strategy before.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from tfgan_contra.data import caching
from tfgan_contra.data.configs import TwoDomainDataConfig
from tfgan_contra.data.folder_index import Header
from tfgan_contra.data.picture_files import header_problem
from tfgan_contra.data.pictures import FlatPictures
from tfgan_contra.data.preparation import converted, pil_image
from tfgan_contra.data.tfds import data_dir, prepared_builder, readable
from tfgan_contra.data.unpaired import Domains, UnpairedDataset
from tfgan_contra.errors import DataError
from tfgan_contra.types import TranslationSpec

_SPLITS = ("trainA", "trainB", "testA", "testB")


def load(name: str, config: TwoDomainDataConfig) -> UnpairedDataset:
    """Loads a prepared set with the splits trainA, trainB, testA and testB.

    Args:
        name: as `tfds.builder` takes it, such as `cycle_gan/horse2zebra`.
        config: `data_dir` is TFDS's (its own default applies), `download` allows
            fetching and preparing the set.

    Raises:
        DataError: if the package or the prepared set is missing, the name is unknown,
            a download is impossible, the splits are others, or a picture is too small.
    """
    builder = prepared_builder(name, config)
    own = _own_channels(builder, config)
    channels_in, channels_out = (wanted or own for wanted in config.wanted_channels)
    train_a, train_b, test_a, test_b = (
        _source(builder, split, count, config)
        for split, count in zip(_SPLITS, (channels_in, channels_out) * 2, strict=True)
    )
    return UnpairedDataset(
        TranslationSpec(config.image_size, channels_in, channels_out),
        Domains(train_a, train_b),
        Domains(test_a, test_b),
    )


def _own_channels(builder: Any, config: TwoDomainDataConfig) -> int:
    features, splits = builder.info.features, list(builder.info.splits)
    if not set(_SPLITS) <= set(splits):
        raise DataError(
            f"{config.source} has no two domains; it needs the splits"
            f" {', '.join(_SPLITS)}. Found: {', '.join(splits)}"
        )
    image = features["image"] if "image" in features else None
    if image is None or np.dtype(image.np_dtype) != np.uint8:
        raise DataError(
            f"{config.source} has no 8-bit feature 'image'. Found:"
            f" {', '.join(features)}"
        )
    return 1 if image.shape[-1] == 1 else 3


def _source(
    builder: Any, split: str, channels: int, config: TwoDomainDataConfig
) -> FlatPictures:
    places = [data_dir(config) / "tfgan_contra_cache", caching.user_cache()]
    name = builder.info.full_name.replace("/", "-")
    info = builder.info.splits[split]
    key = f"{name}-{split}-{info.num_examples}-{info.num_bytes}-whole-{channels}"
    folder = caching.find(places, key)
    if folder is None:
        with readable(f"{split} of {config.source}"):
            folder = caching.build(places, key, _pictures(builder, split, channels))
    pixels, shapes, _ = caching.read(folder, channels)
    for number, (height, width) in enumerate(shapes):
        header = Header(int(width), int(height), channels == 1)
        problem = header_problem(header, config.smallest_side)
        if problem:
            raise DataError(f"image {number} of {split} in {config.source} {problem}")
    return FlatPictures(pixels, shapes, channels)


def _pictures(
    builder: Any, split: str, channels: int
) -> Iterator[tuple[np.ndarray, int]]:
    import tensorflow_datasets as tfds

    dataset = builder.as_dataset(
        split=split,
        decoders=tfds.decode.PartialDecoding({"image": True}),
        read_config=tfds.ReadConfig(try_autocache=False),
        shuffle_files=False,
    )
    for example in tfds.as_numpy(dataset):
        image = converted(pil_image(example["image"]), channels)
        pixels = np.asarray(image).reshape(image.height, image.width, channels)
        yield pixels, 0
