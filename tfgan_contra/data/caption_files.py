"""Files that give images their captions: JSON lines or tab-separated lines.

    {"image": "a.png", "captions": ["a red car", "a car"]}      captions.jsonl
    {"image": "a.png", "caption": "a red car"}                  the same, line by line
    a.png <tab> a red car                                       captions.tsv

Images are named relative to the file's folder; several lines may name one image. No
TensorFlow.
"""

import json
import posixpath
from collections.abc import Collection, Iterator
from pathlib import Path

from tfgan_contra.config import nearest_name
from tfgan_contra.errors import DataError

_USUAL_NAMES = ("captions.jsonl", "captions.tsv")
_SUFFIXES = (".jsonl", ".tsv")
_JSON_FORM = '{"image": "<file>", "captions": ["<caption>", ...]}'
_TSV_FORM = "<file><tab><caption>"
_SHOWN = 80


def caption_file(folder: Path) -> Path | None:
    """Returns a folder's caption file: of the usual name, or else the only one.

    Raises:
        DataError: if several could be meant.
    """
    files = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")
    )
    chosen = [path for path in files if path.name in _USUAL_NAMES] or files
    if len(chosen) > 1:
        raise DataError(
            f"{folder} has several caption files"
            f" ({', '.join(path.name for path in chosen)}); keep one of them there"
        )
    return chosen[0] if chosen else None


def read_captions(path: Path, images: Collection[str]) -> dict[str, list[str]]:
    """Returns the captions of every image that a file names, in the file's order.

    Runs of white space become one blank. A first line of column names is skipped.

    Args:
        path: the caption file, UTF-8.
        images: the names of the images that there are, relative to its folder.

    Raises:
        DataError: if it cannot be read, or a line is of another form, names no image or
            has an empty caption; the error gives the line's number.
    """
    read_line = _json_line if path.suffix.lower() == ".jsonl" else _tsv_line
    known = set(images)
    captions: dict[str, list[str]] = {}
    for number, line in _lines(path):
        where = f"{path} line {number}"
        image, texts = read_line(line, where)
        name = posixpath.normpath(image)
        if name not in known:
            if number == 1 and texts == ["caption"]:
                continue
            raise DataError(
                f"{where} names {image!r}, which is no image file below {path.parent}"
                f"{nearest_name(image, images)}; add the image or remove the line"
            )
        if not all(texts):
            raise DataError(
                f"{where} has an empty caption for {image!r}; write one or remove it"
            )
        captions.setdefault(name, []).extend(texts)
    if not captions:
        raise DataError(f"{path} has no caption; its lines are like {_form(path)}")
    return captions


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yields the numbers, from 1, and texts of a file's lines that are not blank."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line.rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise DataError(f"{path} cannot be read ({problem}); repair it") from None


def _json_line(line: str, where: str) -> tuple[str, list[str]]:
    try:
        values = json.loads(line)
    except ValueError as error:
        problem = getattr(error, "msg", str(error))
        raise DataError(
            f"{where} is not JSON ({problem}). Received: {line[:_SHOWN]!r}"
        ) from None
    fields = values if isinstance(values, dict) else {}
    image, texts = fields.get("image"), fields.get("captions", [fields.get("caption")])
    if isinstance(image, str) and isinstance(texts, list) and texts:
        if all(isinstance(text, str) for text in texts):
            return image, [_one_line(text) for text in texts]
    raise DataError(f"{where} must be like {_JSON_FORM}. Received: {line[:_SHOWN]!r}")


def _tsv_line(line: str, where: str) -> tuple[str, list[str]]:
    image, *texts = line.split("\t")
    if len(texts) != 1:
        raise DataError(
            f"{where} must be like {_TSV_FORM}. Received: {line[:_SHOWN]!r}"
        )
    return image.strip(), [_one_line(texts[0])]


def _form(path: Path) -> str:
    return _JSON_FORM if path.suffix.lower() == ".jsonl" else _TSV_FORM


def _one_line(text: str) -> str:
    return " ".join(text.split())
