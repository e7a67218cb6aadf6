"""Decoded images kept on disk and read by memory map; imports no TensorFlow.

A cache is a folder of `pixels.u8` (the images end to end), `shapes.npy` and
`labels.npy`. It is built under a temporary name and renamed when it is complete, so
that neither a killed run nor two workers at once can leave a torn one.
"""

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from tfgan_contra.data.specs import ArraySource, CroppedSource, ImageSource
from tfgan_contra.errors import DataError
from tfgan_contra.types import DataSpec

_BUILDING = ".building-"
_ABANDONED_AFTER_SECONDS = 3600


class FlatSource(CroppedSource):
    """Images of different sizes, end to end in one array."""

    def __init__(
        self, pixels: np.ndarray, shapes: np.ndarray, labels: np.ndarray, spec: DataSpec
    ) -> None:
        """Wraps flat uint8 `pixels`; `shapes` `[N, 2]` are heights and widths."""
        self._pixels = pixels
        self._shapes = shapes.astype(np.int64)
        ends = np.cumsum(self._shapes.prod(axis=1) * spec.channels)
        self._bounds = np.concatenate([[0], ends])
        self.labels = labels
        self.image_shape = spec.image_shape

    def prepared(self, indices: np.ndarray) -> Iterable[np.ndarray]:
        """Yields views of the stored images."""
        for index in indices:
            flat = self._pixels[self._bounds[index] : self._bounds[index + 1]]
            yield flat.reshape(*self._shapes[index], self.image_shape[2])


def user_cache() -> Path:
    """Returns this user's cache folder, which need not exist."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "tfgan_contra"


def find(places: Iterable[Path], key: str) -> Path | None:
    """Returns the cache called `key` in the first place that has it, or None."""
    found = [place / key for place in places if (place / key).is_dir()]
    return found[0] if found else None


def build(
    places: Iterable[Path],
    key: str,
    examples: Iterable[tuple[np.ndarray, int]],
    write_more: Callable[[Path], None] = lambda folder: None,
) -> Path:
    """Writes the cache called `key` into the first writable place.

    Args:
        places: folders to try in turn, created if missing.
        key: the name of the cache, which must tell its contents.
        examples: `(uint8 [h, w, C], label)` in order.
        write_more: called at the end to put further files into the unfinished cache.

    Raises:
        DataError: if no place can be written to, or the disk is full.
    """
    root = _writable(list(places))
    _sweep(root)
    logging.getLogger(__name__).info("decoding images into %s", root / key)
    building = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=root))
    try:
        _write(building, examples)
        write_more(building)
        if not (root / key).exists():
            building.rename(root / key)
    except OSError as error:
        if not (root / key).exists():  # else another worker was faster
            raise DataError(
                f"cannot write the image cache {root / key} ({error.strerror});"
                " free space there or make it writable"
            ) from None
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return root / key


def open_source(folder: Path, spec: DataSpec) -> ImageSource:
    """Returns the images of a complete cache.

    Raises:
        DataError: if the files do not fit together.
    """
    pixels, shapes, labels = read(folder, spec.channels)
    if (shapes == spec.image_size).all():
        return ArraySource(pixels.reshape(-1, *spec.image_shape), labels)
    return FlatSource(pixels, shapes, labels, spec)


def read(folder: Path, channels: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns a complete cache's flat pixels, shapes `[N, 2]` and labels `[N]`.

    Raises:
        DataError: if the files do not fit together.
    """
    try:
        shapes = np.load(folder / "shapes.npy")
        labels = np.load(folder / "labels.npy")
        pixels = np.memmap(folder / "pixels.u8", np.uint8, mode="r")
        whole = pixels.size == shapes.astype(np.int64).prod(axis=1).sum() * channels
    except (OSError, ValueError):
        whole = False
    if not whole:
        raise DataError(f"the image cache {folder} is damaged; delete it and run again")
    return pixels, shapes, labels


def _write(folder: Path, examples: Iterable[tuple[np.ndarray, int]]) -> None:
    shapes, labels = [], []
    with open(folder / "pixels.u8", "wb") as file:
        for pixels, label in examples:
            file.write(np.ascontiguousarray(pixels).data)
            shapes.append(pixels.shape[:2])
            labels.append(label)
    np.save(folder / "shapes.npy", np.array(shapes, np.int32).reshape(-1, 2))
    np.save(folder / "labels.npy", np.array(labels, np.int32))


def _writable(places: list[Path]) -> Path:
    for place in places:
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(place, os.W_OK):
            return place
    tried = ", ".join(str(place) for place in places)
    raise DataError(
        f"no image cache can be written in {tried}; make one of them writable"
    )


def _sweep(root: Path) -> None:
    """Removes what killed runs left; a live build writes all the time."""
    for folder in root.glob(f"{_BUILDING}*"):
        times = [path.stat().st_mtime for path in (folder, *folder.glob("*"))]
        if time.time() - max(times) > _ABANDONED_AFTER_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
