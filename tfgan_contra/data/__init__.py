"""Data sources: every one yields the same `Batch`; importing starts no TensorFlow.

dataset = tfgan_contra.data.load(DataConfig(source="bundled:digits"))
dataset.spec, dataset.train, dataset.test, dataset.report
"""

import importlib
from typing import TYPE_CHECKING, Any

from tfgan_contra.config import DataConfig, nearest_name
from tfgan_contra.errors import ConfigError, DataError

if TYPE_CHECKING:
    from tfgan_contra.data.specs import ImageDataset

# One module per kind of source, each with `load(name, config) -> ImageDataset`.
LOADERS = {
    "bundled": "tfgan_contra.data.bundled",
    "tfds": "tfgan_contra.data.tfds",
    "folder": "tfgan_contra.data.image_folder",
}

_EXPORTS = {
    "ArraySource": "specs",
    "BatchSchedule": "ordering",
    "ImageDataset": "specs",
    "ImageSource": "specs",
    "class_index": "specs",
    "evaluation_images": "pipeline",
    "evaluation_indices": "pipeline",
    "image_chunks": "pipeline",
    "training_batches": "pipeline",
}

__all__ = ["LOADERS", "load", *_EXPORTS]


def load(config: DataConfig) -> "ImageDataset":
    """Loads the data set that `config.source` names.

    Args:
        config: `source` is `<prefix>:<name>`, the prefix one of `LOADERS`.

    Returns:
        The data set; `train` and `test` hold at least one image each.

    Raises:
        ConfigError: if the prefix or a bundled name is unknown.
        DataError: if the images are missing, unreadable, too small or too few.
    """
    prefix, _, name = config.source.partition(":")
    if prefix not in LOADERS or not name:
        raise ConfigError(
            "config.data.source must be bundled:digits, tfds:<name> or folder:<path>"
            f"{nearest_name(prefix, LOADERS)}. Received: {config.source!r}"
        )
    dataset = importlib.import_module(LOADERS[prefix]).load(name, config)
    for split, source in (("train on", dataset.train), ("hold out", dataset.test)):
        if not len(source):
            raise DataError(f"{config.source} has no image to {split}; add images")
    return dataset


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_EXPORTS[name]}")
    return getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
