"""Results that are dear to compute, kept on disk; imports no TensorFlow."""

import hashlib
import os
import tempfile
import warnings
import zipfile
from collections.abc import Mapping
from typing import Protocol

import numpy as np

from tfgan_contra.types import DataSpec

# Enough to tell two data sets apart; hashing all of a large one would take minutes.
_HASHED_IMAGES = 128


class ImageSource(Protocol):
    """What evaluation needs of one split of a data set."""

    labels: np.ndarray

    def __len__(self) -> int:
        """The number of images."""

    def load(self, indices: np.ndarray) -> np.ndarray:
        """Images by number: uint8 `[n, H, W, C]`."""


class ImageDataset(Protocol):
    """What evaluation needs of a data set; `tfgan_contra.data.load` returns one."""

    spec: DataSpec

    @property
    def train(self) -> ImageSource:
        """The images that were trained on."""

    @property
    def test(self) -> ImageSource:
        """The images that were held out."""


def cache_directory(configured: str | None) -> str:
    """Returns `configured`, or `tfgan_contra` in the user's cache folder."""
    if configured:
        return os.path.abspath(os.path.expanduser(configured))
    home = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or home, "tfgan_contra")


def source_fingerprint(spec: DataSpec, source: ImageSource) -> str:
    """Returns a hash of the shape, the labels and an even sample of the images."""
    digest = hashlib.sha256(repr((spec, len(source))).encode())
    digest.update(np.ascontiguousarray(source.labels, np.int64).tobytes())
    if len(source):
        places = np.linspace(0, len(source) - 1, min(_HASHED_IMAGES, len(source)))
        images = source.load(np.unique(places.astype(np.int64)))
        digest.update(np.ascontiguousarray(images).tobytes())
    return digest.hexdigest()[:16]


def load_arrays(path: str) -> dict[str, np.ndarray] | None:
    """Returns the arrays that `save_arrays` wrote, or None if there are none to use."""
    try:
        # Opened here, for `np.load` leaves a file open that turns out to be torn.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile):
        return None


def save_arrays(path: str, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes `arrays` under a temporary name and renames, so that no file is torn.

    A cache that cannot be written costs time and nothing else: it is a warning.
    """
    folder = os.path.dirname(path)
    temporary = ""
    try:
        os.makedirs(folder, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, suffix=".partial")
        with os.fdopen(handle, "wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        os.replace(temporary, path)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.remove(temporary)
        warnings.warn(
            f"The cache {path} was not written ({error}); set evaluation.cache_dir "
            "to a folder that can be.",
            stacklevel=2,
        )
