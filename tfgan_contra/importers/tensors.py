"""From the bytes of a file to NumPy arrays, with every size checked beforehand."""

import math
from typing import Any, Literal, Protocol

import numpy as np

from tfgan_contra.importers.inert_pickle import Name, Refused, Storage, Tensor

# A tensor may repeat its storage's elements (stride 0); more than this is mischief.
MOST_REPEATED = 2**20
DEEPEST = 64

ByteOrder = Literal["<", ">"]


class Blocks(Protocol):
    """Where the numbers of a file's tensors come from."""

    def block(self, key: str) -> bytes:
        """Returns all bytes of a block; all blocks together fit in the file."""


class Arrays:
    """Makes arrays of a file's tensors, reading each block once.

    Args:
        blocks: the file.
        byte_order: `<` or `>`.
    """

    def __init__(self, blocks: Blocks, byte_order: ByteOrder = "<") -> None:
        self._blocks, self._byte_order = blocks, byte_order
        self._numbers: dict[str, np.ndarray] = {}

    def array(self, tensor: Tensor) -> np.ndarray:
        """Returns a tensor as a read-only view of its storage; bfloat16 as float32.

        Raises:
            Refused: if it reaches beyond its storage, or the storage beyond its block.
        """
        storage, offset, shape, strides = tensor
        size, elements = storage.size, math.prod(shape)
        steps = ((n - 1) * step for n, step in zip(shape, strides, strict=True))
        if elements and offset + sum(steps) >= size:
            raise Refused("is damaged: a tensor reaches beyond its storage")
        if elements > max(size, MOST_REPEATED) or max(shape, default=0) >= 2**31:
            raise Refused(f"holds a tensor of an impossible shape {shape[:4]}")
        if not elements:
            return np.zeros(shape, numpy_type(storage.dtype))
        values = self._storage(storage)
        return np.lib.stride_tricks.as_strided(
            values[offset:],
            shape,
            [step * values.itemsize for step in strides],
            writeable=False,
        )

    def _storage(self, storage: Storage) -> np.ndarray:
        key, end = storage.key, storage.first + storage.size
        if key not in self._numbers:
            data = self._blocks.block(key)
            self._numbers[key] = decoded(data, storage.dtype, self._byte_order)
        if end > len(self._numbers[key]):
            raise Refused(f"is truncated: storage {key[:20]!r} is not whole")
        return self._numbers[key][storage.first : end]


def decoded(data: bytes, dtype: str, byte_order: ByteOrder = "<") -> np.ndarray:
    """Returns bytes as numbers of this machine's byte order; bfloat16 as float32."""
    if dtype == "bfloat16":
        halves = np.frombuffer(data, f"{byte_order}u2").astype(np.uint32)
        return (halves << 16).view(np.float32)
    if dtype == "bool":
        return np.frombuffer(data, np.uint8) != 0
    kind = np.dtype(dtype)
    values = np.frombuffer(data, kind.newbyteorder(byte_order))
    return values.astype(kind, copy=False)


def numpy_type(dtype: str) -> np.dtype:
    """Returns the type that `decoded` gives."""
    return np.dtype("float32" if dtype == "bfloat16" else dtype)


def item_size(dtype: str) -> int:
    """Returns the bytes of one element in a file."""
    return 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize


def resolved(value: Any, arrays: Arrays) -> Any:
    """Returns a pickle's value with arrays for tensors and text for names.

    What the file refers to several times is one object afterwards as well.

    Raises:
        Refused: if containers are nested deeper than any checkpoint's.
    """
    return _resolved(value, arrays, {}, 0)


def _resolved(value: Any, arrays: Arrays, done: dict[int, Any], depth: int) -> Any:
    if depth > DEEPEST:
        raise Refused("holds containers nested too deeply")
    if type(value) is Name:
        return value.text
    if type(value) not in (Tensor, dict, list, tuple):
        return value
    if id(value) in done:
        return done[id(value)]
    if type(value) is Tensor:
        done[id(value)] = arrays.array(value)
    elif type(value) is tuple:
        done[id(value)] = tuple(_resolved(v, arrays, done, depth + 1) for v in value)
    elif type(value) is list:
        # A container may hold itself, so it is known before its contents are.
        copy: Any = done.setdefault(id(value), [])
        copy.extend(_resolved(v, arrays, done, depth + 1) for v in value)
    else:
        copy = done.setdefault(id(value), {})
        items = value.items()
        copy.update((k, _resolved(v, arrays, done, depth + 1)) for k, v in items)
    return done[id(value)]
