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


def reference(version_dir):
    with np.load(os.path.join(version_dir, "assets.extra/reference.npz")) as archive:
        return dict(archive)


def ask(version_dir, *requests):
    """Answers of a version to pairs of a signature's name and its inputs."""
    if not (LIBRARY / "libtensorflow_cc.so.2").exists():
        pytest.skip("this TensorFlow has no separate C library")
    model = saved_model_pb2.SavedModel()
    with open(os.path.join(version_dir, "saved_model.pb"), "rb") as file:
        model.ParseFromString(file.read())
    signatures = model.meta_graphs[0].signature_def

    def described(signature, inputs):
        info = signatures[signature]
        (output,) = info.outputs.values()
        return {
            "inputs": [
                (info.inputs[name].name, _dtype(value), value.tolist())
                for name, value in inputs.items()
            ],
            "output": output.name,
        }

    task = {
        "library": str(LIBRARY),
        "model": version_dir,
        "requests": [described(*request) for request in requests],
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
    return json.loads(result.stdout)


def _dtype(value):
    return "str" if value.dtype.kind == "U" else value.dtype.name


@pytest.fixture(scope="module")
def answers(version_dir):
    arrays = reference(version_dir)
    labels, seeds = arrays["labels"], arrays["seeds"]
    answers = ask(
        version_dir,
        ("latents", {"latents": arrays["latents"], "labels": labels}),
        ("serving_default", {"labels": labels, "seeds": seeds}),
        ("serving_default", {"labels": labels + 1, "seeds": seeds}),
    )
    return answers, arrays["images"]


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


def test_a_translator_runs_and_refuses(translator_dir):
    version_dir = os.path.join(translator_dir, "1")
    arrays = reference(version_dir)
    pixels = np.zeros((1, 7, 9, 3), np.uint8)
    floats, odd, refused = ask(
        version_dir,
        ("translate", {"images": arrays["images_0"]}),
        ("translate", {"images": arrays["images_1"]}),
        ("serving_default", {"images": pixels}),
    )
    np.testing.assert_allclose(floats["output"], arrays["translated_0"], atol=1e-5)
    np.testing.assert_allclose(odd["output"], arrays["translated_1"], atol=1e-5)
    assert refused["code"] == INVALID_ARGUMENT
    assert "8 pixels or more on each side" in refused["message"]


def test_captions_are_read_and_refused(caption_dir):
    version_dir = os.path.join(caption_dir, "1")
    arrays = reference(version_dir)
    captions, seeds = np.char.decode(arrays["captions"], "utf-8"), arrays["seeds"]
    wordless = np.where(seeds == 2, "?!", captions)
    floats, pictures, refused = ask(
        version_dir,
        ("latents", {"latents": arrays["latents"], "captions": captions}),
        ("serving_default", {"captions": captions, "seeds": seeds}),
        ("serving_default", {"captions": wordless, "seeds": seeds}),
    )
    np.testing.assert_allclose(floats["output"], arrays["images"], atol=1e-5)
    levels = np.floor(np.clip(127.5 * (arrays["images"] + 1.0) + 0.5, 0, 255))
    np.testing.assert_allclose(pictures["output"], levels, atol=1)
    assert refused["code"] == INVALID_ARGUMENT
    assert "captions must have a word or more" in refused["message"]


@pytest.mark.slow
def test_features_are_taken(feature_dir):
    version_dir = os.path.join(feature_dir, "1")
    arrays = reference(version_dir)
    names = ("latents", "words", "lengths", "sentences")
    (floats,) = ask(version_dir, ("latents", {name: arrays[name] for name in names}))
    np.testing.assert_allclose(floats["output"], arrays["images"], atol=1e-5)
