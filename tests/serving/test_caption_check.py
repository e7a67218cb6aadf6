"""The check of a text-to-image model: exports pass, and planted faults are found."""

import numpy as np
import pytest

from tfgan_contra.serving.checking import check_in_fresh_process
from tfgan_contra.serving.standalone import captions
from tfgan_contra.serving.standalone.behaviour import reference_checks
from tfgan_contra.serving.standalone.lint import lint


def failed(lines):
    """Names of the checks that fail."""
    return [name for name, passed, _ in lines if not passed]


def reading(model, change):
    """How to run a model when it reads its captions otherwise."""

    def run(signature, inputs):
        texts = [change(text) for text in inputs["captions"]]
        return model.run(signature, inputs | {"captions": np.array(texts, object)})

    return run


def test_an_export_passes(of_captions):
    model = of_captions
    lines = list(
        captions.check_behaviour(
            model.names, model.run, model.known, model.reference, 1e-4
        )
    )
    assert failed(lines) == []
    assert len(lines) == 71
    assert [check for check in lint(model.path) if not check.passed] == []


@pytest.mark.slow
def test_exports_pass_without_the_package(caption_dir, feature_dir, capfd):
    for model_dir in (caption_dir, feature_dir):
        check_in_fresh_process(f"{model_dir}/1")
        lines = capfd.readouterr().out.splitlines()
        assert "ok   nothing of tfgan_contra was imported" in lines
        assert any("other seeds give other pictures" in line for line in lines)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda text: text + b" red" * text.isupper(), ["upper case"]),
        (lambda text: text.replace(b",", b" red"), ["spaces and punctuation"]),
        (lambda text: text.replace(b"'", b" "), ["an apostrophe"]),
        (lambda text: text.replace(b"wkvzxq", b""), ["which unknown word it is"]),
        (
            lambda text: b" ".join(text.split(b" ")[-6:]),
            ["spaces and punctuation", "a word behind the last place"],
        ),
        (lambda text: text, []),
    ],
)
def test_captions_read_otherwise_are_found(of_captions, change, names):
    lines = captions._reading_checks(reading(of_captions, change), of_captions.known)
    assert failed(lines) == [f"serving_default: {n} changes nothing" for n in names]


def test_wrong_counts_are_found(of_captions):
    cut = reading(of_captions, lambda text: b" ".join(text.split()[:6]))
    ((name, passed, detail),) = captions._counting_checks(cut, of_captions.known)
    assert (name, passed) == ("check_captions: counts as promised", False)
    assert detail.count("has {") == 1 and "'num_cut': 0}, not (9, 0, 3)" in detail


def of_a_batch(model, run):
    """What the check says of the dependence of pictures, of another way to run."""
    inputs = captions.example_inputs(model.names["truncated"], 17, model.known)
    return failed(captions._dependence_checks("truncated", run, inputs, model.known))


def test_deaf_models_are_found(of_captions, of_features):
    deaf = reading(of_captions, lambda text: b"red")
    found = of_a_batch(of_captions, deaf)
    assert found == ["truncated: other captions give other pictures"]

    def run(signature, inputs):
        same = {name: np.ones_like(inputs[name]) for name in captions.FEATURES}
        return of_features.run(signature, inputs | same)

    found = of_a_batch(of_features, run)
    assert found == ["truncated: other words give other pictures"]


def test_pictures_that_depend_on_their_neighbours_are_found(of_captions):
    def run(signature, inputs):
        images = of_captions.run(signature, inputs)["images"]
        mean = images.mean(axis=(0, 1, 2), keepdims=True)
        return {"images": (images - 0.5 * mean).astype(np.uint8)}

    found = of_a_batch(of_captions, run)
    assert found == ["truncated: same picture alone and in a batch"]


def test_padding_that_is_read_is_found(of_features):
    def run(signature, inputs):
        everything = inputs["words"].mean(axis=1)
        return of_features.run(signature, inputs | {"sentences": everything})

    names = of_features.names["serving_default"]
    inputs = captions.example_inputs(names, 3, of_features.known)
    assert failed([captions._padding_check(of_features.run, inputs)]) == []
    found = failed([captions._padding_check(run, inputs)])
    assert found == ["serving_default: words behind lengths change nothing"]


@pytest.mark.parametrize(("kind", "count"), [("of_captions", 25), ("of_features", 46)])
def test_accepting_wrong_input_is_found(kind, count, request):
    model = request.getfixturevalue(kind)
    lines = captions._refusal_checks(model.names, lambda *call: {}, model.known)
    found = failed(lines)
    assert len(found) == len(set(found)) == count


def test_signatures_too_many_or_too_few_are_found(of_captions, of_features):
    more = of_captions.names | {"more": ["seeds"]}
    cases = {"check_captions, features": of_features.names, "more": more}
    for differing, names in cases.items():
        lines = captions.check_behaviour(names, None, of_captions.known, {}, 1e-4)
        name = "has every promised signature and no other"
        assert next(lines) == (name, False, differing)


def test_a_reference_of_another_model_is_found(of_captions):
    other = of_captions.reference["images"] + np.float32(0.05)
    reference = of_captions.reference | {"images": other}
    lines = reference_checks(of_captions.names, of_captions.run, reference, 1e-4)
    assert failed(lines) == [
        "latents: equal to the Keras model",
        "serving_default: equal to the Keras model",
    ]
