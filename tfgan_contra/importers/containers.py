"""The files that arrays come in: PyTorch's two formats, safetensors and NumPy's.

Each reader takes an open file and returns what is in it, without reading the numbers;
sizes that a file claims are compared with its own size before anything is allocated.
"""

import json
import math
import os
import struct
import zipfile
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from tfgan_contra.importers.inert_pickle import MOST_BYTES, Refused, Result, interpret
from tfgan_contra.importers.tensors import Arrays, decoded, item_size

ZIP_START = b"PK\x03\x04"
# The first two pickles of PyTorch's old format: a magic number and the version.
OLD_START = [0x1950A86A20F9469CFC6C, 1001]
# A compressed .npz of mostly zeros is that much larger unpacked; a bomb is more.
MOST_EXPANSION = 100
SAFETENSORS_TYPES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U8": "uint8",
    "BOOL": "bool",
}


class Contents(NamedTuple):
    """What a file holds: a value with tensors in it, and what makes arrays of them."""

    value: Any
    arrays: Arrays


def read_contents(file: BinaryIO) -> Contents:
    """Reads a file of any of the formats; its first bytes tell which.

    Raises:
        Refused: if it is none of them, holds code, or is damaged.
    """
    start = file.read(16)
    if start.startswith(ZIP_START):
        return _read_zip(file)
    if start[8:9] == b"{":
        return _read_safetensors(file)
    if start[:1] == b"\x80":
        return _read_old_pytorch(file)
    raise Refused(
        "is neither a PyTorch file (.pth, .pt) nor a .safetensors or .npz file; it "
        f"starts with {start!r}"
    )


class _ZipBlocks:
    def __init__(self, archive: zipfile.ZipFile, folder: str) -> None:
        self._archive, self._folder = archive, folder

    def block(self, key: str) -> bytes:
        """Returns all bytes of a block."""
        return self._archive.read(f"{self._folder}/data/{key}")


class _OldBlocks:
    def __init__(self, file: BinaryIO, places: dict[str, tuple[int, int]]) -> None:
        self._file, self._places = file, places

    def block(self, key: str) -> bytes:
        """Returns all bytes of a block."""
        start, size = self._places[key]
        self._file.seek(start)
        return self._file.read(size)


class _NoBlocks:
    def block(self, key: str) -> bytes:
        """Returns all bytes of a block."""
        raise KeyError(key)


def _read_zip(file: BinaryIO) -> Contents:
    archive = zipfile.ZipFile(file)
    entries = {entry.filename: entry for entry in archive.infolist()}
    if len(entries) < len(archive.infolist()):
        raise Refused("is a zip archive that holds two files of one name")
    if sum(entry.compress_size for entry in entries.values()) > _size(file):
        raise Refused("is a zip archive whose files claim more room than it has")
    if any(entry.flag_bits & 1 for entry in entries.values()):
        raise Refused("is an encrypted zip archive")
    if entries and all(name.endswith(".npy") for name in entries):
        return _read_npz(archive, _size(file))
    if any(name.partition("/")[2] == "constants.pkl" for name in entries):
        raise Refused("holds code: it is a TorchScript program. It is refused unread")
    pickles = [name for name in entries if name.partition("/")[2] == "data.pkl"]
    if len(pickles) != 1:
        raise Refused("is a zip archive, but not one of PyTorch or NumPy")
    if any(e.compress_type or e.file_size != e.compress_size for e in entries.values()):
        raise Refused("is a zip archive with compressed files; PyTorch writes none")
    folder = pickles[0].partition("/")[0]
    if entries[pickles[0]].file_size > MOST_BYTES:
        raise Refused(f"describes its arrays in more than {MOST_BYTES} bytes")
    order = f"{folder}/byteorder"
    big = order in entries and archive.read(order).strip() == b"big"
    value = interpret(archive.read(pickles[0])).value
    return Contents(value, Arrays(_ZipBlocks(archive, folder), ">" if big else "<"))


def _read_old_pytorch(file: BinaryIO) -> Contents:
    """Reads what PyTorch wrote before 1.6: pickles one after another, then numbers."""
    results: list[Result] = []
    place = 0
    for _ in range(5):
        file.seek(place)
        results.append(interpret(file.read(MOST_BYTES)))
        place += results[-1].length
        if len(results) == 2 and [r.value for r in results] != OLD_START:
            raise Refused("is a pickle, but not one of PyTorch")
    _, _, _, whole, keys = results
    places: dict[str, tuple[int, int]] = {}
    for key in keys.value:
        file.seek(place)
        (count,) = struct.unpack("<q", file.read(8))
        size = count * item_size(whole.dtypes[key])
        if size < 0 or place + 8 + size > _size(file) or key in places:
            raise Refused(f"is truncated: storage {key[:20]!r} is not whole")
        places[key] = (place + 8, size)
        place += 8 + size
    return Contents(whole.value, Arrays(_OldBlocks(file, places)))


def _read_safetensors(file: BinaryIO) -> Contents:
    file.seek(0)
    (length,) = struct.unpack("<Q", file.read(8))
    room = _size(file) - 8 - length
    if length > MOST_BYTES or room < 0:
        raise Refused("is damaged or truncated: its header claims an impossible size")
    header = json.loads(file.read(length), object_pairs_hook=_without_repetition)
    described = {k: v for k, v in header.items() if k != "__metadata__"}
    if sum(_span(entry) for entry in described.values()) > room:
        raise Refused("is damaged or truncated: its arrays need more room than it has")
    arrays = {}
    for name, entry in described.items():
        dtype, shape = SAFETENSORS_TYPES[entry["dtype"]], entry["shape"]
        begin, end = entry["data_offsets"]
        whole = all(type(n) is int and n >= 0 for n in (begin, end, *shape))
        if (
            not whole
            or end > room
            or math.prod(shape) * item_size(dtype) != end - begin
        ):
            raise Refused(f"is damaged: {name[:80]!r} has the wrong size")
        file.seek(8 + length + begin)
        arrays[name] = decoded(file.read(end - begin), dtype).reshape(shape)
    return Contents(arrays, Arrays(_NoBlocks()))


def _span(entry: Any) -> int:
    begin, end = entry["data_offsets"]
    return max(end - begin, 0)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a name appears twice")
    return values


def _read_npz(archive: zipfile.ZipFile, size: int) -> Contents:
    entries = archive.infolist()
    if sum(entry.file_size for entry in entries) > MOST_EXPANSION * size:
        raise Refused(f"unpacks to more than {MOST_EXPANSION} times its size")
    arrays = {}
    for entry in entries:
        with archive.open(entry) as file:
            arrays[entry.filename.removesuffix(".npy")] = _read_npy(file, entry)
    return Contents(arrays, Arrays(_NoBlocks()))


def _read_npy(file: Any, entry: zipfile.ZipInfo) -> np.ndarray:
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    shape, transposed, dtype = readers[np.lib.format.read_magic(file)](file)
    if dtype.kind not in "fiub" or dtype.itemsize > 8:
        raise Refused(f"holds {entry.filename[:80]!r}, which is no array of numbers")
    count = math.prod(shape)
    if min(shape, default=0) < 0 or count * dtype.itemsize > entry.file_size:
        raise Refused(f"is damaged: {entry.filename[:80]!r} has the wrong size")
    values = np.frombuffer(file.read(), dtype, count).astype(dtype.newbyteorder("="))
    return values.reshape(shape, order="F" if transposed else "C")


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size
