"""Any TensorFlow Datasets set with images and labels: `tfds:<name>`.

Images are decoded, cropped and resized once into a memory-mapped cache beside the
data set, so that training reads them in any order without decoding.

The first visit runs TensorFlow operations: make the distribution strategy before.
"""

import contextlib
import http.client
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tfgan_contra.config import DataConfig, nearest_name
from tfgan_contra.data import caching
from tfgan_contra.data.caption_configs import CaptionDataConfig
from tfgan_contra.data.configs import TwoDomainDataConfig
from tfgan_contra.data.ordering import stratified_split, tenth_counts
from tfgan_contra.data.preparation import pil_image, prepare, size_problem
from tfgan_contra.data.specs import (
    SPLIT_SEED,
    ImageDataset,
    ImageSource,
    SubsetSource,
)
from tfgan_contra.errors import DataError
from tfgan_contra.types import DataSpec

_SMALLEST_MODEL = 32
_PROBE_SECONDS = 15.0


def load(name: str, config: DataConfig) -> ImageDataset:
    """Loads a prepared TensorFlow Datasets set with an image and a label.

    The test images are the split `test`, or `validation` where `test` is missing or
    has hidden labels, or else a fixed tenth of `train`. Sets of one fixed size below
    32 pixels (MNIST) are enlarged for 32-pixel models.

    Args:
        name: as `tfds.builder` takes it, such as `cifar10` or `set/config:1.0.0`.
        config: `data_dir` is TFDS's (its own default applies), `download` allows
            fetching and preparing the set.

    Raises:
        DataError: if the package or the prepared set is missing, the name is unknown,
            a download is impossible, or the set has no images with labels.
    """
    builder = prepared_builder(name, config)
    spec, report = _spec(builder, config)
    train_split, test_split = _splits(builder, config)
    train = _source(builder, train_split, spec, config)
    if test_split:
        test = _source(builder, test_split, spec, config)
    else:
        kept, held_out = stratified_split(
            train.labels, tenth_counts(train.labels), SPLIT_SEED
        )
        train, test = SubsetSource(train, kept), SubsetSource(train, held_out)
        report.append(
            f"{config.source} has no labelled test split; held out {len(test)} images"
            f" of {train_split}"
        )
    return ImageDataset(spec, train, test, report)


def data_dir(config: DataConfig) -> Path:
    """Returns where TensorFlow Datasets looks: the config's folder or its default."""
    default = os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets"
    return Path(config.data_dir or default).expanduser()


def prepared_builder(name: str, config: DataConfig) -> Any:
    """Returns the builder of a set on disk, downloaded first where that is allowed.

    Raises:
        DataError: if the package or the prepared set is missing, the name is unknown
            or a download is impossible.
    """
    try:
        import tensorflow_datasets as tfds
        from tensorflow_datasets.core import read_only_builder
    except ImportError as error:
        raise DataError(
            f"{config.source} needs TensorFlow Datasets ({error}):"
            " pip install 'tfgan_contra[tfds]'"
        ) from None
    try:
        # Reads what lies on disk without importing the set's code or TensorFlow.
        return read_only_builder.builder_from_files(name, data_dir=data_dir(config))
    except tfds.core.DatasetNotFoundError:
        pass
    known = tfds.list_builders(with_community_datasets=False)
    base_name = name.partition("/")[0].partition(":")[0]
    if base_name not in known:
        raise DataError(
            f"{config.source}: TensorFlow Datasets knows no {base_name!r}"
            f"{nearest_name(base_name, known)} and {data_dir(config)} holds none;"
            " check the name or --config.data.data_dir"
        )
    if not config.download:
        raise DataError(_unprepared(name, base_name, config))
    return _download(tfds, name, config)


def _unprepared(name: str, base_name: str, config: DataConfig) -> str:
    root = data_dir(config)
    found = sorted(
        str(path.parent.relative_to(root))
        for path in (root / base_name).glob("**/dataset_info.json")
    )
    hint = f" (found there: {', '.join(found)})" if found else ""
    return (
        f"{config.source} is not prepared in {root}{hint}; prepare it with"
        f" --config.data.download=true, or run `tfds build {name}` elsewhere and copy"
        " it there (--config.data.data_dir names another folder); without a network"
        f" use {_local_sources(config)}"
    )


def _local_sources(config: DataConfig) -> str:
    if isinstance(config, TwoDomainDataConfig):
        return "bundled:digit_styles or unpaired:<folderA>,<folderB>"
    if isinstance(config, CaptionDataConfig):
        return "bundled:shapes or captions:<folder>"
    return "bundled:digits or folder:<path>"


def _download(tfds: Any, name: str, config: DataConfig) -> Any:
    """Downloads and prepares a set; fails early where its host cannot be reached."""
    builder_class = tfds.builder_cls(name.partition("/")[0].partition(":")[0])
    by_hand = builder_class.MANUAL_DOWNLOAD_INSTRUCTIONS
    urls = list(builder_class.url_infos or ())
    problem = _unreachable(urls[0]) if urls and not by_hand else ""
    if not problem:
        try:
            builder = tfds.builder(name, data_dir=data_dir(config))
            builder.download_and_prepare()
        except Exception as error:  # builders raise anything; the user needs a line
            problem = " ".join(str(error).split())[:300] or type(error).__name__
        else:
            return builder
    raise DataError(
        f"{config.source} could not be downloaded to {data_dir(config)}: {problem};"
        f" run `tfds build {name}` on a machine with a network and copy the folder,"
        f" or use {_local_sources(config)}"
    )


