"""The versions of one model that a server holds, and how a request runs on one.

Mirrors TensorFlow Serving: the newest versions on disk are loaded, a new one answers
only after it is loaded and warmed up, and an old one goes only when enough newer ones
are there. A version that cannot be loaded leaves the others in service.
"""

import dataclasses
import os
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from tfgan_contra.errors import UserError
from tfgan_contra.serving.warmup import replay_warmup_requests

DEFAULT_SIGNATURE = "serving_default"
LOAD_ATTEMPTS = 5
ASSERTION = "assertion failed: "
# How TensorFlow says where in the graph an operation failed: no client knows the graph.
PREAMBLE = ("Graph execution error:", "Detected at node", "<stack traces")
PLACE = re.compile(r"\{\{[^}]*\}\}\s*|\s*\[Op:[^]]*\]")

Arrays = dict[str, np.ndarray]


class ServingError(Exception):
    """A request that cannot be answered, with its gRPC status name."""

    def __init__(self, code: str, message: str) -> None:
        """Takes the name of a gRPC status code and the message for the client."""
        super().__init__(message)
        self.code = code


@dataclasses.dataclass(frozen=True)
class VersionStatus:
    """State of one version: `LOADING`, `AVAILABLE` or `END` (with the reason)."""

    version: int
    state: str
    error: str = ""


class LoadedModel:
    """One loaded version.

    Attributes:
        version: its number.
        signature_defs: the protos of its signatures, by name.
    """

    def __init__(self, version_dir: str, version: int, max_batch_size: int) -> None:
        """Loads and warms up the SavedModel in `version_dir`."""
        self.version = version
        self.signature_defs = _read_signature_defs(version_dir)
        self._max_batch_size = max_batch_size
        # The signatures use the variables of the object that they were loaded with.
        self._model = tf.saved_model.load(version_dir)
        # Straight to the model: the limits are for clients.
        replay_warmup_requests(version_dir, self._run)

    def input_specs(self, signature: str) -> dict[str, tf.TensorSpec]:
        """Returns the inputs of a signature; raises `ServingError` if there is none."""
        if signature not in self._model.signatures:
            raise ServingError(
                "FAILED_PRECONDITION",
                f'Serving signature name: "{signature}" not found in signature def; '
                f"there are {', '.join(sorted(self._model.signatures))}",
            )
        return dict(self._model.signatures[signature].structured_input_signature[1])

    def check_input(
        self, name: str, spec: tf.TensorSpec, dtype: tf.DType, shape: Sequence[int]
    ) -> None:
        """Raises `ServingError` unless a tensor of this type and shape may be sent."""
        if dtype != spec.dtype:
            raise ServingError(
                "INVALID_ARGUMENT",
                f"input {name} must be {spec.dtype.name}. Received: {dtype.name}",
            )
        if not spec.shape.is_compatible_with(shape):
            wanted = ["N" if size is None else size for size in spec.shape]
            raise ServingError(
                "INVALID_ARGUMENT",
                f"input {name} must have shape {_shown(wanted)}. "
                f"Received: {_shown(shape)}",
            )
        if shape and not 1 <= shape[0] <= self._max_batch_size:
            raise ServingError(
                "INVALID_ARGUMENT",
                f"input {name} must have 1 to {self._max_batch_size} rows. "
                f"Received: {shape[0]}",
            )

    def predict(
        self,
        signature: str,
        inputs: Mapping[str, np.ndarray],
        output_filter: Sequence[str] = (),
    ) -> Arrays:
        """Runs a signature; raises `ServingError` for input that it does not take."""
        specs = self.input_specs(signature)
        if set(inputs) != set(specs):
            extra, missing = set(inputs) - set(specs), set(specs) - set(inputs)
            raise ServingError(
                "INVALID_ARGUMENT",
                f"inputs must be {{{','.join(sorted(specs))}}}. Sent extra: "
                f"{{{','.join(sorted(extra))}}}. Missing but required: "
                f"{{{','.join(sorted(missing))}}}.",
            )
        for name, value in inputs.items():
            self.check_input(name, specs[name], tf.as_dtype(value.dtype), value.shape)
        outputs = self._run(signature, inputs)
        unknown = set(output_filter) - set(outputs)
        if unknown:
            raise ServingError(
                "INVALID_ARGUMENT",
                f"output tensor alias not found in signature: {min(unknown)}. "
                f"Outputs expected to be in the set {{{','.join(sorted(outputs))}}}.",
            )
        return {name: outputs[name] for name in output_filter or outputs}

    def _run(self, signature: str, inputs: Mapping[str, np.ndarray]) -> Arrays:
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        try:
            outputs = self._model.signatures[signature](**tensors)
            return {name: value.numpy() for name, value in outputs.items()}
        except tf.errors.InvalidArgumentError as error:
            raise ServingError("INVALID_ARGUMENT", _reason(error)) from None
        except tf.errors.OpError as error:
            raise ServingError("INTERNAL", _reason(error)) from None


