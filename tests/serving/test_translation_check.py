"""The check of a translator: an export passes, and every planted fault is found."""

import json
import os

import numpy as np
import pytest

from tfgan_contra.serving.standalone import behaviour, translation
from tfgan_contra.serving.standalone.lint import lint


@pytest.fixture(scope="module")
def loaded(translator_dir):
    """Signatures, facts and reference pictures of the export."""
    path = os.path.join(translator_dir, "1")
    names, run = behaviour.load(path)
    with open(os.path.join(path, "assets.extra/model.json")) as file:
        known = json.load(file)
    with np.load(os.path.join(path, "assets.extra/reference.npz")) as archive:
        reference = dict(archive)
    return names, run, known, reference


def failures(loaded, run=None, **changes):
    """Names of the checks that fail, with another `run` if given."""
    names, plain, known, reference = loaded
    reference = changes.get("reference", reference)
    names = changes.get("names", names)
    lines = translation.check_behaviour(names, run or plain, known, reference, 1e-4)
    failed = []
    try:
        failed.extend(name for name, passed, _ in lines if not passed)
    except (ValueError, IndexError):
        failed.append("the check could not go on")
    return failed


def spoilt(loaded, wanted, change):
    """How to run the model with the images of one signature changed."""
    run = loaded[1]

    def changed(signature, inputs):
        outputs = run(signature, inputs)
        if signature == wanted:
            return {"images": change(outputs["images"])}
        return outputs

    return changed


def test_an_export_passes(loaded, translator_dir):
    assert failures(loaded) == []
    assert [c for c in lint(os.path.join(translator_dir, "1")) if not c.passed] == []


def test_the_reference_has_two_sizes(loaded):
    reference = loaded[3]
    assert reference["images_0"].shape[1:] == (32, 32, 3)
    assert reference["translated_1"].shape[1:] == (37, 50, 3)
    assert reference["translated_1"].std() > 0.1


@pytest.mark.parametrize(
    ("signature", "change", "expected"),
    [
        ("translate", lambda x: x[..., ::-1], "translate: equal to the Keras model at"),
        ("serving_default", lambda x: x[..., ::-1], "png: as serving_default"),
        (
            "serving_default",
            lambda x: np.pad(x, [(0, 0), (0, -x.shape[1] % 4), (0, 0), (0, 0)]),
            "serving_default: batch 3 of 37x50",
        ),
        ("serving_default", lambda x: x[:1], "serving_default: batch 3 of 37x50"),
        ("serving_default", lambda x: x / 2, "serving_default: batch 1 of 32x32"),
        ("translate", lambda x: 3 * x, "translate: batch 1 of 32x32"),
        ("translate", np.zeros_like, "translate: other pictures give other"),
    ],
)
def test_spoilt_pictures_fail(loaded, signature, change, expected):
    failed = failures(loaded, spoilt(loaded, signature, change))
    assert any(name.startswith(expected) for name in failed), failed


def test_a_picture_that_depends_on_its_neighbours_fails(loaded):
    def normalized(images):
        mean = images.mean(axis=(0, 1, 2), keepdims=True)
        return (images - 0.5 * mean).astype(np.uint8)

    failed = failures(loaded, spoilt(loaded, "serving_default", normalized))
    assert "serving_default: same picture alone and in a batch" in failed


def test_files_read_otherwise_fail(loaded):
    run = loaded[1]

    def of_first(signature, inputs):
        if signature == "png":
            inputs = {"image_bytes": inputs["image_bytes"][:1].repeat(len(inputs))}
        return run(signature, inputs)

    failed = failures(loaded, of_first)
    assert "png: batch 3 of 37x50" in failed
    assert "png: pictures of several sizes in one request" in failed


def test_accepting_wrong_input_fails(loaded):
    run = loaded[1]

    def accepting(signature, inputs):
        try:
            return run(signature, inputs)
        except behaviour.tf.errors.InvalidArgumentError:
            return {}

    failed = failures(loaded, accepting)
    assert all(": refuses " in name for name in failed)
    assert len(failed) == 3 * 3 + 1 + 5


def test_signatures_too_many_or_too_few_fail(loaded):
    promised = "has every promised signature and no other"
    fewer = {name: inputs for name, inputs in loaded[0].items() if name != "png"}
    assert failures(loaded, names=fewer) == [promised]
    more = loaded[0] | {"latents": ["latents"]}
    assert failures(loaded, names=more) == [promised]


def test_a_reference_of_another_model_fails(loaded):
    other = {name: value + np.float32(0.01) for name, value in loaded[3].items()}
    other["images_0"] = loaded[3]["images_0"]
    other["images_1"] = loaded[3]["images_1"]
    name = "translate: equal to the Keras model"
    assert failures(loaded, reference=other) == [f"{name} at 32x32", f"{name} at 37x50"]
    assert failures(loaded, reference={}) == [name]