def _unreachable(url: str) -> str:
    """Returns why a URL's host does not answer within seconds, or nothing.

    A resolver may ignore time limits, and TFDS itself retries for minutes, so the
    question is asked in a thread that may be left behind.
    """
    problems = [f"no answer from {url} within {_PROBE_SECONDS:g} s"]

    def ask() -> None:
        """Asks the server for a first answer."""
        request = urllib.request.Request(url, method="HEAD")
        try:
            urllib.request.urlopen(request, timeout=_PROBE_SECONDS).close()
        except (urllib.error.HTTPError, http.client.HTTPException):
            pass  # an answer, if not the one wanted: the host is there
        except Exception as error:  # nobody would see what a thread raises
            problems[0] = f"{url} cannot be reached ({error})"
            return
        problems.clear()

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_PROBE_SECONDS + 1)
    return problems[0] if problems else ""


def _spec(builder: Any, config: DataConfig) -> tuple[DataSpec, list[str]]:
    features = builder.info.features
    image = features["image"] if "image" in features else None
    label = features["label"] if "label" in features else None
    num_classes: int = getattr(label, "num_classes", None) or 0
    if image is None or len(image.shape or ()) != 3 or not num_classes:
        raise DataError(
            f"{config.source} is no image classification set; it needs the features"
            f" 'image' and 'label'. Found: {', '.join(features)}"
        )
    if np.dtype(image.np_dtype) != np.uint8:
        raise DataError(
            f"{config.source} stores {np.dtype(image.np_dtype)} images; only uint8"
            " images are supported"
        )
    channels = config.channels or (1 if image.shape[-1] == 1 else 3)
    names = tuple(getattr(label, "names", None) or map(str, range(num_classes)))
    report = []
    if _enlarges(builder, config):
        height, width = image.shape[:2]
        report.append(f"{config.source}: {width}x{height} images enlarged to 32x32")
    return DataSpec(config.image_size, channels, num_classes, names), report


def _enlarges(builder: Any, config: DataConfig) -> bool:
    """Returns whether a whole set is of one size that no model is small enough for."""
    height, width = builder.info.features["image"].shape[:2]
    fixed = height is not None and width is not None
    small = fixed and min(height, width) < _SMALLEST_MODEL
    return small and config.image_size == _SMALLEST_MODEL


def _splits(builder: Any, config: DataConfig) -> tuple[str, str | None]:
    names = list(builder.info.splits)
    train = "train" if "train" in names else names[0]
    if train != "train" and len(names) > 1:
        raise DataError(
            f"{config.source} has no split 'train'. Found: {', '.join(names)}"
        )
    tests = [name for name in ("test", "validation") if name in names]
    # ImageNet's test labels are secret and stored as -1.
    if len(tests) == 2 and _first_label(builder, "test") < 0:
        tests = tests[1:]
    return train, (tests[0] if tests else None)


def _first_label(builder: Any, split: str) -> int:
    import tensorflow_datasets as tfds

    decoders = {"image": tfds.decode.SkipDecoding()}
    dataset = builder.as_dataset(split=split, decoders=decoders).take(1)
    return next(int(example["label"]) for example in tfds.as_numpy(dataset))


def _source(
    builder: Any, split: str, spec: DataSpec, config: DataConfig
) -> ImageSource:
    places = [data_dir(config) / "tfgan_contra_cache", caching.user_cache()]
    shape = f"{spec.image_size}x{spec.image_size}x{spec.channels}"
    name = builder.info.full_name.replace("/", "-")
    split_info = builder.info.splits[split]
    count, size = split_info.num_examples, split_info.num_bytes
    key = f"{name}-{split}-{count}-{size}-{shape}-{config.crop}"
    folder = caching.find(places, key)
    if folder is None:
        examples = _examples(builder, split, spec, config)
        with readable(f"{split} of {config.source}"):
            folder = caching.build(places, key, examples)
    return caching.open_source(folder, spec)


def _examples(
    builder: Any, split: str, spec: DataSpec, config: DataConfig
) -> Iterator[tuple[np.ndarray, int]]:
    import tensorflow_datasets as tfds

    enlarges = _enlarges(builder, config)
    read_config = tfds.ReadConfig(try_autocache=False)
    dataset = builder.as_dataset(
        split=split,
        decoders=tfds.decode.PartialDecoding({"image": True, "label": True}),
        read_config=read_config,
        shuffle_files=False,
    )
    for number, example in enumerate(tfds.as_numpy(dataset)):
        pixels, label = example["image"], int(example["label"])
        where = f"image {number} of {split} in {config.source}"
        height, width = pixels.shape[:2]
        problem = "" if enlarges else size_problem(width, height, config)
        if not problem and not 0 <= label < spec.num_classes:
            problem = f"has label {label}, out of range 0 to {spec.num_classes - 1}"
        if problem:
            raise DataError(f"{where} {problem}")
        yield prepare(pil_image(pixels), config, spec.channels), label


@contextlib.contextmanager
def readable(what: str) -> Iterator[None]:
    """Turns TensorFlow's complaints about damaged record files into one line."""
    import tensorflow as tf

    try:
        yield
    except tf.errors.OpError as error:
        line = " ".join(str(error.message).split())[:200]
        raise DataError(
            f"cannot read {what} ({line}); prepare the data set again"
        ) from None
