"""Reads arrays from PyTorch's files, without PyTorch and without running their code.

Formats: `.pth` and `.pt` (the zip format and the one before PyTorch 1.6),
`.safetensors`, `.npz`; the contents tell, not the name.
"""

import contextlib
import os
from collections.abc import Iterator
from typing import Any, Optional

import numpy as np

from tfgan_contra.errors import CheckpointError
from tfgan_contra.importers.containers import Contents, read_contents
from tfgan_contra.importers.inert_pickle import Refused, Tensor
from tfgan_contra.importers.tensors import resolved

# What wrappers for several devices put before every name.
WRAPPER = "module."
# Where files keep a state dict that is not all they hold: StudioGAN's and mimicry's.
STATE_DICTS = ("state_dict", "model_state_dict")
# Where mimicry's keep the step beside it.
STEP = "global_step"
MOST_STEPS = 2**63 - 1


def read_pytorch_state(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Returns the arrays of a state dict by their names.

    A file may be a state dict or hold one as `state_dict`, as StudioGAN's do, or as
    `model_state_dict`, as mimicry's do; only its arrays are read then, not the
    optimiser's. A `module.` before all names is dropped.

    Args:
        path: the file.

    Returns:
        Read-only arrays, bfloat16 as float32.

    Raises:
        CheckpointError: if the file is missing, damaged, holds code (it is refused
            unread), or has no state dict.
    """
    with _opened(path) as contents:
        state = _state_dict(contents.value)
        arrays = {}
        for name, value in state.items():
            if type(value) is Tensor:
                value = contents.arrays.array(value)
            if not isinstance(value, np.ndarray) or type(name) is not str:
                raise Refused(f"has {str(name)[:80]!r} in its state dict: no array")
            arrays[name] = value
    if all(name.startswith(WRAPPER) for name in arrays):
        return {name.removeprefix(WRAPPER): value for name, value in arrays.items()}
    return arrays


def read_pytorch_step(path: str | os.PathLike) -> Optional[int]:
    """Returns the training step that a file of mimicry's says it is of, else None.

    Raises:
        CheckpointError: as `read_pytorch_state`.
    """
    with _opened(path) as contents:
        step = contents.value.get(STEP) if type(contents.value) is dict else None
    # Exactly whole numbers: a flag is an `int` too.
    return step if type(step) is int and 0 <= step <= MOST_STEPS else None


def read_pytorch_file(path: str | os.PathLike) -> Any:
    """Returns all that a file holds as plain dictionaries, lists, numbers and arrays.

    For what StudioGAN keeps beside the weights: `step`, `best_fid`, `optimizer`, ....

    Raises:
        CheckpointError: as `read_pytorch_state`.
    """
    with _opened(path) as contents:
        return resolved(contents.value, contents.arrays)


def _state_dict(value: Any) -> dict[Any, Any]:
    state = value
    for name in STATE_DICTS:
        if type(value) is dict and type(value.get(name)) is dict:
            state = value[name]
    kinds = (Tensor, np.ndarray)
    if type(state) is not dict or not any(isinstance(v, kinds) for v in state.values()):
        raise Refused(
            "has no state dict; read_pytorch_file returns whatever else is in it"
        )
    return state


@contextlib.contextmanager
def _opened(path: str | os.PathLike) -> Iterator[Contents]:
    """Yields a file's contents; every error becomes one line that names the file."""
    try:
        file = open(path, "rb")
    except OSError as error:
        reason = error.strerror or error
        raise CheckpointError(f"Cannot read {os.fspath(path)}: {reason}") from None
    with file:
        try:
            yield read_contents(file)
        except Refused as error:
            raise CheckpointError(f"{os.fspath(path)} {_printable(error)}") from None
        except Exception as error:
            # Whatever zipfile, json and NumPy raise over a file that is made to be odd.
            reason = _printable(error)[:200]
            raise CheckpointError(
                f"{os.fspath(path)} is damaged or truncated "
                f"({type(error).__name__}: {reason})"
            ) from None


def _printable(error: Exception) -> str:
    """Returns an error's text without what a file could steer a terminal with."""
    return "".join(c if c.isprintable() else " " for c in str(error))
