"""Which pictures to translate, how they are read, and where translations go.

Imports no TensorFlow, so that a missing file is said at once.
"""

import collections
import contextlib
import dataclasses
import os
import re
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Optional

import numpy as np
from PIL import Image

from tfgan_contra.data.folder_index import reason
from tfgan_contra.data.picture_files import pictures_at
from tfgan_contra.data.picture_names import SUFFIX, translation_names
from tfgan_contra.data.preparation import converted, is_grayscale, pil_image
from tfgan_contra.data.windows import SMALLEST_SIDE
from tfgan_contra.errors import DataError, UsageError

COMPARISONS = "side_by_side"
# Pillow's bytes per pixel: of 8 bits of brightness, of colour, and of deeper
# brightness, which is counted in 64 bits on its way to 8.
BRIGHTNESS_BYTES, COLOUR_BYTES, DEEP_BYTES = 1, 4, 16
# What picture files hold: brightness, colour, colour with alpha.
FILE_CHANNELS = (1, 3, 4)
SIZE = re.compile(r"(\d{1,5})(?:x(\d{1,5}))?")


@dataclasses.dataclass(frozen=True)
class Resize:
    """What pictures are resized to before they are translated, bicubically.

    Attributes:
        width: in pixels; of the longer side where `height` is None.
        height: in pixels; None: in proportion.
    """

    width: int
    height: Optional[int] = None

    @classmethod
    def parse(cls, text: str) -> "Resize":
        """Reads `512` (the longer side) or `640x480` (width and height).

        Raises:
            UsageError: for anything else, or sides that are too small to translate.
        """
        match = SIZE.fullmatch(text)
        sides = [int(side) for side in match.groups() if side] if match else []
        if not sides or min(sides) < SMALLEST_SIDE:
            raise UsageError(
                "--resize must be the longer side, such as 512, or width x height, "
                f"such as 640x480, {SMALLEST_SIDE} pixels or more. Received: {text!r}"
            )
        return cls(*sides)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Returns the width and height that a picture gets."""
        if self.height is not None:
            return self.width, self.height
        scale = self.width / max(width, height)
        return max(round(width * scale), 1), max(round(height * scale), 1)


@dataclasses.dataclass(frozen=True)
class Job:
    """One picture to translate.

    Attributes:
        source: the file.
        name: what to call it: its path below the folder that was named.
        target: the file of its translation.
        comparison: the file that shows both; None: not wanted.
    """

    source: Path
    name: str
    target: Path
    comparison: Optional[Path] = None

    @property
    def written(self) -> tuple[Path, ...]:
        """The files that are written."""
        return (self.target, self.comparison) if self.comparison else (self.target,)


class PictureReader:
    """Reads picture files as a model wants them, and counts what that changed.

    Args:
        channels: the model's.
        resize: None: pictures keep their size.
        check: is told the height and width to translate before a picture is decoded;
            may raise.
        check_file: is told the file's height and width and the bytes per pixel that it
            takes to read, before that; may raise.

    Attributes:
        changes: how many pictures were changed, by what was done to them.
    """

    def __init__(
        self,
        channels: int,
        resize: Optional[Resize] = None,
        check: Callable[[int, int], object] = lambda height, width: None,
        check_file: Callable[[int, int, int], object] = lambda height, width, size: (
            None
        ),
    ) -> None:
        self._channels, self._resize = channels, resize
        self._check, self._check_file = check, check_file
        self.changes: collections.Counter[str] = collections.Counter()

    def read(self, path: Path) -> np.ndarray:
        """Returns uint8 `[h, w, channels]`, upright.

        Raises:
            DataError: if the file cannot be read, or is too small or too large.
        """
        try:
            with _no_bomb_warnings(), Image.open(path) as file:
                change = _change(file, self._channels)
                self._check_file(
                    file.height, file.width, _bytes_to_read(file, self._channels)
                )
                width, height = self._new_size(file)
                self._check(height, width)
                image = converted(file, self._channels)
        except DataError:
            raise
        except Exception as error:  # PIL's readers raise anything on broken files
            raise DataError(
                f"cannot be read ({reason(error)}); repair or remove it"
            ) from None
        size = self._new_size(image)  # Turned upright, width and height may change.
        if min(size) < SMALLEST_SIDE:
            raise DataError(
                f"would be {size[0]}x{size[1]} pixels, fewer than {SMALLEST_SIDE} a "
                "side; choose a larger --resize"
            )
        if image.size != size:
            image = image.resize(size, Image.Resampling.BICUBIC)
        self.changes.update([change] if change else [])
        return np.array(image).reshape(size[1], size[0], self._channels)

    def _new_size(self, image: Image.Image) -> tuple[int, int]:
        return self._resize.size(*image.size) if self._resize else image.size


def find_jobs(
    pictures: Path,
    output: Path,
    *,
    side_by_side: bool = False,
    smallest_side: int = SMALLEST_SIDE,
) -> tuple[list[Job], list[str]]:
    """Returns what there is to translate, and a line for every file left out.

    Args:
        pictures: a file, or a folder that is searched at any depth.
        output: a folder; for a single file also the `.png` file to write.
        side_by_side: whether comparisons are wanted.
        smallest_side: smaller pictures are left out.

    Raises:
        DataError: if there is no readable picture.
        UsageError: if what is written would replace pictures or one another, or
            `output` is of the wrong kind.
    """
    pictures, output = pictures.expanduser(), output.expanduser()
    with _no_bomb_warnings():
        found, left_out = pictures_at(pictures, smallest_side=smallest_side)
    _check_output(pictures, output)
    targets = [output / name for name in translation_names(found.names)]
    names_a_file = output.suffix.lower() == SUFFIX and not output.is_dir()
    if not pictures.is_dir() and names_a_file:
        targets, output = [output], output.parent
    jobs = [
        Job(
            found.root / name,
            name,
            target,
            output / COMPARISONS / target.relative_to(output) if side_by_side else None,
        )
        for name, target in zip(found.names, targets, strict=True)
    ]
    _check_nothing_is_replaced(jobs, pictures)
    return jobs, left_out


@contextlib.contextmanager
def prepared_folders(folders: Iterable[Path]) -> Iterator[None]:
    """Makes folders; after an error, those made that are still empty go again.

    Raises:
        UsageError: if one cannot be written.
    """
    needed = {above for folder in folders for above in (folder, *folder.parents)}
    # Those above come first.
    missing = sorted(folder for folder in needed if not os.path.exists(folder))
    try:
        for folder in sorted(folders):
            prepare_folder(folder)
        yield
    except BaseException:
        for folder in reversed(missing):
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def prepare_folder(folder: Path) -> None:
    """Makes a folder and tries to write there, before any work is done.

    Raises:
        UsageError: if that fails.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(
            f"--output: cannot write to {folder} ({reason(error)}); choose another "
            "folder"
        ) from None


