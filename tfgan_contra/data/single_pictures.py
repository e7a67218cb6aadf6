"""One picture per domain: `single:<imageA>,<imageB>`, for SinCUT."""

from pathlib import Path

from tfgan_contra.data.configs import UNPAIRED_SOURCES, TwoDomainDataConfig
from tfgan_contra.data.folder_index import read_headers
from tfgan_contra.data.picture_files import (
    CHANNEL_OPTIONS,
    FilePictures,
    dropped_alpha,
    pictures_at,
)
from tfgan_contra.data.pictures import MemoryPictures, PictureSource
from tfgan_contra.data.unpaired import Domains, UnpairedDataset
from tfgan_contra.errors import ConfigError, DataError
from tfgan_contra.types import TranslationSpec


def load(name: str, config: TwoDomainDataConfig) -> UnpairedDataset:
    """Loads two picture files, which are also what is tested on.

    Raises:
        ConfigError: if the source names no two files.
        DataError: if a file is missing, unreadable or smaller than a crop.
    """
    first, _, second = (part.strip() for part in name.partition(","))
    if not first or not second:
        raise ConfigError(
            f"config.data.source must be {UNPAIRED_SOURCES}."
            f" Received: {config.source!r}"
        )
    paths = Path(first).expanduser(), Path(second).expanduser()
    wanted = config.wanted_channels
    dataset = two_pictures(
        _picture(paths[0], wanted[0]), _picture(paths[1], wanted[1]), config
    )
    for path, channels, option in zip(paths, wanted, CHANNEL_OPTIONS, strict=True):
        headers = read_headers(path.parent, [path.name])
        line = dropped_alpha(path.parent, {path.name: headers[0]}, option)
        if line and channels is None:
            dataset.report.append(line)
    return dataset


def two_pictures(
    a: PictureSource, b: PictureSource, config: TwoDomainDataConfig
) -> UnpairedDataset:
    """Returns the data set of one picture per domain.

    Raises:
        DataError: if a picture is smaller than a crop.
    """
    for source in (a, b):
        image = source.image(0)
        if min(image.size) < config.smallest_side:
            raise DataError(
                f"{source.names[0]} is {image.width}x{image.height} pixels, fewer than"
                f" {config.smallest_side} a side; use a larger picture"
            )
    names = Path(a.names[0]).stem, Path(b.names[0]).stem
    domains = Domains(a, b)
    return UnpairedDataset(
        TranslationSpec(config.image_size, a.channels, b.channels, names),
        train=domains,
        test=domains,
    )


def _picture(path: Path, channels: int | None) -> MemoryPictures:
    if path.is_dir():
        raise DataError(f"{path} is a folder; single: takes two picture files")
    found, _ = pictures_at(path)
    picture = FilePictures(path.parent, [path.name], channels or found.channels)
    return MemoryPictures([picture.picture(0)], picture.names)
