"""The export in TensorFlow's C++ runtime alone, the way TensorFlow Serving runs it."""

import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

LIBRARY = pathlib.Path(tf.__file__).parent
INVALID_ARGUMENT = 3


@pytest.fixture(scope="module")
def answers(version_dir):
    if not (LIBRARY / "libtensorflow_cc.so.2").exists():
        pytest.skip("this TensorFlow has no separate C library")
    model = saved_model_pb2.SavedModel()
    with open(os.path.join(version_dir, "saved_model.pb"), "rb") as file:
        model.ParseFromString(file.read())
    signatures = model.meta_graphs[0].signature_def
    with np.load(os.path.join(version_dir, "assets.extra/reference.npz")) as archive:
        arrays = {name: archive[name] for name in archive}

    def request(signature, **inputs):
        info = signatures[signature]
        (output,) = info.outputs.values()
        return {
            "inputs": [
                (info.inputs[name].name, value.dtype.name, value.tolist())
                for name, value in inputs.items()
            ],
            "output": output.name,
        }

    labels, seeds = arrays["labels"], arrays["seeds"]
    task = {
        "library": str(LIBRARY),
        "model": version_dir,
        "requests": [
            request("latents", latents=arrays["latents"], labels=labels),
            request("serving_default", labels=labels, seeds=seeds),
            request("serving_default", labels=labels + 1, seeds=seeds),
        ],
    }
    program = pathlib.Path(__file__).with_name("run_with_c_api.py")
    result = subprocess.run(
        [sys.executable, "-I", str(program)],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout), arrays["images"]


def test_floats_equal_the_keras_model(answers):
    (floats, _, _), expected = answers
    np.testing.assert_allclose(floats["output"], expected, atol=1e-6)


def test_pictures_equal_the_keras_model(answers):
    (_, pictures, _), expected = answers
    levels = np.floor(np.clip(127.5 * (expected + 1.0) + 0.5, 0, 255))
    np.testing.assert_allclose(pictures["output"], levels, atol=1)


def test_wrong_labels_are_refused_with_the_range(answers):
    (_, _, refused), _ = answers
    assert refused["code"] == INVALID_ARGUMENT
    assert "labels must be from 0 to 3" in refused["message"]
