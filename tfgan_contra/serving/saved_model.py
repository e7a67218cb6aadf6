"""Writes a generator as the next version of a served model.

A server watches `<base>/` for folders with numeric names. A version is written under
a temporary name and renamed when it is complete, so a watcher never sees half a model,
and a rename onto a folder that another exporter made first fails instead of replacing
it: the next number is tried. A killed exporter leaves only its temporary folder, which
a later export removes.
"""

import errno
import hashlib
import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tfgan_contra.errors import UserError
from tfgan_contra.serving import model_card
from tfgan_contra.serving.base import ServingModule
from tfgan_contra.serving.signatures import serving_module
from tfgan_contra.serving.translation_signatures import MAX_PIXELS
from tfgan_contra.serving.warmup import write_warmup_requests
from tfgan_contra.types import CaptionSpec, DataSpec, TranslationSpec

TEMPORARY_PREFIX = ".tmp-export-"
REFERENCE_FILE = "assets.extra/reference.npz"
OLD_SECONDS = 24 * 3600
# Largest difference between eager and served float images, by compute type.
TOLERANCES = {"float32": 1e-4, "float64": 1e-4}
HALF_TOLERANCE = 0.05
# A name that another exporter took between looking and renaming.
TAKEN = (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR)


def export_generator(
    generator: Any,
    spec: DataSpec | TranslationSpec | CaptionSpec,
    base_dir: str,
    *,
    card: model_card.ModelCard | None = None,
    max_pixels: int = MAX_PIXELS,
    text_encoder: Any = None,
    warmup: bool = True,
    verify: Callable[[str], None] | None = None,
) -> str:
    """Exports a generator as `<base_dir>/<next free number>/`.

    Args:
        generator: built Keras model with spectral norm folded in; see `PictureServing`,
            `TranslationServing` and `TextToImageServing`.
        spec: image size, channels, classes and their names; a translator's channels;
            the sizes of a caption's features.
        base_dir: the model's folder; made if missing.
        card: training configuration, scores and step for the model card.
        max_pixels: a translator refuses larger pictures, for want of memory.
        text_encoder: reads the captions of a text-to-image model, see
            `serving_module`.
        warmup: write requests that servers replay while loading.
        verify: called with the finished folder before it gets its final name; if it
            raises, nothing is published.

    Returns:
        The version's folder. `assets.extra/` in it holds the model card, the facts
        about the model as JSON, the warm-up requests and reference pictures.

    Raises:
        UserError: if the folder cannot be written, or the generator does not fit spec.
    """
    card = card or model_card.ModelCard(
        name=os.path.basename(os.path.abspath(base_dir))
    )
    try:
        os.makedirs(base_dir, exist_ok=True)
        _remove_leftovers(base_dir)
        workspace = tempfile.mkdtemp(prefix=_temporary_prefix(), dir=base_dir)
    except OSError as error:
        raise _cannot_write(base_dir, error) from None
    try:
        # The folder has a numeric name already while it is checked: that is one of
        # the rules which the check knows.
        version_dir = os.path.join(workspace, str(_next_version(base_dir)))
        module = serving_module(
            generator, spec, max_pixels=max_pixels, text_encoder=text_encoder
        )
        _write(module, version_dir, card, warmup)
        if verify is not None:
            verify(version_dir)
        return _publish(version_dir, base_dir)
    except (OSError, tf.errors.OpError) as error:
        raise _cannot_write(base_dir, error) from None
    finally:
        shutil.rmtree(workspace, ignore_errors=True)


def file_hashes(version_dir: str) -> dict[str, str]:
    """Returns the SHA-256 of the graph and every weight file, by relative path."""
    folder = os.path.join(version_dir, "variables")
    names = [os.path.join("variables", name) for name in sorted(os.listdir(folder))]
    return {
        name: _sha256(os.path.join(version_dir, name))
        for name in ("saved_model.pb", *names)
    }


def _write(
    module: ServingModule, version_dir: str, card: model_card.ModelCard, warmup: bool
) -> None:
    functions = {
        name: function.get_concrete_function()
        for name, function in module.signatures().items()
    }
    tf.saved_model.save(module, version_dir, signatures=functions)
    fingerprint = tf.saved_model.experimental.read_fingerprint(version_dir)
    checksum = fingerprint.saved_model_checksum
    known = model_card.facts(card, module.facts())
    known["fingerprint"] = str(checksum)
    known["tensorflow"] = tf.__version__
    known["tolerance"] = TOLERANCES.get(module.compute_dtype, HALF_TOLERANCE)
    known["sha256"] = file_hashes(version_dir)
    os.makedirs(os.path.join(version_dir, "assets.extra"), exist_ok=True)
    _write_text(
        os.path.join(version_dir, model_card.FACTS_FILE),
        json.dumps(known, indent=2) + "\n",
    )
    rows = model_card.signature_rows(functions)
    _write_text(
        os.path.join(version_dir, model_card.CARD_FILE),
        model_card.render(card, known, rows, checksum),
    )
    reference = module.reference_pictures()
    np.savez_compressed(os.path.join(version_dir, REFERENCE_FILE), **reference)
    if warmup:
        write_warmup_requests(version_dir, known, functions)


def _publish(version_dir: str, base_dir: str) -> str:
    while True:
        target = os.path.join(base_dir, str(_next_version(base_dir)))
        try:
            os.rename(version_dir, target)
        except OSError as error:
            if error.errno not in TAKEN:
                raise
        else:
            return target


def _next_version(base_dir: str) -> int:
    return max((int(n) for n in os.listdir(base_dir) if n.isdecimal()), default=0) + 1


def _temporary_prefix() -> str:
    return f"{TEMPORARY_PREFIX}{socket.gethostname()}-{os.getpid()}-"


def _remove_leftovers(base_dir: str) -> None:
    for name in os.listdir(base_dir):
        path = os.path.join(base_dir, name)
        if name.startswith(TEMPORARY_PREFIX) and _is_abandoned(name, path):
            shutil.rmtree(path, ignore_errors=True)


def _is_abandoned(name: str, path: str) -> bool:
    parts = name[len(TEMPORARY_PREFIX) :].rsplit("-", 2)
    if len(parts) != 3 or not parts[1].isdecimal():
        return False
    host, pid = parts[0], int(parts[1])
    if host == socket.gethostname() and not _is_alive(pid):
        return True
    try:
        return time.time() - os.stat(path).st_mtime > OLD_SECONDS
    except FileNotFoundError:
        return False


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _write_text(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _sha256(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _cannot_write(base_dir: str, error: Exception) -> UserError:
    reason = str(error).splitlines()[0]
    return UserError(
        f"cannot write a model below {base_dir}: {reason}; nothing was published, "
        "free space or choose another --output"
    )
