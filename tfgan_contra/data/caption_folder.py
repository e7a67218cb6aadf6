"""A folder of captioned images: `captions:<folder>`.

    folder/captions.jsonl, folder/**/*.png                  a tenth is held out
    folder/captions.jsonl, folder/{train,test}/*.png        also val, valid, validation
    folder/{train,test}/{captions.jsonl,*.png}              also val, valid, validation

`caption_files` describes the caption file, which may be a `.tsv` too. Any picture
format, any size: pictures are resized whole to a square, as the authors of XMC-GAN
prepare COCO, so that their aspect is not kept. No TensorFlow.
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
            the file is wrong, too many files are unreadable or none can be held out.
    """
    root = _existing(Path(name).expanduser())
    report: list[str] = []
    splits = _splits(root, report)
    headers = [_headers(root, captions) for captions in splits]
    unreadable = UnreadableFiles(config.source, config.max_unreadable, report)
    problems = {
        name: header.problem
        for split in headers
        for name, header in split.items()
        if header.problem
    }
    if problems:
        unreadable.add(problems)
        report.append(unreadable.summary())
    readable = [
        {name: header for name, header in split.items() if not header.problem}
        for split in headers
    ]
    if not all(readable):
        raise DataError(f"{config.source} has no readable image to train on or to test")
    together = readable[0] | readable[1]
    gray = all(header.grayscale for header in together.values())
    channels = config.channels or (1 if gray else 3)
    report += _enlarged(together, config)
    train, test = (
        CaptionedFiles(
            WholeFiles(root, _files(split), config, channels, unreadable),
            [captions[name] for name in split],
        )
        for split, captions in zip(readable, splits, strict=True)
    )
    report += caption_report(train, config)
    spec = DataSpec(config.image_size, channels, 0)
    return CaptionedDataset(spec, train, test, report=report)


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


def _splits(root: Path, report: list[str]) -> tuple[_Captions, _Captions]:
    """Returns the captions of the images to train on and of those held out."""
    if caption_file(root):
        captions = _captions(root, root, report)
        train = {n: texts for n, texts in captions.items() if n.startswith("train/")}
        test = {
            name: texts
            for name, texts in captions.items()
            if name.startswith(tuple(f"{folder}/" for folder in _HELD_OUT_NAMES))
        }
        if train and test and len(train) + len(test) == len(captions):
            return train, test
        return _held_out(captions, root, report)
    own = [name for name in ("train", *_HELD_OUT_NAMES) if (root / name).is_dir()]
    own = [name for name in own if caption_file(root / name)]
    if "train" not in own:
        raise DataError(
            f"{root} has no caption file; put a captions.jsonl there with lines like"
            ' {"image": "<file>", "captions": ["<caption>", ...]}, or a captions.tsv'
        )
    train = _captions(root, root / "train", report)
    if len(own) > 1:
        return train, _captions(root, root / own[1], report)
    return _held_out(train, root, report)


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


def _held_out(
    captions: _Captions, root: Path, report: list[str]
) -> tuple[_Captions, _Captions]:
    """Holds out the tenth whose names have the smallest SHA-256.

    So a new image hardly changes which of the others are held out.
    """
    if len(captions) < 2:
        raise DataError(
            f"{root} has a single captioned image, so none can be held out; add images"
        )
    ranked = sorted(captions, key=lambda n: hashlib.sha256(n.encode()).digest())
    chosen = set(ranked[: max(1, (len(ranked) + 5) // 10)])
    report.append(f"{root} has no test images; held out {len(chosen)} of its own")
    return (
        {name: texts for name, texts in captions.items() if name not in chosen},
        {name: texts for name, texts in captions.items() if name in chosen},
    )


def _headers(root: Path, captions: _Captions) -> dict[str, Header]:
    names = list(captions)
    return dict(zip(names, read_headers(root, names), strict=True))


def _files(headers: dict[str, Header]) -> LabelledFiles:
    return LabelledFiles(list(headers), [0] * len(headers), list(headers.values()))


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