def beside(picture: np.ndarray, translation: np.ndarray) -> np.ndarray:
    """Returns both side by side, in the larger number of channels."""
    channels = max(picture.shape[2], translation.shape[2])
    halves = [
        np.array(converted(pil_image(half), channels))
        for half in (picture, translation)
    ]
    joined = np.concatenate(halves, axis=1)
    return joined.reshape(*joined.shape[:2], channels)


def _check_output(pictures: Path, output: Path) -> None:
    is_folder = pictures.is_dir()
    if output.exists() and not output.is_dir() and is_folder:
        raise UsageError(
            f"--output must be a folder. Received: {str(output)!r}, a file"
        )
    if is_folder and output.resolve().is_relative_to(pictures.resolve()):
        raise UsageError(
            "--output must not lie in the folder of the pictures, whose files it would "
            f"replace or join. Received: {str(output)!r}"
        )
    suffix = output.suffix.lower()
    if not is_folder and suffix in Image.registered_extensions() and suffix != SUFFIX:
        raise UsageError(
            "--output must be a folder or a .png file, which loses nothing. "
            f"Received: {str(output)!r}"
        )


def _check_nothing_is_replaced(jobs: list[Job], pictures: Path) -> None:
    sources = {job.source.resolve() for job in jobs}
    folder = pictures.resolve()
    names: dict[Path, str] = {}
    written = [(path, job) for job in jobs for path in job.written]
    for path, job in written:
        place = path.resolve()
        # Also what the folder holds beside readable pictures stays.
        if place in sources or (place.is_relative_to(folder) and place.exists()):
            raise UsageError(
                f"--output: {path} is among the pictures to translate and would be "
                "replaced; choose another folder"
            )
        if place in names:
            way_out = ", or leave out --side_by_side" if job.comparison else ""
            raise UsageError(
                f"--output: {path} would be written for {names[place]} and again for "
                f"{job.name}; rename or move one of them{way_out}"
            )
        names[place] = job.name


@contextlib.contextmanager
def _no_bomb_warnings() -> Iterator[None]:
    """Silences what Pillow says of large files: memory is checked before decoding."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        yield


def _bytes_to_read(image: Image.Image, channels: int) -> int:
    """Returns the bytes per pixel of a file decoded, turned upright and converted."""
    decoded = BRIGHTNESS_BYTES if image.mode in ("1", "L", "P") else COLOUR_BYTES
    if image.mode.startswith("I"):
        decoded = DEEP_BYTES
    return 2 * decoded + (BRIGHTNESS_BYTES if channels == 1 else COLOUR_BYTES)


def _change(image: Image.Image, channels: int) -> str:
    """Returns what a conversion does to a picture, or nothing."""
    changes = []
    if is_grayscale(image.mode) and channels > 1:
        changes.append("grayscale to colour")
    if not is_grayscale(image.mode) and channels == 1:
        changes.append("colour to grayscale")
    has_alpha = image.has_transparency_data
    if has_alpha and channels < 4:
        changes.append("alpha channel dropped")
    if not has_alpha and channels == 4:
        changes.append("opaque alpha channel added")
    return ", ".join(changes)
