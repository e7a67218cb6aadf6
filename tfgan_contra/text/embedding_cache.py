"""Features of captions on disk, read by memory map; imports no TensorFlow.

One folder per list of captions and encoder, written under a temporary name and renamed,
so that neither a killed run nor two workers at once can leave a torn one.
"""

import hashlib
import shutil
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from tfgan_contra.errors import DataError
from tfgan_contra.types import TextFeatures

_BUILDING = ".building-"
_ABANDONED_AFTER_SECONDS = 3600


def cache_key(encoder: str, captions: Sequence[str]) -> str:
    """Returns a name for the features that an encoder gives to captions.

    Args:
        encoder: all that tells the encoder's weights and settings.
        captions: in their order.
    """
    digest = hashlib.sha256(encoder.encode())
    for caption in captions:
        text = caption.encode("utf-8", "replace")
        digest.update(f"{len(text)}:".encode() + text)
    return f"captions-{digest.hexdigest()[:24]}"


def cached(
    place: Path, key: str, shape: tuple[int, int, int], parts: Iterable[TextFeatures]
) -> TextFeatures:
    """Returns the features called `key`, made from `parts` unless they are there.

    Args:
        place: the cache folder, made if missing.
        key: see `cache_key`.
        shape: `[N, T, C]` of the words.
        parts: batches in order, run through only if they are needed.

    Returns:
        The words as a memory map, lengths and sentences.

    Raises:
        DataError: if the folder cannot be written, or what lies there is damaged.
    """
    folder = place / key
    if not folder.is_dir():
        _write(folder, shape, parts)
    try:
        features = TextFeatures(
            np.load(folder / "words.npy", mmap_mode="r"),
            np.load(folder / "lengths.npy"),
            np.load(folder / "sentences.npy"),
        )
    except (OSError, ValueError, EOFError):
        features = None
    if features is None or features.words.shape != shape:
        raise DataError(
            f"the cached caption features {folder} are damaged; delete them and run "
            "again"
        )
    return features


def _write(
    folder: Path, shape: tuple[int, int, int], parts: Iterable[TextFeatures]
) -> None:
    building = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _sweep(folder.parent)
        building = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=folder.parent))
        words = np.lib.format.open_memmap(
            building / "words.npy", "w+", np.float32, shape
        )
        lengths = np.zeros(shape[0], np.int32)
        sentences = np.zeros((shape[0], shape[2]), np.float32)
        start = 0
        for part in parts:
            rows = slice(start, start + len(part.lengths))
            words[rows], lengths[rows], sentences[rows] = part
            start = rows.stop
        words.flush()
        np.save(building / "lengths.npy", lengths)
        np.save(building / "sentences.npy", sentences)
        if not folder.exists():
            building.rename(folder)
    except OSError as error:
        if not folder.exists():  # else another worker was faster
            raise DataError(
                f"cannot write the caption features {folder} ({error.strerror}); free "
                "space there or choose another cache_dir"
            ) from None
    finally:
        if building is not None:
            shutil.rmtree(building, ignore_errors=True)


def _sweep(place: Path) -> None:
    """Removes what killed runs left; a live one writes all the time."""
    for folder in place.glob(f"{_BUILDING}*"):
        try:
            times = [path.stat().st_mtime for path in (folder, *folder.glob("*"))]
        except FileNotFoundError:  # another process has just removed or renamed it
            continue
        if time.time() - max(times) > _ABANDONED_AFTER_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
