"""Checkpoints that cannot lose a layer and cannot be half written.

A checkpoint is one uncompressed `.npz` file: every variable by its path, and the run's
progress as JSON. It is written under a temporary name, flushed to the disk and renamed,
so that a kill or a full disk leaves the last good one in place; zip checksums find a
torn file. `tf.train.Checkpoint` is not used: with Keras 3 it silently drops layers kept
in lists.
"""

import json
import os
import re
import uuid
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Optional

import numpy as np

from tfgan_contra.errors import CheckpointError

PROGRESS = "__progress__"
NAME = re.compile(r"step-(\d{8})\.npz")
BEST = "best.npz"


class CheckpointStore:
    """The checkpoints of one run: the newest few, and the best.

    Args:
        folder: where they lie; made when the first is saved.
        keep: how many of the newest to keep.
    """

    def __init__(self, folder: str | os.PathLike, keep: int = 2) -> None:
        self.folder, self.keep = Path(folder), keep

    def sweep(self) -> None:
        """Removes what a killed process left half written."""
        for leftover in self.folder.glob("*.tmp"):
            leftover.unlink(missing_ok=True)

    def steps(self) -> list[int]:
        """Returns the steps of the numbered checkpoints, oldest first."""
        names = [NAME.fullmatch(path.name) for path in self.folder.glob("step-*.npz")]
        return sorted(int(match.group(1)) for match in names if match)

    def path(self, step: int) -> Path:
        """Returns where the checkpoint of a step lies."""
        return self.folder / f"step-{step:08d}.npz"

    @property
    def best_path(self) -> Path:
        """Returns where the best checkpoint lies."""
        return self.folder / BEST

    def save(self, step: int, variables: dict[str, Any], progress: dict) -> Path:
        """Writes a checkpoint and removes the oldest beyond `keep`.

        Raises:
            CheckpointError: when the disk is full or not writable; older checkpoints
                stay.
        """
        target = self.path(step)
        write_checkpoint(target, variables, progress)
        for old in self.steps()[: -self.keep]:
            self.path(old).unlink(missing_ok=True)
        return target

    def save_best(self, variables: dict[str, Any], progress: dict) -> Path:
        """Writes the best checkpoint in place of the last best one."""
        write_checkpoint(self.best_path, variables, progress)
        return self.best_path

    def newest_readable(self) -> tuple[Optional[int], list[Path], list[str]]:
        """Returns the newest step that can be read, and what is newer but damaged.

        Returns:
            The step, None if there is no checkpoint; damaged files; a line for each.

        Raises:
            CheckpointError: when there are checkpoints and none can be read.
        """
        damaged, problems = [], []
        for step in reversed(self.steps()):
            try:
                read_progress(self.path(step))
            except CheckpointError as error:
                damaged.append(self.path(step))
                problems.append(str(error))
            else:
                return step, damaged, problems
        if problems:
            raise CheckpointError(
                f"None of the {len(problems)} checkpoints in {self.folder} can be read "
                f"(the newest: {problems[0]}). Start anew in another --workdir"
            )
        return None, [], []

    @staticmethod
    def put_aside(path: Path) -> None:
        """Renames a damaged checkpoint so that it no longer counts as one."""
        os.replace(path, path.with_name(f"{path.name}.damaged"))


def model_state(gan: Any) -> dict[str, Any]:
    """Returns every variable of a model by name."""
    return _named((f"model/{variable.path}", variable) for variable in gan.variables)


def training_state(gan: Any) -> dict[str, Any]:
    """Returns everything a resume needs: the model's and all optimisers' variables."""
    state = model_state(gan)
    for name, optimizer in gan.optimizers.items():
        # Loss scaling wraps the optimiser; both count their iterations.
        inner = getattr(optimizer, "inner_optimizer", optimizer)
        own = {id(variable) for variable in inner.variables}
        scaling = [v for v in optimizer.variables if id(v) not in own]
        state |= _without_owner(name, inner.variables)
        state |= _without_owner(f"{name}/loss_scaling", scaling)
    return state


def _without_owner(prefix: str, variables: list[Any]) -> dict[str, Any]:
    """Names variables without Keras's running number of their owner ("adam_1")."""
    return _named((f"{prefix}/{v.path.partition('/')[2]}", v) for v in variables)


def _named(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for name, variable in pairs:
        if name in named:
            raise ValueError(f"two variables share the name {name!r}")
        named[name] = variable
    return named


def write_checkpoint(path: Path, variables: dict[str, Any], progress: dict) -> None:
    """Writes variables and progress to a temporary file, then renames it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}.tmp")
    text = np.frombuffer(json.dumps(progress).encode(), np.uint8)
    arrays: dict[str, Any] = {PROGRESS: text}
    arrays |= {name: np.asarray(value) for name, value in variables.items()}
    try:
        with open(temporary, "wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise CheckpointError(
            f"Cannot save checkpoint {path}: {error.strerror}. Earlier checkpoints are "
            "kept; free some space and run the same command again to resume"
        ) from error


def read_progress(path: Path) -> dict[str, Any]:
    """Returns a checkpoint's progress after checking every byte of the file.

    Raises:
        CheckpointError: when it is missing, truncated, damaged or something else.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()
        if damaged is not None:
            raise CheckpointError(
                f"Checkpoint {path} is damaged in {damaged!r}; delete it to fall back "
                "on an earlier one"
            )
        with np.load(path, allow_pickle=False) as arrays:
            return json.loads(arrays[PROGRESS].tobytes().decode())
    except FileNotFoundError:
        raise CheckpointError(
            f"There is no checkpoint {path}; train first with bin/train.py"
        ) from None
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError) as error:
        raise CheckpointError(
            f"{path} is no readable checkpoint of tfgan_contra ({error}); delete it to "
            "fall back on an earlier one"
        ) from error


def restore(path: Path, variables: dict[str, Any]) -> dict[str, Any]:
    """Assigns every variable from a checkpoint and returns its progress.

    Nothing is assigned unless names and shapes all fit.

    Raises:
        CheckpointError: when the file is damaged, lacks a variable, holds one of
            another shape, or holds variables that the model does not have.
    """
    progress = read_progress(path)
    with np.load(path, allow_pickle=False) as arrays:
        stored = {name: arrays[name] for name in arrays.files if name != PROGRESS}
    _check_fit(path, stored, variables)
    for name, variable in variables.items():
        variable.assign(stored[name])
    return progress


def restore_part(path: Path, variables: dict[str, Any]) -> dict[str, Any]:
    """As `restore`, for some of the checkpoint's variables."""
    progress = read_progress(path)
    with np.load(path, allow_pickle=False) as arrays:
        stored = {name: arrays[name] for name in variables if name in arrays.files}
    _check_fit(path, stored, variables)
    for name, variable in variables.items():
        variable.assign(stored[name])
    return progress


def _check_fit(path: Path, stored: dict, variables: dict[str, Any]) -> None:
    missing = [name for name in variables if name not in stored]
    foreign = [name for name in stored if name not in variables]
    if missing or foreign:
        kind, first = ("lacks", missing) if missing else ("also holds", foreign)
        raise CheckpointError(
            f"Checkpoint {path} is of another model: it {kind} {first[0]!r}"
            f" ({len(missing)} missing, {len(foreign)} unknown variables)"
        )
    for name, variable in variables.items():
        if tuple(stored[name].shape) != tuple(variable.shape):
            raise CheckpointError(
                f"Checkpoint {path} is of another model: {name!r} has shape "
                f"{tuple(stored[name].shape)}, the model's has {tuple(variable.shape)}"
            )
