"""The two Inception networks: the graph that FID is defined by, and Keras's own."""

import os
import warnings
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from tfgan_contra.errors import ConfigError
from tfgan_contra.metrics.downloads import RemoteFile, fetch, file_digest
from tfgan_contra.metrics.features import FIELD, BatchedExtractor, Outputs
from tfgan_contra.metrics.image_preparation import resize, to_three_channels
from tfgan_contra.metrics.model_features import directory_digest, float32_policy

IMAGE_SIZE = 299

# The archive of December 2015 that Heusel et al. took their graph from. The hash is the
# one that several public evaluation suites pin for this file (95,673,916 bytes).
FID_GRAPH = RemoteFile(
    url="https://storage.googleapis.com/download.tensorflow.org/models/image/"
    "imagenet/inception-2015-12-05.tgz",
    name="classify_image_graph_def.pb",
    digest="009d6814d1bc560d4e7b236e170e9b2d5ca6f4b57bd8037f6db05776204415c6",
)
# Address and hash as in keras.applications.
KERAS_WEIGHTS = RemoteFile(
    url="https://storage.googleapis.com/tensorflow/keras-applications/inception_v3/"
    "inception_v3_weights_tf_dim_ordering_tf_kernels.h5",
    name="inception_v3_weights_tf_dim_ordering_tf_kernels.h5",
    digest="9a0d58056eeedaa3f26cb7ebd46da564",
    algorithm="md5",
)

_INPUT = "Mul:0"
_POOL = "pool_3:0"
# Keeps the file's node names apart from those of the resizing in front of it.
_SCOPE = "inception"


def fetch_fid_graph(folder: str) -> str:
    """Returns the path of the FID Inception graph, downloaded into `folder` if need be.

    Raises:
        DataError: if it cannot be had or has another hash.
    """
    return fetch(FID_GRAPH, folder, option=f"{FIELD}=fid_inception")


def fetch_keras_weights(folder: str) -> str:
    """Returns the path of Keras's ImageNet weights for InceptionV3.

    Keras's own cache is looked at first.

    Raises:
        DataError: if they cannot be had or have another hash.
    """
    home = os.environ.get("KERAS_HOME") or os.path.expanduser("~/.keras")
    keras_cache = os.path.join(home, "models")
    if os.path.exists(os.path.join(keras_cache, KERAS_WEIGHTS.name)):
        folder = keras_cache
    return fetch(KERAS_WEIGHTS, folder, option=f"{FIELD}=keras_inception")


class FidInception(BatchedExtractor):
    """The Inception graph of December 2015: 2048 pooled features, 1008 logits.

    Takes the frozen graph (`classify_image_graph_def.pb`, or TF-GAN's
    `inceptionv1_for_inception_score.pb`) or a SavedModel whose outputs are called
    `pool_3` and `logits`. Bytes are resized as the graph does it itself: bilinear,
    corners aligned at the top left as in TensorFlow 1, then (x - 128) / 128.

    Only a file of the known SHA-256 may call its scores FID; any other is warned about
    and named `unverified_inception`.

    Reference: Heusel et al., NeurIPS 2017 (arXiv 1706.08500).
    """

    def __init__(self, path: str, batch_size: int) -> None:
        """Loads a graph or SavedModel.

        Raises:
            ConfigError: if `path` holds neither, or another network.
        """
        folder = os.path.isdir(path)
        digest = directory_digest(path) if folder else file_digest(path)
        self.is_fid = digest == FID_GRAPH.digest
        name = "fid_inception" if self.is_fid else "unverified_inception"
        super().__init__(name, digest, f"tf1_bilinear_{IMAGE_SIZE}", batch_size)
        load = _saved_inception if folder else _frozen_inception
        self._owner, self._run = load(path)
        if not self.is_fid:
            warnings.warn(
                f"{path} is not the known FID Inception graph (its SHA-256 is "
                f"{digest}); its scores are named after {name} and not FID.",
                stacklevel=2,
            )

    def forward(self, images: np.ndarray) -> Outputs:
        """Returns `pool_3` and the logits without bias, as is usual for the scores."""
        return self._run(to_three_channels(images))

    def describe(self) -> dict[str, Any]:
        """Adds whether the file is the known one."""
        return super().describe() | {"hash_known": self.is_fid}


