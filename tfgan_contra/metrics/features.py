"""Feature extractors: images in, features and class logits out; chosen by a string.

This file imports no TensorFlow, so that a wrong string is refused at once; each kind of
extractor lies in a module of its own.
"""

import os
import re
from typing import Any, NamedTuple, Protocol

import numpy as np

from tfgan_contra.config import EvaluationConfig, nearest_name
from tfgan_contra.errors import ConfigError, DataError
from tfgan_contra.metrics.caching import ImageDataset, cache_directory

EXTRACTORS = (
    "classifier",
    "fid_inception",
    "keras_inception",
    "pair_encoder",
    "model",
)
WITHOUT_PATH = ("classifier", "keras_inception", "pair_encoder")
FIELD = "evaluation.extractor"


class Outputs(NamedTuple):
    """What an extractor says about `N` images.

    Attributes:
        features: float32 `[N, F]`.
        logits: float32 `[N, K]` class logits, or None.
    """

    features: np.ndarray
    logits: np.ndarray | None


class FeatureExtractor(Protocol):
    """Anything that turns images into features; `BatchedExtractor` helps to write one.

    Attributes:
        name: goes into the names of the scores, as in `frechet_<name>`.
        is_fid: whether it is the FID Inception graph, the only one whose Frechet
            distance may be called FID.
    """

    name: str
    is_fid: bool

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Returns float32 features `[N, F]` of uint8 images `[N, H, W, C]`."""

    def extract(self, images: np.ndarray) -> Outputs:
        """Returns features and logits of uint8 images `[N, H, W, C]`."""

    def describe(self) -> dict[str, Any]:
        """Returns what the protocol must say: at least `digest` and `resize`."""


class BatchedExtractor:
    """Feeds a network batches of one size, padding the last, so that it traces once.

    Attributes:
        name: goes into the names of the scores.
        is_fid: whether the scores may be called FID.
        digest: identifies the weights; cached features are kept under it.
        resize: how images are resized before the network.
        batch_size: images per forward pass.
    """

    is_fid = False

    def __init__(self, name: str, digest: str, resize: str, batch_size: int) -> None:
        """Sets the attributes; see the class."""
        self.name = name
        self.digest = digest
        self.resize = resize
        self.batch_size = batch_size

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Returns float32 features `[N, F]` of uint8 images `[N, H, W, C]`."""
        return self.extract(images).features

    def logits(self, images: np.ndarray) -> np.ndarray | None:
        """Returns float32 class logits `[N, K]` of uint8 images, or None."""
        return self.extract(images).logits

    def extract(self, images: np.ndarray) -> Outputs:
        """Returns features and logits in one pass.

        Args:
            images: uint8 `[N, H, W, C]`, N of 1 or more, C of 1 or 3.

        Raises:
            DataError: for anything else.
        """
        checked_images(images)
        parts = [
            self._padded(images[start : start + self.batch_size])
            for start in range(0, len(images), self.batch_size)
        ]
        features = np.concatenate([part.features for part in parts])
        logits = [part.logits for part in parts if part.logits is not None]
        return Outputs(features, np.concatenate(logits) if logits else None)

    def describe(self) -> dict[str, Any]:
        """Returns the protocol entries: the weights' digest and the resizing."""
        return {"digest": self.digest, "resize": self.resize}

    def forward(self, images: np.ndarray) -> Outputs:
        """Runs the network on exactly `batch_size` images; subclasses write this."""
        raise NotImplementedError

    def _padded(self, images: np.ndarray) -> Outputs:
        count = len(images)
        missing = self.batch_size - count
        if missing:
            images = np.pad(images, [(0, missing), (0, 0), (0, 0), (0, 0)])
        features, logits = self.forward(images)
        features = np.asarray(features[:count], np.float32).reshape(count, -1)
        if logits is None:
            return Outputs(features, None)
        return Outputs(features, np.asarray(logits[:count], np.float32))


def checked_images(images: np.ndarray) -> None:
    """Raises `DataError` unless `images` are uint8 `[N, H, W, 1 or 3]` with N >= 1."""
    shaped = getattr(images, "ndim", 0) == 4 and images.shape[-1] in (1, 3)
    if not shaped or len(images) == 0 or images.dtype != np.uint8:
        received = f"{getattr(images, 'dtype', type(images).__name__)}"
        raise DataError(
            "Images to evaluate must be uint8 [N, H, W, 1 or 3] with N of 1 or more. "
            f"Received: {received} {list(getattr(images, 'shape', []))}"
        )


def parse_extractor(text: str) -> tuple[str, str]:
    """Splits an `EvaluationConfig.extractor` into its kind and its path or "".

    Raises:
        ConfigError: for an unknown kind, a path too many, a missing one, or one that
            does not exist.
    """
    kind, colon, path = text.partition(":")
    if kind not in EXTRACTORS:
        raise ConfigError(
            f"{FIELD} must be classifier, fid_inception, fid_inception:<path>, "
            "keras_inception, pair_encoder or model:<path>"
            f"{nearest_name(kind, EXTRACTORS)}. "
            f"Received: {text!r}"
        )
    if colon and kind in WITHOUT_PATH:
        raise ConfigError(f"{FIELD}={kind} takes no path. Received: {text!r}")
    if not path and (colon or kind == "model"):
        raise ConfigError(f"{FIELD} needs a path: {kind}:<path>. Received: {text!r}")
    path = os.path.expanduser(path)
    if path and not os.path.exists(path):
        raise ConfigError(f"{FIELD} names a path that is not there. Received: {text!r}")
    return kind, path


def make_extractor(
    config: EvaluationConfig, dataset: ImageDataset
) -> "FeatureExtractor":
    """Returns the extractor that `config.extractor` names.

    `classifier` trains one on `dataset.train` or takes it from the cache; the Inception
    networks may be downloaded into `config.cache_dir`. `pair_encoder` is made where
    there are captions, by `text_evaluator`.

    Raises:
        ConfigError: if the string, or what lies under its path, is no extractor, or
            none for images without captions.
        DataError: if a download fails or the data have no classes to learn.
    """
    kind, path = parse_extractor(config.extractor)
    folder = cache_directory(config.cache_dir)
    if kind == "pair_encoder":
        raise ConfigError(
            f"{FIELD}={kind} needs captions; for images without choose classifier, "
            "fid_inception or model:<path>"
        )
    if kind == "classifier":
        from tfgan_contra.metrics.classifier import trained_classifier

        return trained_classifier(dataset, folder, config.batch_size)
    if kind == "model":
        from tfgan_contra.metrics.model_features import ModelExtractor

        return ModelExtractor(path, config.batch_size)
    from tfgan_contra.metrics import inception

    if kind == "keras_inception":
        weights = inception.fetch_keras_weights(folder)
        return inception.KerasInception(weights, config.batch_size)
    return inception.FidInception(
        path or inception.fetch_fid_graph(folder), config.batch_size
    )


def name_from_path(path: str) -> str:
    """Returns the last part of a path as a name fit for a metric key."""
    stem = os.path.splitext(os.path.basename(os.path.normpath(path)))[0]
    return re.sub(r"[^0-9a-z]+", "_", stem.lower()).strip("_") or "model"
