"""Data sources: every one yields the same `Batch`; importing starts no TensorFlow.

dataset = tfgan_contra.data.load(DataConfig(source="bundled:digits"))
dataset.spec, dataset.train, dataset.test, dataset.report

pair = tfgan_contra.data.load_unpaired(TranslationDataConfig(source="unpaired:a,b"))
pair.spec, pair.train.a, pair.train.b, pair.test.a, pair.test.b, pair.report

captioned = tfgan_contra.data.load_captioned(CaptionDataConfig(source="bundled:shapes"))
captioned.train.source, captioned.train.captions, captioned.train.caption_ids
"""

import importlib
from typing import TYPE_CHECKING, Any

from tfgan_contra.config import DataConfig, nearest_name
from tfgan_contra.errors import ConfigError, DataError

if TYPE_CHECKING:
    from tfgan_contra.data.caption_configs import CaptionDataConfig
    from tfgan_contra.data.captions import CaptionedDataset
    from tfgan_contra.data.configs import TwoDomainDataConfig
    from tfgan_contra.data.specs import ImageDataset
    from tfgan_contra.data.unpaired import UnpairedDataset

# One module per kind of source, each with `load(name, config) -> ImageDataset`.
LOADERS = {
    "bundled": "tfgan_contra.data.bundled",
    "tfds": "tfgan_contra.data.tfds",
    "folder": "tfgan_contra.data.image_folder",
}
# The same for two domains, each with `load(name, config) -> UnpairedDataset`.
UNPAIRED_LOADERS = {
    "unpaired": "tfgan_contra.data.unpaired_folders",
    "single": "tfgan_contra.data.single_pictures",
    "tfds": "tfgan_contra.data.unpaired_tfds",
    "bundled": "tfgan_contra.data.unpaired_bundled",
}
# The same for captioned images, each with `load(name, config) -> CaptionedDataset`.
CAPTION_LOADERS = {
    "captions": "tfgan_contra.data.caption_folder",
    "tfds": "tfgan_contra.data.caption_tfds",
    "bundled": "tfgan_contra.data.shapes",
}

_EXPORTS = {
    "ArraySource": "specs",
    "AttributeScore": "shape_accuracy",
    "BatchSchedule": "ordering",
    "CaptionDataConfig": "caption_configs",
    "CaptionFacts": "shape_captions",
    "CaptionedDataset": "captions",
    "CaptionedImages": "captions",
    "Domains": "unpaired",
    "FixedSizeImages": "pictures",
    "ImageDataset": "specs",
    "ImageSource": "specs",
    "MeasuredDomains": "measured_domains",
    "PictureSource": "pictures",
    "Scene": "shape_scenes",
    "SceneObject": "shape_scenes",
    "SingleImageDataConfig": "configs",
    "StyleFit": "digit_styles",
    "TranslationDataConfig": "configs",
    "TwoDomainDataConfig": "configs",
    "UnpairedDataset": "unpaired",
    "agreement": "shape_accuracy",
    "attribute_accuracy": "shape_accuracy",
    "captioned_batches": "captioned_pipeline",
    "captions_of": "shape_captions",
    "class_index": "specs",
    "evaluation_images": "pipeline",
    "evaluation_indices": "pipeline",
    "image_chunks": "pipeline",
    "measured_domains": "measured_domains",
    "parse_caption": "shape_captions",
    "pictures_at": "picture_files",
    "read_scene": "shape_reading",
    "read_scenes": "shape_reading",
    "render": "shapes",
    "style_fit": "digit_styles",
    "training_batches": "pipeline",
    "unpaired_batches": "unpaired_pipeline",
}

__all__ = [
    *("LOADERS", "UNPAIRED_LOADERS", "CAPTION_LOADERS"),
    *("load", "load_unpaired", "load_captioned"),
    *_EXPORTS,
]


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
    from tfgan_contra.data.caption_configs import RENDERED_SHAPES

    prefix, _, name = config.source.partition(":")
    if prefix in UNPAIRED_LOADERS and prefix not in LOADERS:
        raise ConfigError(
            f"config.data.source {prefix}: is for image translation; choose a config of"
            f" configs/cut, whose data is a TranslationDataConfig."
            f" Received: {config.source!r}"
        )
    if prefix == "captions" or config.source in RENDERED_SHAPES:
        raise ConfigError(
            "config.data.source has captions, which are for text-to-image models, whose"
            f" data is a CaptionDataConfig. Received: {config.source!r}"
        )
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


def load_unpaired(config: "TwoDomainDataConfig") -> "UnpairedDataset":
    """Loads the two domains that `config.source` names.

    Args:
        config: `source` is `<prefix>:<name>`, the prefix one of `UNPAIRED_LOADERS`.

    Returns:
        The data set; every source holds at least one picture.

    Raises:
        ConfigError: if the prefix or a bundled name is unknown.
        DataError: if pictures are missing, unreadable, too small or too few.
    """
    prefix, _, name = config.source.partition(":")
    if prefix not in UNPAIRED_LOADERS or not name:
        from tfgan_contra.data.configs import UNPAIRED_SOURCES

        raise ConfigError(
            f"config.data.source must be {UNPAIRED_SOURCES}"
            f"{nearest_name(prefix, UNPAIRED_LOADERS)}. Received: {config.source!r}"
        )
    return importlib.import_module(UNPAIRED_LOADERS[prefix]).load(name, config)


def load_captioned(config: "CaptionDataConfig") -> "CaptionedDataset":
    """Loads the captioned images that `config.source` names.

    Args:
        config: `source` is `<prefix>:<name>`, the prefix one of `CAPTION_LOADERS`.

    Returns:
        The data set; `train` and `test` hold at least one image each, every image at
        least one caption.

    Raises:
        ConfigError: if the prefix or a bundled name is unknown.
        DataError: if images or captions are missing, unreadable or of another form.
    """
    prefix, _, name = config.source.partition(":")
    if prefix not in CAPTION_LOADERS or not name:
        from tfgan_contra.data.caption_configs import CAPTION_SOURCES

        raise ConfigError(
            f"config.data.source must be {CAPTION_SOURCES}"
            f"{nearest_name(prefix, CAPTION_LOADERS)}. Received: {config.source!r}"
        )
    return importlib.import_module(CAPTION_LOADERS[prefix]).load(name, config)


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_EXPORTS[name]}")
    return getattr(module, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
