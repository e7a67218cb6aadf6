"""The rules of TensorFlow Serving, each with a model that breaks it."""

import os
import shutil

import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from tfgan_contra.serving.standalone.lint import lint

ROWS = tf.TensorSpec([None], tf.float32, "x")


def broken_rules(path):
    return {check.name: check.detail for check in lint(str(path)) if not check.passed}


def save(tmp_path, body, spec=ROWS, name="serving_default"):
    module = tf.Module()
    module.weight = tf.Variable(2.0)
    function = tf.function(lambda x: body(module, x), input_signature=[spec])
    path = tmp_path / "1"
    tf.saved_model.save(module, str(path), signatures={name: function})
    return path


def test_an_export_keeps_every_rule(version_dir):
    assert broken_rules(version_dir) == {}


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (lambda m, x: {"y": x + tf.random.normal([1])}, "RandomStandardNormal"),
        (
            lambda m, x: {"y": tf.map_fn(lambda r: r + tf.random.uniform([]), x)},
            "RandomUniform",
        ),
        (
            lambda m, x: {"y": tf.function(tf.sin, jit_compile=True)(x)},
            "must be compiled with XLA",
        ),
        (
            lambda m, x: {"y": x * m.weight.assign_add(1.0)},
            "changes the weights: AssignAddVariableOp",
        ),
        (
            lambda m, x: {
                "y": tf.ensure_shape(tf.py_function(lambda v: v, [x], "float"), [None])
            },
            "calls back into Python: EagerPyFunc",
        ),
    ],
)
def test_operations_that_cannot_be_served_are_found(tmp_path, body, detail):
    rules = broken_rules(save(tmp_path, body))
    assert detail in rules["serving_default: operations can be served"]


def test_operations_of_other_packages_are_found(tmp_path):
    path = save(tmp_path, lambda m, x: {"y": tf.sin(x)})
    model, file = saved_model_pb2.SavedModel(), path / "saved_model.pb"
    model.ParseFromString(file.read_bytes())
    for function in model.meta_graphs[0].graph_def.library.function:
        for node in function.node_def:
            node.op = node.op.replace("Sin", "WordpieceTokenizeWithOffsets")
    file.write_bytes(model.SerializeToString())
    assert broken_rules(path)["serving_default: operations can be served"] == (
        "is not one of TensorFlow's own: WordpieceTokenizeWithOffsets"
    )


@pytest.mark.parametrize(
    ("body", "spec", "detail"),
    [
        (
            lambda m, x: {"y": x},
            tf.TensorSpec([], tf.float32, "x"),
            "x has no free axis",
        ),
        (
            lambda m, x: {"y": x},
            tf.TensorSpec([3], tf.float32, "x"),
            "x has no free axis",
        ),
        (lambda m, x: {"y": tf.reduce_sum(x)}, ROWS, "y has no free axis 0"),
        (lambda m, x: {"file": tf.as_string(x)}, ROWS, "does not end in _bytes"),
    ],
)
def test_tensors_that_cannot_be_batched_are_found(tmp_path, body, spec, detail):
    rules = broken_rules(save(tmp_path, body, spec))
    assert detail in rules["serving_default: batch is axis 0 everywhere"]


def test_the_default_signature_must_be_there(tmp_path):
    rules = broken_rules(save(tmp_path, lambda m, x: {"y": x}, name="other"))
    assert rules["has serving_default"] == "other"
    assert "model.json is missing" in rules["files are as exported"]


def test_the_folder_must_have_a_number(version_dir, tmp_path):
    shutil.copytree(version_dir, tmp_path / "latest")
    assert broken_rules(tmp_path / "latest") == {
        "version folder has a numeric name": "latest"
    }


def test_changed_weights_are_found(version_dir, tmp_path):
    shutil.copytree(version_dir, tmp_path / "1")
    name = "variables/variables.data-00000-of-00001"
    with open(os.path.join(tmp_path, "1", name), "r+b") as file:
        file.seek(100)
        file.write(b"\x01\x02\x03\x04")
    assert broken_rules(tmp_path / "1") == {
        "files are as exported": f"{name} was changed"
    }