class ModelStore:
    """The versions of one model below a folder, kept up to date by a thread."""

    def __init__(
        self,
        model_dir: str,
        name: str,
        *,
        num_versions: int = 2,
        max_batch_size: int = 256,
        max_concurrent: int = 4,
        log: Callable[[str], None] = print,
    ) -> None:
        """Loads nothing yet; see `refresh` and `watch`.

        Args:
            model_dir: folder with numbered versions.
            name: the model's name in requests.
            num_versions: how many of the newest versions stay loaded.
            max_batch_size: most rows per request.
            max_concurrent: requests that compute at once; others wait.
            log: told about versions that come, go or cannot be loaded.
        """
        self.name = name
        self._model_dir = model_dir
        self._num_versions = num_versions
        self._max_batch_size = max_batch_size
        self._slots = threading.BoundedSemaphore(max_concurrent)
        self._log = log
        self._loaded: dict[int, LoadedModel] = {}
        self._loading: int | None = None
        self._failures: dict[int, str] = {}
        self._attempts: dict[int, int] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def refresh(self) -> None:
        """Looks for versions that came or went, loads and drops accordingly."""
        on_disk = _versions_on_disk(self._model_dir)
        for version in set(self._failures) - set(on_disk):
            self._forget_failure(version)
        ready = 0
        for version in sorted(on_disk, reverse=True):
            if ready == self._num_versions:
                break
            ready += version in self._loaded or self._load(version, on_disk[version])
        present = sorted((v for v in self._loaded if v in on_disk), reverse=True)
        # When the folder is empty, perhaps for a moment, go on with what is loaded.
        kept = present[: self._num_versions] or list(self._loaded)
        for version in set(self._loaded) - set(kept):
            self._log(f"version {version} of {self.name} is unloaded")
        self._loaded = {version: self._loaded[version] for version in kept}

    def watch(self, poll_seconds: float) -> None:
        """Loads what is there, then looks again every few seconds in a thread.

        Raises:
            UserError: if no version can be loaded.
        """
        self.refresh()
        if not self._loaded:
            reason = "; ".join(self._failures.values()) or "no version is there"
            raise UserError(
                f"nothing to serve in {self._model_dir}: {reason}; --model_dir must "
                "hold folders with numeric names, each with a saved_model.pb"
            )
        self._thread = threading.Thread(
            target=self._watch, args=(poll_seconds,), daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Ends the watching thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def get(self, name: str, version: int | None = None) -> LoadedModel:
        """Returns a version (None: the newest); raises `ServingError` NOT_FOUND."""
        loaded = self._loaded
        wanted = max(loaded, default=None) if version is None else version
        if name != self.name or wanted not in loaded:
            request = (
                f"Latest({name})" if version is None else f"Specific({name}, {version})"
            )
            raise ServingError(
                "NOT_FOUND", f"Servable not found for request: {request}"
            )
        return loaded[wanted]

    def predict(
        self,
        model: LoadedModel,
        signature: str,
        inputs: Arrays,
        output_filter: Sequence[str] = (),
    ) -> Arrays:
        """Runs a request on a version from `get`, when it is its turn."""
        with self._slots:
            return model.predict(signature, inputs, output_filter)

    def statuses(self, name: str, version: int | None = None) -> list[VersionStatus]:
        """Returns the known versions, newest first; raises `ServingError` NOT_FOUND."""
        loading = self._loading
        known = [VersionStatus(v, "AVAILABLE") for v in self._loaded]
        known += [VersionStatus(v, "END", text) for v, text in self._failures.items()]
        if loading is not None and all(loading != status.version for status in known):
            known.append(VersionStatus(loading, "LOADING"))
        known = [s for s in known if version is None or s.version == version]
        if name != self.name or not known:
            of_version = "" if version is None else f" with version {version}"
            raise ServingError(
                "NOT_FOUND", f"Could not find any versions of model {name}{of_version}"
            )
        return sorted(known, key=lambda status: -status.version)

    def _load(self, version: int, version_dir: str) -> bool:
        if self._attempts.get(version, 0) >= LOAD_ATTEMPTS:
            return False
        self._attempts[version] = self._attempts.get(version, 0) + 1
        self._loading = version
        try:
            model = LoadedModel(version_dir, version, self._max_batch_size)
        except (OSError, ValueError, ServingError, tf.errors.OpError) as error:
            self._failures[version] = _reason(error)
            self._log(f"version {version} cannot be loaded: {_reason(error)}")
            return False
        finally:
            self._loading = None
        self._forget_failure(version)
        self._loaded = self._loaded | {version: model}
        self._log(f"version {version} of {self.name} is loaded")
        return True

    def _forget_failure(self, version: int) -> None:
        self._failures.pop(version, None)
        self._attempts.pop(version, None)

    def _watch(self, poll_seconds: float) -> None:
        while not self._stop.wait(poll_seconds):
            try:
                self.refresh()
            except OSError as error:
                self._log(f"cannot look into {self._model_dir}: {error}")


def _versions_on_disk(model_dir: str) -> dict[int, str]:
    folders = [name for name in os.listdir(model_dir) if name.isdecimal()]
    paths = {int(name): os.path.join(model_dir, name) for name in folders}
    return {
        version: path
        for version, path in paths.items()
        if os.path.exists(os.path.join(path, "saved_model.pb"))
    }


def _read_signature_defs(version_dir: str) -> dict[str, Any]:
    saved_model = saved_model_pb2.SavedModel()
    with open(os.path.join(version_dir, "saved_model.pb"), "rb") as file:
        try:
            saved_model.ParseFromString(file.read())
        except Exception:  # protobuf's DecodeError has no common public base
            raise ValueError("saved_model.pb is no SavedModel") from None
    for graph in saved_model.meta_graphs:
        if "serve" in graph.meta_info_def.tags:
            return dict(graph.signature_def)
    raise ValueError("saved_model.pb has no graph with the tag serve")


def _reason(error: Exception) -> str:
    """Returns the telling line of an error; TensorFlow puts others around it."""
    text = getattr(error, "message", None) or str(error) or repr(error)
    lines = text.strip().splitlines()
    lines = [s for s in lines if s and not s.startswith(PREAMBLE)] or lines
    for line in lines:
        if line.startswith(ASSERTION):
            # "[what must hold. Received:] [3 -1]" loses its first brackets.
            said = line.removeprefix(ASSERTION)
            return said.replace("[", "", 1).replace("]", "", 1)
    return PLACE.sub("", lines[0])


def _shown(shape: Sequence[object]) -> str:
    return f"[{', '.join(str(size) for size in shape)}]"
