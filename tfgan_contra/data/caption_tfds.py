"""TensorFlow Datasets with captions: `tfds:coco_captions`.

Pictures are decoded and resized once, whole, to a square, into a memory-mapped cache
beside the data set, with their captions. The first visit runs TensorFlow operations:
make the distribution strategy before.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tfgan_contra.data import caching
from tfgan_contra.data.caption_configs import CaptionDataConfig
from tfgan_contra.data.captions import CaptionedDataset, CaptionedImages, caption_report
from tfgan_contra.data.ordering import stratified_split, tenth_counts
from tfgan_contra.data.preparation import pil_image, prepare_whole
from tfgan_contra.data.specs import SPLIT_SEED, SubsetSource
from tfgan_contra.data.tfds import data_dir, prepared_builder, readable
from tfgan_contra.errors import DataError
from tfgan_contra.types import DataSpec

_CAPTION_FILE = "captions.json"


class _Reading(NamedTuple):
    """How a set is read.

    Attributes:
        builder: TFDS's.
        spec: what images become.
        texts: whether a caption is a record with a `text`, not the text alone.
        config: of the data.
    """

    builder: Any
    spec: DataSpec
    texts: bool
    config: CaptionDataConfig


def load(name: str, config: CaptionDataConfig) -> CaptionedDataset:
    """Loads a prepared set with the features `image` and `captions`.

    The images of every split but `train` are held out together, as the authors do:
    COCO's 82,783 training images, and for the test all 40,504 others. A set without
    other splits lends a fixed tenth of `train`.

    Args:
        name: as `tfds.builder` takes it, such as `coco_captions`.
        config: `data_dir` is TFDS's (its own default applies), `download` allows
            fetching and preparing the set.

    Raises:
        DataError: if the package or the prepared set is missing, the name is unknown,
            a download is impossible, or the set has no images with captions.
    """
    builder = prepared_builder(name, config)
    reading = _reading(builder, config)
    names = list(builder.info.splits)
    if "train" not in names:
        raise DataError(
            f"{config.source} has no split 'train'. Found: {', '.join(names)}"
        )
    others = sorted(set(names) - {"train"})
    train = _split(reading, ["train"])
    report: list[str] = []
    if others:
        test = _split(reading, others)
    else:
        train, test = _tenth(train)
        report.append(
            f"{config.source} has no test split; held out {len(test)} images of train"
        )
    report += caption_report(train, config)
    return CaptionedDataset(reading.spec, train, test, report=report)


def _reading(builder: Any, config: CaptionDataConfig) -> _Reading:
    features = builder.info.features
    image = features["image"] if "image" in features else None
    if image is None or "captions" not in features:
        raise DataError(
            f"{config.source} is no captioned set; it needs the features 'image' and"
            f" 'captions'. Found: {', '.join(features)}"
        )
    if np.dtype(image.np_dtype) != np.uint8:
        raise DataError(
            f"{config.source} stores {np.dtype(image.np_dtype)} images; only uint8"
            " images are supported"
        )
    channels = config.channels or (1 if image.shape[-1] == 1 else 3)
    texts = isinstance(features["captions"].shape, dict)
    return _Reading(builder, DataSpec(config.image_size, channels, 0), texts, config)


def _split(reading: _Reading, names: list[str]) -> CaptionedImages:
    """Returns some of a set's splits as one, from the cache or read now."""
    builder, spec, config = reading.builder, reading.spec, reading.config
    places = [data_dir(config) / "tfgan_contra_cache", caching.user_cache()]
    name = builder.info.full_name.replace("/", "-")
    infos = [builder.info.splits[split] for split in names]
    count = sum(info.num_examples for info in infos)
    size = sum(info.num_bytes for info in infos)
    shape = f"{spec.image_size}x{spec.image_size}x{spec.channels}"
    key = f"{name}-{'+'.join(names)}-{count}-{size}-captions-{shape}"
    folder = caching.find(places, key)
    if folder is None:
        captions: list[list[str]] = []
        with readable(f"{'+'.join(names)} of {config.source}"):
            folder = caching.build(
                places,
                key,
                _examples(reading, names, captions),
                lambda building: _write_captions(building, captions),
            )
    return CaptionedImages(
        caching.open_source(folder, spec), _read_captions(folder, count)
    )


def _examples(
    reading: _Reading, names: list[str], captions: list[list[str]]
) -> Iterator[tuple[np.ndarray, int]]:
    """Yields the images with a label of 0, and adds their captions to a list."""
    import tensorflow_datasets as tfds

    spec = reading.spec
    wanted = {"image": True, "captions": {"text"} if reading.texts else True}
    dataset = reading.builder.as_dataset(
        split="+".join(names),
        decoders=tfds.decode.PartialDecoding(wanted),
        read_config=tfds.ReadConfig(try_autocache=False),
        shuffle_files=False,
    )
    for number, example in enumerate(tfds.as_numpy(dataset)):
        found = example["captions"]["text"] if reading.texts else example["captions"]
        texts = [" ".join(text.decode().split()) for text in found]
        texts = [text for text in texts if text]
        if not texts:
            raise DataError(
                f"image {number} of {'+'.join(names)} in {reading.config.source} has no"
                " caption"
            )
        captions.append(texts)
        image = pil_image(example["image"])
        yield prepare_whole(image, spec.image_size, spec.channels), 0


def _write_captions(folder: Path, captions: list[list[str]]) -> None:
    (folder / _CAPTION_FILE).write_text(json.dumps(captions))


def _read_captions(folder: Path, count: int) -> list[list[str]]:
    try:
        captions = json.loads((folder / _CAPTION_FILE).read_text())
    except (OSError, ValueError):
        captions = []
    if len(captions) != count:
        raise DataError(f"the image cache {folder} is damaged; delete it and run again")
    return captions


def _tenth(images: CaptionedImages) -> tuple[CaptionedImages, CaptionedImages]:
    """Divides a split into what is kept and a fixed tenth that is held out."""
    labels = images.source.labels
    kept, held_out = (
        CaptionedImages(
            SubsetSource(images.source, rows), [images.captions[row] for row in rows]
        )
        for rows in stratified_split(labels, tenth_counts(labels), SPLIT_SEED)
    )
    return kept, held_out
