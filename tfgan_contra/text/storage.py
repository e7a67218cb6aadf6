"""The folder of a trained pair of networks: weights, vocabulary, settings.

It is written under a temporary name and renamed, so a killed run leaves either a whole
one or none.
"""

import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tfgan_contra.errors import CheckpointError

WEIGHTS = "weights.npz"
VOCABULARY = "vocabulary.json"
SETTINGS = "config.json"


class Stored(NamedTuple):
    """What such a folder holds.

    Attributes:
        weights: every variable by its path.
        vocabulary: the known words in order.
        settings: whatever else rebuilds the networks, JSON ready.
    """

    weights: Mapping[str, np.ndarray]
    vocabulary: tuple[str, ...]
    settings: dict[str, Any]


def write_folder(
    folder: str | os.PathLike, stored: Stored, replace: bool = True
) -> None:
    """Writes a folder, whole or not at all.

    Args:
        folder: where to.
        stored: what goes in.
        replace: whether it takes the place of a text encoder that is there.

    Raises:
        CheckpointError: if it cannot be written, or something else is there.
    """
    target = Path(folder)
    _check_replaceable(target)
    workspace = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        workspace = Path(tempfile.mkdtemp(prefix=".text-encoder-", dir=target.parent))
        new, old = workspace / "new", workspace / "old"
        new.mkdir()
        np.savez(new / WEIGHTS, **stored.weights)  # type: ignore[arg-type]
        _write_json(new / VOCABULARY, list(stored.vocabulary))
        _write_json(new / SETTINGS, stored.settings)
        if replace and target.exists():
            target.rename(old)
        new.rename(target)
    except OSError as error:
        raise CheckpointError(
            f"Cannot save the text encoder in {folder}: {error.strerror}; free some "
            "space there or make it writable"
        ) from None
    finally:
        if workspace is not None:
            shutil.rmtree(workspace, ignore_errors=True)


def read_folder(folder: str | os.PathLike) -> Stored:
    """Returns what `write_folder` wrote.

    Raises:
        CheckpointError: if the folder is missing, damaged or something else.
    """
    place = Path(folder)
    if not place.is_dir():
        raise CheckpointError(
            f"There is no text encoder {folder}; it is trained before the generator"
        )
    try:
        vocabulary = json.loads((place / VOCABULARY).read_text("utf-8"))
        settings = json.loads((place / SETTINGS).read_text("utf-8"))
        # Opened here, for `np.load` leaves a file open that turns out to be torn.
        with open(place / WEIGHTS, "rb") as file:
            with np.load(file, allow_pickle=False) as arrays:
                weights = {name: arrays[name] for name in arrays.files}
        if not isinstance(settings, dict) or not _are_words(vocabulary):
            raise ValueError(f"{SETTINGS} or {VOCABULARY} holds something else")
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise unreadable(folder, error) from None
    return Stored(weights, tuple(vocabulary), settings)


def unreadable(folder: str | os.PathLike, reason: object) -> CheckpointError:
    """Returns the error for a folder that is no trained text encoder."""
    lacking = f"it lacks {reason}" if isinstance(reason, KeyError) else reason
    text = " ".join(str(lacking).split())
    return CheckpointError(
        f"{folder} is no readable text encoder of tfgan_contra ({text}); delete it to "
        "train a new one"
    )


def _check_replaceable(target: Path) -> None:
    """Raises CheckpointError if a folder holds more than a text encoder."""
    if not target.exists():
        return
    found = {p.name for p in target.iterdir()} if target.is_dir() else {target.name}
    foreign = sorted(found - {WEIGHTS, VOCABULARY, SETTINGS})
    if foreign:
        raise CheckpointError(
            f"{target} is no text encoder's folder, which could be replaced: it holds "
            f"{foreign[0]!r}; choose another"
        )


def _are_words(values: object) -> bool:
    return (
        isinstance(values, list)
        and bool(values)
        and all(isinstance(value, str) for value in values)
    )


def _write_json(path: Path, values: object) -> None:
    path.write_text(json.dumps(values, indent=2) + "\n", "utf-8")
