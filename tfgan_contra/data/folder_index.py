"""Which image files a folder holds and what their headers say; no TensorFlow."""

import contextlib
import functools
import hashlib
import json
import os
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from tfgan_contra.data import caching
from tfgan_contra.data.preparation import is_grayscale, mode_problem
from tfgan_contra.errors import DataError

# Pillow refuses larger pictures, as attacks by tiny files that unpack to gigabytes.
TOO_LARGE = f"more than {2 * (Image.MAX_IMAGE_PIXELS or 0)} pixels"
# Below this many files, opening them all takes a moment and leaves nothing behind.
REMEMBER_FROM = 10_000
_NAMES_SHOWN = 3
_ALPHA_MODES = ("rgba", "la", "pa")


class Header(NamedTuple):
    """What an image file says of itself.

    Attributes:
        width: in pixels; 0 if the file is unreadable.
        height: in pixels; 0 if the file is unreadable.
        grayscale: whether it has one channel.
        problem: why it is unreadable, or empty.
        alpha: whether some of it may be transparent.
    """

    width: int
    height: int
    grayscale: bool
    problem: str = ""
    alpha: bool = False


class UnreadableFiles:
    """Counts the unreadable files of one data set, up to a limit.

    Attributes:
        report: lines for the user, one for every file that broke after the start.
        failure: the error raised past the limit, or None.
    """

    def __init__(self, source: str, limit: int, report: list[str]) -> None:
        """Starts at none; `source` is named in the error."""
        self.report = report
        self._source = source
        self._limit = limit
        self._lock = threading.Lock()
        self._problems: dict[str, str] = {}
        self.failure: DataError | None = None

    def __contains__(self, name: str) -> bool:
        """Returns whether a file is known to be unreadable."""
        return name in self._problems

    def add(self, problems: dict[str, str]) -> None:
        """Records files with the reason of each; raises `DataError` past the limit."""
        with self._lock:
            self._problems |= problems
            if len(self._problems) > self._limit:
                self.failure = DataError(
                    f"{self._source} has {len(self._problems)} unreadable images, more"
                    f" than config.data.max_unreadable={self._limit}: {self._first()};"
                    " repair or remove them, or raise --config.data.max_unreadable"
                )
                raise self.failure

    def summary(self) -> str:
        """Returns a line for the report, or nothing."""
        count = len(self._problems)
        files = "file" if count == 1 else "files"
        return f"skipped {count} unreadable {files}: {self._first()}" if count else ""

    def _first(self) -> str:
        shown = sorted(self._problems.items())[:_NAMES_SHOWN]
        text = ", ".join(f"{name} ({problem})" for name, problem in shown)
        return text + (", ..." if len(self._problems) > len(shown) else "")


def subfolders(folder: Path) -> list[str]:
    """Returns the names of a folder's folders, sorted, without hidden ones."""
    names = (entry.name for entry in os.scandir(folder) if entry.is_dir())
    return sorted(name for name in names if not name.startswith((".", "__")))


def image_names(root: Path, folder: Path) -> list[str]:
    """Returns every image file at any depth below `folder`, relative to `root`."""
    names = []
    for parent, _, files in os.walk(folder, followlinks=True):
        base = Path(parent).relative_to(root).as_posix()
        names += [f"{base}/{name}" for name in files if _is_image_name(name)]
    return sorted(names)


def read_headers(root: Path, names: list[str]) -> list[Header]:
    """Opens every file and checks what can be checked without decoding it.

    PNG files are checked by their checksums and JPEG files for their end mark; other
    damage shows when the image is used. For large sets the result is remembered in the
    user's cache, and only new or changed files are opened again.
    """
    if len(names) < REMEMBER_FROM:
        return list(worker_pool().map(functools.partial(_read_header, root), names))
    digest = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:16]
    memory_file = caching.user_cache() / f"headers-{digest}.json"
    known = _recall(memory_file)
    times = worker_pool().map(functools.partial(_stamp, root), names)
    stamps = dict(zip(names, times, strict=True))
    fresh = [name for name in names if known.get(name, [None])[0] != stamps[name]]
    read = worker_pool().map(functools.partial(_read_header, root), fresh)
    for name, header in zip(fresh, read, strict=True):
        known[name] = [stamps[name], header]
    if fresh:
        _remember(memory_file, {name: known[name] for name in names})
    return [Header(*known[name][1]) for name in names]


def reason(error: Exception) -> str:
    """Returns on one short line why a file could not be read."""
    if isinstance(error, Image.UnidentifiedImageError):
        return "not an image"
    if isinstance(error, Image.DecompressionBombError):
        return TOO_LARGE
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())[:100]


@functools.lru_cache(maxsize=1)
def worker_pool() -> ThreadPoolExecutor:
    """Returns the threads that open and decode images (PIL frees the interpreter)."""
    return ThreadPoolExecutor(min(16, os.cpu_count() or 1), "images")


@functools.lru_cache(maxsize=1)
def _image_suffixes() -> frozenset[str]:
    formats = Image.registered_extensions()
    return frozenset(end for end, name in formats.items() if name in Image.OPEN)


def _is_image_name(name: str) -> bool:
    # macOS leaves `._photo.jpg` beside every photo.jpg.
    return not name.startswith(".") and Path(name).suffix.lower() in _image_suffixes()


def _read_header(root: Path, name: str) -> Header:
    try:
        with Image.open(root / name) as image:
            gray, alpha = is_grayscale(image.mode), _has_alpha(image)
            header = Header(*image.size, gray, mode_problem(image.mode), alpha)
            suspicious = image.format == "JPEG" and not _has_end_mark(root / name)
            image.verify()
        if suspicious:
            with Image.open(root / name) as image:
                image.load()
    except Exception as error:  # PIL's readers raise anything on broken files
        return Header(0, 0, False, reason(error))
    return header


def _has_alpha(image: Image.Image) -> bool:
    """Unlike Pillow's `has_transparency_data`, asks nothing that needs decoding."""
    return image.mode.lower() in _ALPHA_MODES or "transparency" in image.info


def _has_end_mark(path: Path) -> bool:
    with open(path, "rb") as file:
        file.seek(-2, os.SEEK_END)
        return file.read() == b"\xff\xd9"


def _stamp(root: Path, name: str) -> list[int]:
    with contextlib.suppress(OSError):
        status = os.stat(root / name)
        return [status.st_size, status.st_mtime_ns]
    return [-1, -1]


def _recall(path: Path) -> dict[str, list]:
    try:
        known = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(path: Path, known: dict[str, list]) -> None:
    # Only a convenience: a full or read-only disk must not stop the run.
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w") as file:
            json.dump(known, file)
        os.replace(temporary, path)
