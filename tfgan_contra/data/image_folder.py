"""A folder of images, one folder per class: `folder:<path>`.

    path/<class>/*.png                                  a tenth is held out
    path/{train,val}/<class>/*.png                      also valid, validation, test
    path/train/<class>/images/*.JPEG, path/val/val_annotations.txt     Tiny-ImageNet

Files are decoded when they are used; small sets are then kept in memory.
"""

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from tfgan_contra.config import DataConfig, nearest_name
from tfgan_contra.data.folder_index import (
    Header,
    UnreadableFiles,
    image_names,
    read_headers,
    reason,
    subfolders,
    worker_pool,
)
from tfgan_contra.data.ordering import stratified_split, tenth_counts
from tfgan_contra.data.preparation import prepare, size_problem
from tfgan_contra.data.specs import SPLIT_SEED, CroppedSource, ImageDataset
from tfgan_contra.errors import DataError
from tfgan_contra.types import DataSpec

MEMORY_BUDGET_BYTES = 1 << 30
_HELD_OUT_FOLDERS = ("test", "val", "valid", "validation")
_ANNOTATIONS = "val_annotations.txt"


@dataclasses.dataclass
class LabelledFiles:
    """Files of one split.

    Attributes:
        names: relative to the root.
        labels: one number per file.
        headers: one per file, once they were read.
    """

    names: list[str]
    labels: list[int]
    headers: list[Header] = dataclasses.field(default_factory=list)

    def subset(self, rows: Iterable[int]) -> "LabelledFiles":
        """Returns some of the files."""
        rows = list(rows)
        return LabelledFiles(
            [self.names[row] for row in rows],
            [self.labels[row] for row in rows],
            [self.headers[row] for row in rows],
        )


class FolderSource(CroppedSource):
    """Image files, decoded when used and kept in memory where the set is small."""

    def __init__(
        self,
        root: Path,
        files: LabelledFiles,
        config: DataConfig,
        channels: int,
        unreadable: UnreadableFiles,
    ) -> None:
        """Wraps files whose headers were checked; see `ImageSource.load`."""
        self._root = root
        self._names = files.names
        self._config = config
        self._unreadable = unreadable
        self._kept: dict[int, np.ndarray] = {}
        self._keeps = _memory_bytes(files, config, channels) <= MEMORY_BUDGET_BYTES
        self.labels = np.array(files.labels, np.int32)
        self.image_shape = (config.image_size, config.image_size, channels)

    @property
    def failure(self) -> DataError | None:
        """The error that ended the last `load`, or None."""
        return self._unreadable.failure

    def prepared(self, indices: np.ndarray) -> Iterable[np.ndarray]:
        """Returns the images, decoding what is not in memory on several threads."""
        wanted = [int(index) for index in indices]
        missing = [i for i in dict.fromkeys(wanted) if i not in self._kept]
        fresh = dict(
            zip(missing, worker_pool().map(self._pixels, missing), strict=True)
        )
        if self._keeps:
            self._kept.update(fresh)
        return [fresh[i] if i in fresh else self._kept[i] for i in wanted]

    def shown(self, indices: np.ndarray) -> np.ndarray:
        """Returns the numbers of the files that the last `load` of `indices` read."""
        return np.array([self._readable(int(index)) for index in indices], np.int64)

    def pixels_of(self, image: Image.Image) -> np.ndarray:
        """Converts and resizes an opened file, uint8 `[h, w, C]`."""
        return prepare(image, self._config, self.image_shape[2])

    def _readable(self, index: int) -> int:
        """Returns the first candidate that is not known to be unreadable."""
        names = self._names
        candidates = self._candidates(index)
        return next((c for c in candidates if names[c] not in self._unreadable), index)

    def _pixels(self, index: int) -> np.ndarray:
        """Decodes a file, or in its place the next readable file of its class."""
        for candidate in self._candidates(index):
            name = self._names[candidate]
            if name in self._unreadable:
                continue
            try:
                with Image.open(self._root / name) as image:
                    return self.pixels_of(image)
            except Exception as error:  # PIL's readers raise anything on broken files
                problem = reason(error)
                self._unreadable.report.append(
                    f"skipped unreadable file {name} ({problem})"
                )
                self._unreadable.add({name: problem})
        self._unreadable.failure = DataError(
            f"{self._config.source} has no readable image left in the class of"
            f" {self._names[index]}; repair the files"
        )
        raise self._unreadable.failure

    def _candidates(self, index: int) -> Iterator[int]:
        """Yields a file's number, then the others of its class, starting after it."""
        yield index
        members = np.flatnonzero(self.labels == self.labels[index])
        yield from np.roll(members, -int(np.searchsorted(members, index)))[1:].tolist()


