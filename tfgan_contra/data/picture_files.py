"""Pictures in files: strict for translating, forgiving for training; no TensorFlow."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from tfgan_contra.config import nearest_name
from tfgan_contra.data.folder_index import (
    TOO_LARGE,
    Header,
    UnreadableFiles,
    image_names,
    read_headers,
    reason,
)
from tfgan_contra.data.pictures import PictureSource
from tfgan_contra.data.preparation import converted
from tfgan_contra.data.windows import SMALLEST_SIDE
from tfgan_contra.errors import DataError

# Pillow keeps colour in four bytes per pixel.
_BYTES_PER_PIXEL = {1: 1, 3: 4, 4: 4}
# Decoding a small JPEG takes a millisecond; a training step takes a hundred times that.
MEMORY_BUDGET_BYTES = 1 << 28
# The fields of the config that say the channels of domains A and B.
CHANNEL_OPTIONS = ("channels_in", "channels_out")


class FilePictures(PictureSource):
    """Picture files, decoded at every use; one that cannot be read is an error."""

    def __init__(self, root: Path, names: Sequence[str], channels: int) -> None:
        """Wraps the files `names` below `root`, converted to `channels`."""
        self.root = root
        self.names = tuple(names)
        self.channels = channels

    def image(self, index: int) -> Image.Image:
        """Decodes a picture; see `PictureSource.image`."""
        try:
            return self._decoded(self.names[index])
        except DataError as error:
            raise DataError(f"{self.root / self.names[index]} {error}") from None
        except Exception as error:  # PIL's readers raise anything on broken files
            raise DataError(
                f"{self.root / self.names[index]} cannot be read ({reason(error)});"
                " repair or remove it"
            ) from None

    def _decoded(self, name: str) -> Image.Image:
        with Image.open(self.root / name) as image:
            return converted(image, self.channels)


class TrainingFiles(FilePictures):
    """Picture files of a training run: small sets stay in memory, broken ones pass.

    A file that breaks after the start is replaced by the next one and counted, up to
    the limit of `config.data.max_unreadable`.
    """

    def __init__(
        self,
        root: Path,
        files: dict[str, Header],
        channels: int,
        unreadable: UnreadableFiles,
    ) -> None:
        """Wraps files whose headers were read and hold no problem."""
        super().__init__(root, tuple(files), channels)
        self._unreadable = unreadable
        self._kept: dict[int, Image.Image] = {}
        pixels = sum(header.width * header.height for header in files.values())
        self._keeps = pixels * _BYTES_PER_PIXEL[channels] <= MEMORY_BUDGET_BYTES

    @property
    def failure(self) -> DataError | None:
        """The error that ended the last reading, or None."""
        return self._unreadable.failure

    def image(self, index: int) -> Image.Image:
        """Returns a picture, or in its place the next readable one."""
        if index in self._kept:
            return self._kept[index]
        for candidate in self._candidates(index):
            name = self.names[candidate]
            if name in self._unreadable:
                continue
            try:
                image = self._decoded(name)
            except Exception as error:  # PIL's readers raise anything on broken files
                problem = reason(error)
                self._unreadable.report.append(
                    f"skipped unreadable file {self.root / name} ({problem})"
                )
                self._unreadable.add({name: problem})
                continue
            if self._keeps:
                self._kept[index] = image
            return image
        self._unreadable.failure = DataError(
            f"{self.root} has no readable picture left; repair the files"
        )
        raise self._unreadable.failure

    def _candidates(self, index: int) -> Iterator[int]:
        yield from range(index, len(self.names))
        yield from range(index)


def pictures_at(
    path: Path, channels: int | None = None, smallest_side: int = SMALLEST_SIDE
) -> tuple[FilePictures, list[str]]:
    """Returns the pictures to translate: one file, or every image below a folder.

    Nothing is converted that would lose or invent content: a colour picture does not
    fit a model of one channel. Gray pictures fit colour models; an alpha channel is
    dropped, or opaque where a model wants one that is missing. What does not fit is
    left out of a folder and said; names stay relative to the folder.

    Args:
        path: a file in any format that Pillow reads, or a folder of such files.
        channels: the model's; None: 1 if all pictures are grayscale, else 3.
        smallest_side: pixels that a picture must have each way.

    Returns:
        The pictures, and one line for every file left out.

    Raises:
        DataError: if there is nothing there, or no picture that fits.
    """
    path = path.expanduser()
    root = path if path.is_dir() else path.parent
    headers = headers_below(path, path) if path.is_dir() else _one_header(path)
    problems = {
        name: problem
        for name, header in headers.items()
        if (problem := header_problem(header, smallest_side) or _lost(header, channels))
    }
    lines = [f"{root / name} {problem}" for name, problem in problems.items()]
    fitting = {name: header for name, header in headers.items() if name not in problems}
    if not fitting:
        more = f" (and {len(lines) - 1} more like it)" if len(lines) > 1 else ""
        raise DataError(f"{lines[0]}{more}")
    return FilePictures(root, list(fitting), channels or common_channels(fitting)), [
        f"left out: {line}" for line in lines
    ]


def headers_below(root: Path, folder: Path) -> dict[str, Header]:
    """Returns the header of every image file at any depth below a folder.

    Args:
        root: what the names are relative to.
        folder: `root`, or a folder below it.

    Raises:
        DataError: if the folder is missing, is a file, or holds no image file.
    """
    if not folder.is_dir():
        kind = "is a file, not a folder" if folder.exists() else "does not exist"
        raise DataError(f"{folder} {kind}{_neighbour(folder)}; name a folder of images")
    names = [name.removeprefix("./") for name in image_names(root, folder)]
    if not names:
        raise DataError(f"{folder} holds no image file; put the pictures there")
    return dict(zip(names, read_headers(root, names), strict=True))


def header_problem(header: Header, smallest_side: int) -> str:
    """Returns what makes a picture useless, with the way out, or nothing."""
    if header.problem == TOO_LARGE:
        return f"has {TOO_LARGE}, the most that Pillow opens; shrink or divide it"
    if header.problem:
        return f"cannot be read ({header.problem}); repair or remove it"
    if min(header.width, header.height) < smallest_side:
        return (
            f"is {header.width}x{header.height} pixels, fewer than {smallest_side} a"
            " side; enlarge or remove it"
        )
    return ""


def common_channels(headers: dict[str, Header]) -> int:
    """Returns 1 if all pictures are grayscale, else 3."""
    return 1 if all(header.grayscale for header in headers.values()) else 3


def dropped_alpha(place: Path, headers: dict[str, Header], option: str) -> str:
    """Returns a line on pictures that lose their alpha channel, or nothing.

    Args:
        place: where they lie.
        headers: of the pictures.
        option: the field of the config that keeps it; see `CHANNEL_OPTIONS`.
    """
    count = sum(header.alpha for header in headers.values())
    if not count:
        return ""
    return (
        f"{place}: {count} of {len(headers)} pictures have transparency; alpha dropped;"
        f" --config.data.{option}=4 keeps it"
    )


def _one_header(path: Path) -> dict[str, Header]:
    if not path.exists():
        raise DataError(f"{path} does not exist{_neighbour(path)}; name a picture")
    return {path.name: read_headers(path.parent, [path.name])[0]}


def _lost(header: Header, channels: int | None) -> str:
    if channels == 1 and not header.grayscale:
        return "has 3 channels, but the model takes 1; convert it to grayscale"
    return ""


def _neighbour(path: Path) -> str:
    if not path.parent.is_dir():
        return ""
    return nearest_name(path.name, [other.name for other in path.parent.iterdir()])
