"""Warm-up requests, read back with TensorFlow Serving's own protos."""

import os

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from tfgan_contra.serving.warmup import replay_warmup_requests


def records(version_dir):
    path = os.path.join(version_dir, "assets.extra/tf_serving_warmup_requests")
    for record in tf.data.TFRecordDataset(path):
        yield prediction_log_pb2.PredictionLog.FromString(record.numpy())


def test_every_signature_is_warmed_up_at_two_sizes(version_dir):
    found = []
    for log in records(version_dir):
        request = log.predict_log.request
        assert request.model_spec.name == "tiny"
        rows = {int(t.tensor_shape.dim[0].size) for t in request.inputs.values()}
        assert len(rows) == 1
        found.append((request.model_spec.signature_name, rows.pop()))
    signatures = ["serving_default", "latents", "png", "truncated", "truncated_png"]
    assert sorted(found) == sorted(
        (name, rows) for name in [*signatures, "class_labels"] for rows in (1, 8)
    )


def test_every_request_runs(version_dir):
    model, seen = tf.saved_model.load(version_dir), []

    def run(signature, inputs):
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        outputs = model.signatures[signature](**tensors)
        seen.append({name: len(value) for name, value in outputs.items()})

    assert replay_warmup_requests(version_dir, run) == 12
    assert {rows for outputs in seen for rows in outputs.values()} == {1, 8}


def test_no_file_no_requests(tmp_path):
    assert replay_warmup_requests(str(tmp_path), np.add) == 0
