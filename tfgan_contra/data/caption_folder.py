"""A folder of captioned images: `captions:<folder>`.

    folder/captions.jsonl, folder/**/*.png                  a tenth is held out
    folder/captions.jsonl, folder/{train,test}/*.png        also val, valid, validation
    folder/{train,test}/{captions.jsonl,*.png}              also val, valid, validation

All of these but `train` are held out together. `caption_files` describes the caption
file, which may be a `.tsv` too. Any picture format, any size: pictures are resized
whole to a square, as the authors of XMC-GAN prepare COCO, so that their aspect is not
kept. No TensorFlow.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tfgan_contra.config import nearest_name
from tfgan_contra.data.caption_configs import CaptionDataConfig
from tfgan_contra.data.caption_files import caption_file, read_captions
from tfgan_contra.data.captions import CaptionedDataset, CaptionedImages, caption_report
from tfgan_contra.data.folder_index import (
    Header,
    UnreadableFiles,
    image_names,
    read_headers,
    subfolders,
)
from tfgan_contra.data.image_folder import FolderSource, LabelledFiles
from tfgan_contra.data.preparation import prepare_whole
from tfgan_contra.errors import DataError
from tfgan_contra.types import DataSpec

_HELD_OUT_NAMES = ("test", "val", "valid", "validation")
_PARTS = ("train", *_HELD_OUT_NAMES)
_SHOWN = 3

_Captions = dict[str, list[str]]


class WholeFiles(FolderSource):
    """Image files, each resized whole to a square; see `FolderSource`."""

    def pixels_of(self, image: Image.Image) -> np.ndarray:
        """Converts and resizes an opened file, uint8 `[S, S, C]`."""
        size, _, channels = self.image_shape
        return prepare_whole(image, size, channels)


class CaptionedFiles(CaptionedImages):
    """Image files with captions; for a file that breaks later another stands in."""

    def __init__(self, source: WholeFiles, captions: Sequence[Sequence[str]]) -> None:
        """Takes the captions of every file of `source`."""
        super().__init__(source, captions)
        self._files = source

    def shown(self, indices: np.ndarray) -> np.ndarray:
        """Returns the numbers of the files read; see `CaptionedImages.shown`."""
        return self._files.shown(indices)


def load(name: str, config: CaptionDataConfig) -> CaptionedDataset:
    """Loads a folder of images with a caption file, in the layouts named above.

    Images are grayscale if all are and `channels` is None. Images without a caption are
    left out and said.

    Raises:
        DataError: if the folder, its caption file or its images are missing, a line of
            the file is wrong, what is held out lies without `train` or beside other
            folders, too many files are unreadable or none can be held out.
    """
    root = _existing(Path(name).expanduser())
    report: list[str] = []
    captions, test_names = _captions_and_test(root, report)
    unreadable = UnreadableFiles(config.source, config.max_unreadable, report)
    headers = _readable(root, captions, unreadable)
    train, test = _divided(headers, test_names, root, report)
    gray = all(header.grayscale for header in headers.values())
    channels = config.channels or (1 if gray else 3)
    report += _enlarged(headers, config)

    def images(part: dict[str, Header]) -> CaptionedFiles:
        """Returns some of the images."""
        files = LabelledFiles(list(part), [0] * len(part), list(part.values()))
        source = WholeFiles(root, files, config, channels, unreadable)
        return CaptionedFiles(source, [captions[name] for name in part])

    shown = images(train)
    report += caption_report(shown, config)
    spec = DataSpec(config.image_size, channels, 0)
    return CaptionedDataset(spec, shown, images(test), report=report)


def _existing(root: Path) -> Path:
    if root.is_dir():
        return root
    hint = ""
    if root.parent.is_dir():
        hint = nearest_name(root.name, subfolders(root.parent))
    kind = "is a file, not a folder" if root.exists() else "does not exist"
    raise DataError(
        f"captions:{root} {kind}{hint}; name a folder with images and a captions.jsonl"
    )


def _captions_and_test(root: Path, report: list[str]) -> tuple[_Captions, set[str]]:
    """Returns all captions, and the names of the test images if they lie apart."""
    if caption_file(root):
        captions = _captions(root, root, report)
        places = ["".join(name.partition("/")[:2]) for name in captions]
        if not _apart(root, places):
            return captions, set()
        return captions, {n for n in captions if not n.startswith("train/")}
    own = [name for name in _PARTS if (root / name).is_dir()]
    own = [name for name in own if caption_file(root / name)]
    if "train" not in own:
        raise DataError(
            f"{root} has no caption file; put a captions.jsonl there with lines like"
            ' {"image": "<file>", "captions": ["<caption>", ...]}, or a captions.tsv'
        )
    # Of other folders only the usual names count: a .jsonl there may be anything.
    files = [*root.glob("*/captions.jsonl"), *root.glob("*/captions.tsv")]
    holders = {path.parent.name for path in files}
    others = [n for n in subfolders(root) if n in holders and n not in own]
    if not _apart(root, [f"{name}/" for name in own + others]) and others:
        more = ", ..." if len(others) > _SHOWN else ""
        report.append(
            f"left out the captions below {root} in {', '.join(others[:_SHOWN])}{more}:"
            f" only those in {', '.join(_PARTS)} count"
        )
    train = _captions(root, root / "train", report)
    test: _Captions = {}
    for name in own[1:]:
        test |= _captions(root, root / name, report)
    return train | test, set(test)


def _apart(root: Path, places: list[str]) -> bool:
    """Returns whether what is held out lies in folders of its own, beside `train/`.

    Args:
        root: the folder, for the error.
        places: where the captioned images lie: `<folder>/`, or a file's name.

    Raises:
        DataError: if other images lie beside those folders, for nothing says to which
            part they belong, and a guess may train on what is to be held out; or if
            there is nothing but what is to be held out.
    """
    found = dict.fromkeys(places)
    parts = [f"{name}/" for name in _PARTS if f"{name}/" in found]
    held_out = [part for part in parts if part != "train/"]
    strays = [place for place in found if place not in parts]
    if held_out and "train/" not in parts and not strays:
        raise DataError(
            f"{root} has captions for {' and '.join(parts)} but none to train on; put"
            " images into train/, or give the folder another name"
        )
    if held_out and strays:
        more = ", ..." if len(strays) > _SHOWN else ""
        raise DataError(
            f"{root} has captions for {' and '.join(parts)} but also for"
            f" {', '.join(strays[:_SHOWN])}{more}; move those images into"
            f" train/ or {held_out[0]}, or take their captions away"
        )
    return bool(held_out)


def _captions(root: Path, folder: Path, report: list[str]) -> _Captions:
    """Returns the captions in one folder, by image name relative to `root`."""
    path = caption_file(folder)
    images = [name.removeprefix("./") for name in image_names(folder, folder)]
    if path is None or not images:
        raise DataError(f"{folder} holds no image file; put the images there")
    captions = read_captions(path, images)
    bare = [name for name in images if name not in captions]
    if bare:
        more = ", ..." if len(bare) > _SHOWN else ""
        report.append(
            f"left out {len(bare)} of {len(images)} images below {folder} that have no"
            f" caption: {', '.join(bare[:_SHOWN])}{more}"
        )
    prefix = "" if folder == root else f"{folder.name}/"
    return {prefix + name: captions[name] for name in images if name in captions}


def _readable(
    root: Path, captions: _Captions, unreadable: UnreadableFiles
) -> dict[str, Header]:
    """Returns the headers of the captioned images that can be read."""
    names = list(captions)
    headers = dict(zip(names, read_headers(root, names), strict=True))
    problems = {name: head.problem for name, head in headers.items() if head.problem}
    if problems:
        unreadable.add(problems)
        unreadable.report.append(unreadable.summary())
    return {name: header for name, header in headers.items() if not header.problem}


def _divided(
    headers: dict[str, Header], test_names: set[str], root: Path, report: list[str]
) -> tuple[dict[str, Header], dict[str, Header]]:
    """Returns what to train on and what is held out, else the tenth by name.

    It is the tenth whose names have the smallest SHA-256, so that a new image hardly
    changes which of the others are held out.
    """
    chosen = test_names
    if not test_names and len(headers) > 1:
        ranked = sorted(headers, key=lambda n: hashlib.sha256(n.encode()).digest())
        chosen = set(ranked[: max(1, (len(ranked) + 5) // 10)])
        report.append(f"{root} has no test images; held out {len(chosen)} of its own")
    train = {name: header for name, header in headers.items() if name not in chosen}
    test = {name: header for name, header in headers.items() if name in chosen}
    if not train or not test:
        raise DataError(
            f"{root} has {len(train)} readable captioned images to train on and"
            f" {len(test)} to test; at least one of each is needed; add images"
        )
    return train, test


def _enlarged(headers: dict[str, Header], config: CaptionDataConfig) -> list[str]:
    """Returns a line on pictures with fewer pixels than a model's, if there are any."""
    size = config.image_size
    count = sum(min(header.width, header.height) < size for header in headers.values())
    if not count:
        return []
    return [
        f"{count} of {len(headers)} images have fewer than {size} pixels a side and are"
        " enlarged"
    ]