class KerasInception(BatchedExtractor):
    """InceptionV3 of keras.applications: other weights than FID's, so no FID.

    Bytes are resized with an antialiased bicubic and scaled to [-1, 1]; the features
    are its 2048 pooled ones.

    Reference: Szegedy et al., CVPR 2016 (arXiv 1512.00567).
    """

    def __init__(self, weights: str, batch_size: int) -> None:
        """Builds the network from a file of weights."""
        digest = file_digest(weights)
        super().__init__("keras_inception", digest, f"clean_{IMAGE_SIZE}", batch_size)
        with float32_policy():
            network = keras.applications.InceptionV3(
                weights=weights, classifier_activation=None
            )
        pooled = network.get_layer("avg_pool").output
        network = keras.Model(network.inputs, [pooled, network.outputs[0]])
        self._run = tf.function(lambda images: network(images, training=False))

    def forward(self, images: np.ndarray) -> Outputs:
        """Returns pooled features and 1000 logits."""
        pixels = resize(to_three_channels(images), IMAGE_SIZE, "clean")
        features, logits = self._run(tf.constant(pixels / np.float32(127.5) - 1))
        return Outputs(features.numpy(), logits.numpy())


def _frozen_inception(path: str) -> tuple[Any, Any]:
    """Returns a session and a function of bytes `[B, H, W, 3]` that runs a graph in it.

    The graph's batch normalisation was removed from newer graph versions, so it runs
    in a graph and session of its own, which keep the file's version.
    """
    definition = tf.compat.v1.GraphDef()
    graph = tf.Graph()
    with graph.as_default():
        images = tf.compat.v1.placeholder(tf.uint8, [None, None, None, 3])
        try:
            with open(path, "rb") as file:
                definition.ParseFromString(file.read())
            (pool,) = tf.import_graph_def(
                definition, {_INPUT: _as_inception_input(images)}, [_POOL], name=_SCOPE
            )
            features = tf.reshape(pool, [-1, pool.shape[-1]])
            logits = _logits(graph, features)
        except (OSError, ValueError, KeyError, DecodeError) as error:
            raise _not_inception(path, error) from None
    session = tf.compat.v1.Session(graph=graph)
    fetches = [features, logits]
    return session, lambda pixels: Outputs(*session.run(fetches, {images: pixels}))


def _logits(graph: Any, features: Any) -> Any:
    names = {operation.name for operation in graph.get_operations()}
    product = f"{_SCOPE}/softmax/logits/MatMul"
    if product in names:
        # The graph's own product is tied to a batch of one.
        weights = graph.get_operation_by_name(product).inputs[1]
        return tf.matmul(features, weights)
    return graph.get_tensor_by_name(f"{_SCOPE}/logits:0")


def _saved_inception(path: str) -> tuple[Any, Any]:
    """Returns a SavedModel, which must outlive its signature, and a function."""
    try:
        loaded = tf.saved_model.load(path)
    except (OSError, ValueError, RuntimeError) as error:
        raise _not_inception(path, error) from None
    signatures = [
        signature
        for signature in loaded.signatures.values()
        if {"pool_3", "logits"} <= set(signature.structured_outputs)
    ]
    if not signatures:
        raise _not_inception(path, "no signature has the outputs pool_3 and logits")
    signature = signatures[0]
    (argument,) = signature.structured_input_signature[1]

    def run(pixels: np.ndarray) -> Outputs:
        """Returns features and logits of one batch."""
        images = _as_inception_input(tf.constant(pixels))
        outputs = signature(**{argument: images})
        return Outputs(outputs["pool_3"].numpy(), outputs["logits"].numpy())

    return loaded, run


def _as_inception_input(images: Any) -> Any:
    pixels = tf.cast(images, tf.float32)
    pixels = tf.raw_ops.ResizeBilinear(images=pixels, size=[IMAGE_SIZE, IMAGE_SIZE])
    return (pixels - 128) / 128


def _not_inception(path: str, reason: object) -> ConfigError:
    text = " ".join(str(reason).split())[:200]
    return ConfigError(
        f"{FIELD} names no FID Inception graph ({text}); expected "
        f"{FID_GRAPH.name} or a SavedModel of it. Received: {path!r}"
    )
