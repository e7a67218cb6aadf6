"""Warm-up requests: a server replays them before a version answers anybody.

The first call of every signature allocates memory and chooses kernels. TensorFlow
Serving reads `assets.extra/tf_serving_warmup_requests`, a TFRecord of PredictionLog.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tfgan_contra.errors import UserError
from tfgan_contra.serving.standalone import behaviour, captions, translation

WARMUP_FILE = "assets.extra/tf_serving_warmup_requests"
BATCH_SIZES = (1, 8)


def write_warmup_requests(
    version_dir: str, known: Mapping[str, Any], functions: Mapping[str, Any]
) -> str:
    """Writes one request per signature and batch size; returns the file's path.

    A translator takes one row after the other, so one row of a training crop's size
    will do.

    Args:
        version_dir: the SavedModel's folder.
        known: what `model_card.facts` returns.
        functions: signature name -> concrete function with named inputs.

    Raises:
        UserError: if tensorflow-serving-api is not installed.
    """
    log_pb2 = _serving_api("prediction_log_pb2")
    path = os.path.join(version_dir, WARMUP_FILE)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with tf.io.TFRecordWriter(path) as writer:
        for name, inputs in _requests(known, functions):
            log = log_pb2.PredictionLog()
            request = log.predict_log.request
            request.model_spec.name = known["name"]
            request.model_spec.signature_name = name
            _fill(request.inputs, inputs)
            writer.write(log.SerializeToString())
    return path


def replay_warmup_requests(
    version_dir: str, run: Callable[[str, dict[str, np.ndarray]], Any]
) -> int:
    """Calls `run(signature, inputs)` for every record; returns how many there were."""
    path = os.path.join(version_dir, WARMUP_FILE)
    if not os.path.exists(path):
        return 0
    log_pb2 = _serving_api("prediction_log_pb2")
    count = 0
    for record in tf.data.TFRecordDataset(path):
        request = log_pb2.PredictionLog.FromString(record.numpy()).predict_log.request
        inputs = {key: tf.make_ndarray(value) for key, value in request.inputs.items()}
        run(request.model_spec.signature_name, inputs)
        count += 1
    return count


def _requests(
    known: Mapping[str, Any], functions: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Yields signature name and inputs."""
    if known["kind"] == "translation":
        size = (known["image_size"], known["image_size"])
        for name in functions:
            yield name, translation.example_inputs(name, 1, size, known)
        return
    reads_text = known["kind"] == "text_to_image"
    examples = captions.example_inputs if reads_text else behaviour.example_inputs
    for name, function in functions.items():
        keys = [spec.name for spec in function.structured_input_signature[0]]
        for batch_size in BATCH_SIZES:
            yield name, examples(keys, batch_size, known)


def _fill(protos: Any, inputs: Mapping[str, np.ndarray]) -> None:
    for key, value in inputs.items():
        protos[key].CopyFrom(tf.make_tensor_proto(value))


def _serving_api(module: str) -> Any:
    try:
        return __import__(f"tensorflow_serving.apis.{module}", fromlist=[module])
    except ImportError:
        raise UserError(
            "warm-up requests need tensorflow-serving-api; install it with "
            "'pip install tensorflow-serving-api' or export with --nowarmup"
        ) from None