def load(name: str, config: DataConfig) -> ImageDataset:
    """Loads a folder with one folder of images per class, in the layouts named above.

    Any format PIL reads, at any depth below the class folder. Classes are numbered by
    sorted folder name. Images are grayscale if all are and `channels` is None.

    Raises:
        DataError: if the folder or its class folders are missing, a class is empty,
            too many files are unreadable, or an image is smaller than the crop.
    """
    root = _existing(Path(name).expanduser())
    train_folder = root / "train" if _has_split(root) else root
    classes = _classes(train_folder)
    train = _class_files(root, train_folder, classes)
    _require_images(train, classes, train_folder, "no image file in it")
    report: list[str] = []
    test = _held_out_files(root, classes, report) if train_folder != root else None
    unreadable = UnreadableFiles(config.source, config.max_unreadable, report)
    splits = _checked(root, [train, test] if test else [train], config, unreadable)
    report += [unreadable.summary()] if unreadable.summary() else []
    _require_images(splits[0], classes, train_folder, "no readable image in it")
    if not test:
        splits = _split(splits[0], root)
    gray = all(header.grayscale for files in splits for header in files.headers)
    channels = config.channels or (1 if gray else 3)
    sources = [
        FolderSource(root, files, config, channels, unreadable) for files in splits
    ]
    spec = DataSpec(config.image_size, channels, len(classes), tuple(classes))
    return ImageDataset(spec, sources[0], sources[1], report)


def _existing(root: Path) -> Path:
    if root.is_dir():
        return root
    hint = ""
    if root.parent.is_dir():
        hint = nearest_name(root.name, subfolders(root.parent))
    kind = "is a file, not a folder" if root.exists() else "does not exist"
    raise DataError(f"folder:{root} {kind}{hint}; name a folder with class folders")


def _has_split(root: Path) -> bool:
    train = root / "train"
    return train.is_dir() and bool(subfolders(train))


def _classes(folder: Path) -> list[str]:
    classes = subfolders(folder)
    if not classes:
        loose = len(image_names(folder, folder))
        raise DataError(
            f"{folder} has no class folders (and {loose} images directly in it); put"
            " the images of each class into a folder of its own:"
            f" {folder}/<class>/<image>"
        )
    return classes


def _class_files(root: Path, folder: Path, classes: list[str]) -> LabelledFiles:
    files = LabelledFiles([], [])
    for label, name in enumerate(classes):
        names = image_names(root, folder / name)
        files.names += names
        files.labels += [label] * len(names)
    return files


def _held_out_files(
    root: Path, classes: list[str], report: list[str]
) -> LabelledFiles | None:
    """Returns the first labelled held-out folder's files, or None."""
    present = [name for name in _HELD_OUT_FOLDERS if (root / name).is_dir()]
    for name in present:
        folder = root / name
        if (folder / _ANNOTATIONS).is_file():
            return _annotated_files(root, folder, classes)
        held_out = subfolders(folder)
        strangers = sorted(set(held_out) - set(classes))
        if len(strangers) == len(held_out):
            continue  # unlabelled, like Tiny-ImageNet's test/images
        if strangers:
            raise DataError(
                f"class folder {folder / strangers[0]} has no counterpart in"
                f" {root / 'train'}{nearest_name(strangers[0], classes)}; the same"
                " classes are needed in both"
            )
        return _class_files(root, folder, classes)
    if present:
        report.append(
            f"{', '.join(present)} in {root} has no class folders of train; a tenth of"
            " train is held out instead"
        )
    return None


def _annotated_files(root: Path, folder: Path, classes: list[str]) -> LabelledFiles:
    """Reads Tiny-ImageNet's lines `file <tab> class <tab> box`."""
    numbers = {name: label for label, name in enumerate(classes)}
    files = LabelledFiles([], [])
    for row, line in enumerate((folder / _ANNOTATIONS).read_text().splitlines(), 1):
        fields = line.split("\t")
        if len(fields) < 2 or fields[1] not in numbers:
            raise DataError(
                f"{folder / _ANNOTATIONS} line {row} names no class of"
                f" {root / 'train'}. Received: {line[:80]!r}"
            )
        files.names.append(f"{folder.name}/images/{fields[0]}")
        files.labels.append(numbers[fields[1]])
    return files


def _checked(
    root: Path,
    splits: list[LabelledFiles],
    config: DataConfig,
    unreadable: UnreadableFiles,
) -> list[LabelledFiles]:
    """Reads all headers; drops unreadable files, refuses images that do not fit."""
    for files in splits:
        files.headers = read_headers(root, files.names)
        rows = zip(files.names, files.headers, strict=True)
        problems = {name: header.problem for name, header in rows if header.problem}
        if problems:
            unreadable.add(problems)
    readable = [
        files.subset(i for i, header in enumerate(files.headers) if not header.problem)
        for files in splits
    ]
    for files in readable:
        for name, header in zip(files.names, files.headers, strict=True):
            problem = size_problem(header.width, header.height, config)
            if problem:
                raise DataError(f"{root / name} {problem}")
    return readable


def _require_images(
    files: LabelledFiles, classes: list[str], folder: Path, problem: str
) -> None:
    empty = sorted(set(range(len(classes))) - set(files.labels))
    if empty:
        raise DataError(
            f"class folder {folder / classes[empty[0]]} is empty ({problem}); add"
            " images or remove the folder"
        )


def _split(files: LabelledFiles, root: Path) -> list[LabelledFiles]:
    labels = np.array(files.labels)
    kept, held_out = stratified_split(labels, tenth_counts(labels), SPLIT_SEED)
    if not len(held_out):
        raise DataError(
            f"every class in {root} has a single image, so none can be held out; add"
            " images"
        )
    return [files.subset(kept), files.subset(held_out)]


def _memory_bytes(files: LabelledFiles, config: DataConfig, channels: int) -> float:
    square = config.image_size**2 * channels
    if config.crop != "random":
        return float(square * len(files.names))
    sizes = [(header.width, header.height) for header in files.headers]
    return float(sum(square * max(size) / min(size) for size in sizes))
