"""Features from any Keras model or SavedModel of the user."""

import contextlib
import hashlib
import os
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgan_contra.errors import ConfigError
from tfgan_contra.metrics.downloads import file_digest
from tfgan_contra.metrics.features import (
    FIELD,
    BatchedExtractor,
    Outputs,
    name_from_path,
)
from tfgan_contra.metrics.image_preparation import resize, to_three_channels


class ModelExtractor(BatchedExtractor):
    """Runs a user's network; the scores carry the name of its file.

    The contract: one image input `[N, H, W, C]`. A float input gets values in [-1, 1],
    a uint8 input the bytes. Where H and W are fixed and differ from the images', these
    are resized with an antialiased bicubic; where C is 3, grayscale is repeated. The
    output is one tensor of features, flattened to `[N, F]`, or a dictionary with
    `features` and, if the network classifies, `logits` `[N, K]`.

    A SavedModel is called through its signature `serving_default`.
    """

    def __init__(self, path: str, batch_size: int) -> None:
        """Loads a `.keras` file or the folder of a SavedModel.

        Raises:
            ConfigError: if `path` is neither, or breaks the contract.
        """
        folder = os.path.isdir(path)
        try:
            loaded = _load_saved_model(path) if folder else _load_keras(path)
        except (OSError, ValueError, TypeError, RuntimeError) as error:
            text = " ".join(str(error).split())[:200]
            raise ConfigError(
                f"{FIELD} names no SavedModel folder or .keras file ({text}). "
                f"Received: {path!r}"
            ) from None
        self._owner, self._run, self._input = loaded
        _, height, width, self._channels = _image_shape(path, self._input)
        if height != width:
            raise ConfigError(
                f"{FIELD} must take square images or any size. "
                f"Received: {path!r}, which takes {height}x{width}"
            )
        self._size = height
        digest = directory_digest(path) if folder else file_digest(path)
        resizing = f"clean_{height}" if height else "none"
        super().__init__(name_from_path(path), digest, resizing, batch_size)

    def forward(self, images: np.ndarray) -> Outputs:
        """Prepares the images as the class says and runs the network."""
        if self._channels == 3:
            images = to_three_channels(images)
        if self._size not in (None, images.shape[1]):
            pixels = np.clip(resize(images, self._size, "clean"), 0, 255)
        else:
            pixels = images.astype(np.float32)
        if self._input.dtype == "uint8":
            return self._outputs(self._run(tf.constant(np.rint(pixels), tf.uint8)))
        scaled = tf.constant(pixels / np.float32(127.5) - 1)
        return self._outputs(self._run(tf.cast(scaled, self._input.dtype)))

    def _outputs(self, outputs: Any) -> Outputs:
        if isinstance(outputs, dict) and len(outputs) == 1:
            (outputs,) = outputs.values()
        if not isinstance(outputs, dict):
            outputs = {"features": outputs}
        if "features" not in outputs or not hasattr(outputs["features"], "numpy"):
            raise ConfigError(
                f"{FIELD} must return one tensor or a dictionary with 'features'. "
                f"Received: {sorted(outputs)} from {self.name}"
            )
        logits = outputs.get("logits")
        return Outputs(
            outputs["features"].numpy(), None if logits is None else logits.numpy()
        )


@contextlib.contextmanager
def float32_policy() -> Iterator[None]:
    """Builds layers in float32 whatever precision the user trains in."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)


def directory_digest(path: str) -> str:
    """Returns one SHA-256 over the names and contents of every file below `path`."""
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(path):
        folders.sort()
        for name in sorted(files):
            file = os.path.join(folder, name)
            digest.update(os.path.relpath(file, path).encode())
            digest.update(file_digest(file).encode())
    return digest.hexdigest()


def _load_keras(path: str) -> tuple[Any, Any, Any]:
    model = keras.models.load_model(path, compile=False)
    if len(model.inputs) != 1:
        raise ValueError(f"it takes {len(model.inputs)} inputs, not one")
    run = tf.function(lambda images: model(images, training=False))
    return model, run, model.inputs[0]


def _load_saved_model(path: str) -> tuple[Any, Any, Any]:
    model = tf.saved_model.load(path)
    if "serving_default" not in model.signatures:
        raise ValueError("it has no signature serving_default")
    signature = model.signatures["serving_default"]
    inputs = signature.structured_input_signature[1]
    if len(inputs) != 1:
        raise ValueError(f"it takes {len(inputs)} inputs, not one")
    ((name, spec),) = inputs.items()
    return model, lambda images: signature(**{name: images}), spec


def _image_shape(path: str, spec: Any) -> tuple[int | None, ...]:
    shape = tuple(spec.shape)
    if len(shape) != 4:
        raise ConfigError(
            f"{FIELD} must take images [N, H, W, C]. Received: {path!r}, "
            f"which takes {list(shape)}"
        )
    return shape
