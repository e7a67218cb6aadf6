"""Runs every signature of a served generator and compares what comes out.

Everything is learned from the folder itself: the signatures, `model.json` and the
reference pictures that the exporter wrote. `Run` stands for a function from (signature
name, inputs by name) to outputs by name, all NumPy arrays.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from .comparing import (
    PIXEL_TOLERANCE,
    Arrays,
    Line,
    Run,
    is_refused,
    line,
    pictures_of,
    pixel_difference,
    shown,
    to_levels,
    within,
)

BATCH_SIZES = (1, 3, 17)
LARGEST = max(BATCH_SIZES)
# What each signature gives; NumPy holds strings as objects.
PROMISED = {
    "serving_default": {"images": "uint8"},
    "latents": {"images": "float32"},
    "png": {"image_bytes": "object"},
    "truncated": {"images": "uint8"},
    "truncated_png": {"image_bytes": "object"},
    "class_labels": {"labels": "int64"},
}


def example_inputs(
    names: Sequence[str], batch_size: int, known: Mapping[str, Any]
) -> Arrays:
    """Returns valid inputs of the given names, `batch_size` rows each.

    Args:
        names: input names of a signature.
        batch_size: number of rows.
        known: the contents of `model.json`.

    Raises:
        KeyError: for a name that no signature of this library has.
    """
    rows = np.arange(batch_size, dtype=np.int64)
    generator = np.random.Generator(np.random.Philox(7))
    latents = generator.standard_normal((batch_size, known["latent_dim"]))
    class_names = [name.encode() for name in known["class_names"]] or [b""]
    makers = {
        "labels": rows % max(known["num_classes"], 1),
        "seeds": rows * 1009 - 3,
        "truncation": np.linspace(1.0, 0.5, batch_size, dtype=np.float32),
        "latents": latents.astype(np.float32),
        "class_names": np.array(class_names, object)[rows % len(class_names)],
    }
    return {name: makers[name] for name in names}


def load(version_dir: str) -> tuple[dict[str, list[str]], Run]:
    """Loads the model; returns signature name -> input names, and how to run one."""
    model = tf.saved_model.load(version_dir)
    names = {
        name: list(function.structured_input_signature[1])
        for name, function in model.signatures.items()
    }

    def run(signature: str, inputs: Arrays) -> Arrays:
        """Calls a signature."""
        tensors = {name: tf.constant(value) for name, value in inputs.items()}
        outputs = model.signatures[signature](**tensors)
        return {name: value.numpy() for name, value in outputs.items()}

    return names, run


def check_behaviour(
    names: dict[str, list[str]],
    run: Run,
    known: Mapping[str, Any],
    reference: Arrays,
    tolerance: float,
) -> Iterator[Line]:
    """Yields (check, passed, detail) for every signature and every promise.

    Args:
        names: input names by signature.
        run: runs a signature.
        known: the contents of `model.json`.
        reference: latents, images, and seeds and labels where there are any, from the
            Keras model.
        tolerance: largest difference between float images.
    """
    wanted = set(PROMISED) if known["class_names"] else set(PROMISED) - {"class_labels"}
    differing = ", ".join(sorted(wanted ^ set(names)))
    yield "has every promised signature and no other", not differing, differing
    for signature in sorted(wanted & set(names)):
        for batch_size in BATCH_SIZES:
            inputs = example_inputs(names[signature], batch_size, known)
            outputs = run(signature, inputs)
            promised = PROMISED[signature]
            problems = list(output_problems(promised, outputs, batch_size, known))
            yield line(f"{signature}: batch {batch_size}", problems, shown(outputs))
        if "seeds" in names[signature]:
            inputs = example_inputs(names[signature], LARGEST, known)
            yield from row_checks(signature, run, inputs)
            yield differing_pictures(signature, run, inputs, "seeds")
    inputs = example_inputs(names["serving_default"], LARGEST, known)
    yield from agreement_checks(names, run, inputs)
    yield from _name_checks(names, run, known)
    yield from _refusal_checks(names, run, known)
    yield from reference_checks(names, run, reference, tolerance)


def output_problems(
    promised: Mapping[str, str],
    outputs: Arrays,
    batch_size: int,
    known: Mapping[str, Any],
) -> Iterator[str]:
    """Yields what is wrong with the outputs of a signature.

    Args:
        promised: output name -> type.
        outputs: what a signature gave.
        batch_size: rows of its inputs.
        known: the contents of `model.json`.
    """
    found = {name: value.dtype.name for name, value in outputs.items()}
    if found != promised:
        yield f"gives {found}, not {dict(promised)}"
        return
    if any(len(value) != batch_size for value in outputs.values()):
        yield f"has {[len(value) for value in outputs.values()]} rows"
        return
    size = known["image_size"]
    shape = (batch_size, size, size, known["channels"])
    has_pictures = "images" in found or "image_bytes" in found
    if has_pictures and pictures_of(outputs).shape != shape:
        yield f"pictures have shape {pictures_of(outputs).shape}, not {shape}"
    if "float32" in found.values() and not np.all(np.abs(outputs["images"]) <= 1.00001):
        yield "images leave [-1, 1] or are not numbers"


def row_checks(signature: str, run: Run, inputs: Arrays) -> Iterator[Line]:
    """Yields whether a picture depends on its own row alone."""
    count = len(inputs["seeds"])
    together = pictures_of(run(signature, inputs))
    order = np.roll(np.arange(count)[::-1], 5)
    moved = pictures_of(run(signature, {k: v[order] for k, v in inputs.items()}))
    worst = pixel_difference(moved, together[order])
    yield within(f"{signature}: same picture at another place", worst)
    worst = 0
    for row in (0, 7, count - 1):
        alone = pictures_of(run(signature, {k: v[[row]] for k, v in inputs.items()}))
        worst = max(worst, pixel_difference(alone[0], together[row]))
    yield within(f"{signature}: same picture alone and in a batch", worst)


def differing_pictures(signature: str, run: Run, inputs: Arrays, *varied: str) -> Line:
    """Returns whether rows that differ in `varied` alone give different pictures."""
    count = len(inputs[varied[0]])
    same = {name: np.repeat(value[:1], count, 0) for name, value in inputs.items()}
    changed = {name: inputs[name] for name in varied}
    pictures = pictures_of(run(signature, same | changed))
    distinct = len({picture.tobytes() for picture in pictures})
    return (
        f"{signature}: other {varied[0]} give other pictures",
        distinct > 1,
        f"{distinct} of {count} distinct",
    )


def agreement_checks(
    names: Mapping[str, Sequence[str]], run: Run, inputs: Arrays
) -> Iterator[Line]:
    """Yields whether files, and truncation at 1, give the same pictures.

    Args:
        names: input names by signature.
        run: runs a signature.
        inputs: of `serving_default`.
    """
    expected = pictures_of(run("serving_default", inputs))
    off = {"truncation": np.ones([len(expected)], np.float32)}
    for signature, more in (("png", {}), ("truncated", off), ("truncated_png", off)):
        if signature in names:
            pictures = pictures_of(run(signature, inputs | more))
            worst = pixel_difference(pictures, expected)
            without = " at truncation 1" if more else ""
            yield within(f"{signature}: as serving_default{without}", worst)


def _name_checks(
    names: dict[str, list[str]], run: Run, known: Mapping[str, Any]
) -> Iterator[Line]:
    if "class_labels" in names:
        wanted = np.array([name.encode() for name in known["class_names"]], object)
        labels = run("class_labels", {"class_names": wanted})["labels"]
        passed = labels.tolist() == list(range(known["num_classes"]))
        yield "class_labels: knows every class", passed, f"{len(wanted)} names"


def _refusal_checks(
    names: dict[str, list[str]], run: Run, known: Mapping[str, Any]
) -> Iterator[Line]:
    wrong: Arrays = {
        "labels": np.array([0, known["num_classes"], 0], np.int64),
        "truncation": np.array([0.5, 0.0, 0.5], np.float32),
        "class_names": np.array([b"no such class"] * 3, object),
    }
    for signature in sorted(names):
        wanted = names[signature]
        inputs = example_inputs(wanted, 3, known)
        for name in sorted(set(wanted) & set(wrong)):
            refused = is_refused(run, signature, inputs | {name: wrong[name]})
            yield f"{signature}: refuses wrong {name}", refused, ""
        if len(wanted) > 1:
            shorter = inputs | {wanted[0]: inputs[wanted[0]][:1]}
            refused = is_refused(run, signature, shorter)
            yield f"{signature}: refuses unequal lengths", refused, ""


def reference_checks(
    names: Mapping[str, Sequence[str]], run: Run, reference: Arrays, tolerance: float
) -> Iterator[Line]:
    """Yields whether the pictures are those of the Keras model.

    Args:
        names: input names by signature.
        run: runs a signature.
        reference: images and the inputs that they were made from, by name.
        tolerance: largest difference between float images.
    """
    expected = reference["images"]
    inputs = {name: reference[name] for name in names["latents"]}
    images = run("latents", inputs)["images"]
    if images.shape != expected.shape:
        detail = f"shape {images.shape}, not {expected.shape}"
        yield "latents: equal to the Keras model", False, detail
        return
    worst = float(np.max(np.abs(images - expected)))
    detail = f"largest difference {worst:.1e}, allowed {tolerance:.1e}"
    yield "latents: equal to the Keras model", worst <= tolerance, detail
    if "seeds" in reference:
        inputs = {name: reference[name] for name in names["serving_default"]}
        levels = to_levels(expected)
        pictures = run("serving_default", inputs)["images"]
        worst = pixel_difference(pictures, levels)
        allowed = max(PIXEL_TOLERANCE, int(np.ceil(127.5 * tolerance)))
        yield within("serving_default: equal to the Keras model", worst, allowed)
