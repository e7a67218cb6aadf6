"""Runs every signature of a served translator and compares what comes out.

Everything is learned from the folder itself, as in `behaviour`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from .comparing import (
    Arrays,
    Line,
    Run,
    is_refused,
    line,
    pixel_difference,
    shown,
    to_levels,
    within,
)

# What each signature gives; NumPy holds strings as objects.
PROMISED = {
    "serving_default": {"images": "uint8"},
    "translate": {"images": "float32"},
    "png": {"image_bytes": "object"},
}
# Rows, height and width; the sides of the last two are no multiples of 4.
CASES = ((1, (32, 32)), (3, (37, 50)), (2, (8, 9)))
ROWS, SIZE = CASES[1]
# Channels that a model may take and give to have files in and out.
READ_CHANNELS, WRITTEN_CHANNELS = (1, 3, 4), (1, 2, 3, 4)
# A limit on pixels above this cannot be tried without much memory.
LARGEST_TRIED = 1 << 24
OPAQUE = 255


def example_inputs(
    signature: str, batch_size: int, size: Sequence[int], known: Mapping[str, Any]
) -> Arrays:
    """Returns valid inputs of a signature: random pictures, no two alike.

    Args:
        signature: a name in `PROMISED`.
        batch_size: number of pictures.
        size: height and width.
        known: the contents of `model.json`.
    """
    generator = np.random.Generator(np.random.Philox(7))
    shape = (batch_size, *size, known["channels_in"])
    return inputs_of(signature, generator.integers(0, 256, shape, np.uint8))


def inputs_of(signature: str, pixels: np.ndarray) -> Arrays:
    """Returns uint8 pictures `[N, H, W, C]` as the inputs of a signature."""
    if signature == "png":
        return {"image_bytes": _files([tf.io.encode_png(p).numpy() for p in pixels])}
    if signature == "translate":
        return {"images": pixels.astype(np.float32) / np.float32(127.5) - 1}
    return {"images": pixels}


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
        reference: float pictures `images_<i>` and the Keras model's `translated_<i>`.
        tolerance: largest difference between float images.
    """
    reads = known["channels_in"] in READ_CHANNELS
    has_files = reads and known["channels_out"] in WRITTEN_CHANNELS
    wanted = set(PROMISED) if has_files else set(PROMISED) - {"png"}
    differing = ", ".join(sorted(wanted ^ set(names)))
    yield "has every promised signature and no other", not differing, differing
    present = sorted(wanted & set(names))
    for signature in present:
        yield from _case_checks(signature, run, known)
        yield from _row_checks(signature, run, known)
        yield from _size_refusals(signature, run, known)
    yield from _agreement_checks(present, run, known)
    if "translate" in present:
        wrong = {"images": 2 * example_inputs("translate", ROWS, SIZE, known)["images"]}
        refused = is_refused(run, "translate", wrong)
        yield "translate: refuses values outside [-1, 1]", refused, ""
        yield from _reference_checks(run, reference, tolerance)
    if "png" in present:
        yield from _file_checks(run, known)
        yield from _file_refusals(run, known)


def _case_checks(signature: str, run: Run, known: Mapping[str, Any]) -> Iterator[Line]:
    for batch_size, size in CASES:
        outputs = run(signature, example_inputs(signature, batch_size, size, known))
        shape = (batch_size, *size, known["channels_out"])
        problems = list(_output_problems(signature, outputs, shape))
        name = f"{signature}: batch {batch_size} of {_of_size(size)}"
        yield line(name, problems, shown(outputs))


def _output_problems(
    signature: str, outputs: Arrays, shape: tuple[int, ...]
) -> Iterator[str]:
    found = {name: value.dtype.name for name, value in outputs.items()}
    if found != PROMISED[signature]:
        yield f"gives {found}, not {PROMISED[signature]}"
        return
    pictures = _pictures(outputs)
    shapes = sorted({picture.shape for picture in pictures})
    if (len(pictures), *shapes) != (shape[0], shape[1:]):
        yield f"gives {len(pictures)} pictures of {shapes}, not {shape}"
    if "float32" in found.values() and not np.all(np.abs(outputs["images"]) <= 1.00001):
        yield "images leave [-1, 1] or are not numbers"


def _row_checks(signature: str, run: Run, known: Mapping[str, Any]) -> Iterator[Line]:
    inputs = example_inputs(signature, ROWS, SIZE, known)
    together = _levels(run(signature, inputs))
    backwards = {name: value[::-1] for name, value in inputs.items()}
    worst = _worst(_levels(run(signature, backwards)), together[::-1])
    yield within(f"{signature}: same picture at another place", worst)
    alone = _alone(signature, run, inputs)
    worst = _worst(alone, together)
    yield within(f"{signature}: same picture alone and in a batch", worst)
    distinct = len({picture.tobytes() for picture in together})
    yield (
        f"{signature}: other pictures give other translations",
        distinct == ROWS,
        f"{distinct} of {ROWS} distinct",
    )


def _size_refusals(
    signature: str, run: Run, known: Mapping[str, Any]
) -> Iterator[Line]:
    side, pixels = known["smallest_side"], known["max_pixels"]
    sizes = [(side - 1, 4 * side), (4 * side, side - 1)]
    if pixels <= LARGEST_TRIED:
        sizes.append((side, pixels // side + 1))
    for size in sizes:
        empty = np.zeros((1, *size, known["channels_in"]), np.uint8)
        refused = is_refused(run, signature, inputs_of(signature, empty))
        yield f"{signature}: refuses a picture of {_of_size(size)}", refused, ""


def _agreement_checks(
    present: Sequence[str], run: Run, known: Mapping[str, Any]
) -> Iterator[Line]:
    if "serving_default" not in present:
        return
    expected = _levels(
        run("serving_default", example_inputs("serving_default", ROWS, SIZE, known))
    )
    for signature in sorted(set(present) - {"serving_default"}):
        outputs = run(signature, example_inputs(signature, ROWS, SIZE, known))
        worst = _worst(_levels(outputs), expected)
        yield within(f"{signature}: as serving_default", worst)


def _reference_checks(run: Run, reference: Arrays, tolerance: float) -> Iterator[Line]:
    pairs = [name for name in reference if name.startswith("images_")]
    name = "translate: equal to the Keras model"
    if not pairs:
        yield name, False, "the reference has no images_0"
    for key in sorted(pairs):
        expected = reference[key.replace("images_", "translated_")]
        images = run("translate", {"images": reference[key]})["images"]
        if images.shape != expected.shape:
            yield name, False, f"shape {images.shape}, not {expected.shape}"
            continue
        worst = float(np.max(np.abs(images - expected)))
        detail = f"largest difference {worst:.1e}, allowed {tolerance:.1e}"
        yield f"{name} at {_of_size(images.shape[1:3])}", worst <= tolerance, detail


def _file_checks(run: Run, known: Mapping[str, Any]) -> Iterator[Line]:
    several = _files(
        [example_inputs("png", 1, size, known)["image_bytes"][0] for _, size in CASES]
    )
    together = _levels(run("png", {"image_bytes": several}))
    worst = _worst(together, _alone("png", run, {"image_bytes": several}))
    yield within("png: pictures of several sizes in one request", worst)
    gray = example_inputs("serving_default", 1, SIZE, {"channels_in": 1})["images"][0]
    jpeg = tf.io.encode_jpeg(gray).numpy()
    decoded = tf.io.decode_jpeg(jpeg, dct_method="INTEGER_ACCURATE").numpy()
    forms = {
        "a gray PNG": (gray, tf.io.encode_png(gray).numpy()),
        "a colour PNG": (gray, tf.io.encode_png(_as_channels(gray, 3)).numpy()),
        "a PNG with alpha": (gray, tf.io.encode_png(_as_channels(gray, 4)).numpy()),
        "a JPEG": (decoded, jpeg),
    }
    for name, (pixels, file) in forms.items():
        pixels = _as_channels(pixels, known["channels_in"])
        expected = _levels(run("serving_default", {"images": pixels[None]}))
        worst = _worst(_levels(run("png", {"image_bytes": _files([file])})), expected)
        yield within(f"png: takes {name}", worst)


def _file_refusals(run: Run, known: Mapping[str, Any]) -> Iterator[Line]:
    good = example_inputs("png", 1, SIZE, known)["image_bytes"][0]
    jpeg = tf.io.encode_jpeg(np.zeros((*SIZE, 3), np.uint8)).numpy()
    wrong = {
        "an empty file": b"",
        "bytes that are no picture": b"no picture",
        "a PNG that breaks off": good[: len(good) // 2],
        "a PNG without a size": good[:16],
        "a JPEG that breaks off": jpeg[:100],
    }
    for name, file in wrong.items():
        inputs = {"image_bytes": _files([good, file])}
        yield f"png: refuses {name}", is_refused(run, "png", inputs), ""


def _alone(signature: str, run: Run, inputs: Arrays) -> list[np.ndarray]:
    """Returns the translations of rows that are sent one by one."""
    ((name, rows),) = inputs.items()
    return [_levels(run(signature, {name: rows[[i]]}))[0] for i in range(len(rows))]


def _pictures(outputs: Arrays) -> list[np.ndarray]:
    """Returns each row's picture, files decoded."""
    if "image_bytes" in outputs:
        return [tf.io.decode_png(file).numpy() for file in outputs["image_bytes"]]
    return list(outputs["images"])


def _levels(outputs: Arrays) -> list[np.ndarray]:
    """Returns each row's picture in levels from 0 to 255."""
    pictures = _pictures(outputs)
    return [p if p.dtype == np.uint8 else to_levels(p) for p in pictures]


def _worst(found: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> int:
    """Returns the largest difference of two lists of pictures in levels."""
    if [p.shape for p in found] != [p.shape for p in expected]:
        return 255
    pairs = zip(found, expected, strict=True)
    return max((pixel_difference(a, b) for a, b in pairs), default=0)


def _as_channels(gray: np.ndarray, channels: int) -> np.ndarray:
    """Returns a gray picture `[H, W, 1]` in 1, 3 or 4 channels, alpha opaque."""
    if channels < 4:
        return np.repeat(gray, channels, axis=-1)
    opaque = np.full_like(gray, OPAQUE)
    return np.concatenate([np.repeat(gray, 3, axis=-1), opaque], axis=-1)


def _files(files: Sequence[bytes]) -> np.ndarray:
    array = np.empty([len(files)], object)
    array[:] = files
    return array


def _of_size(size: Sequence[int]) -> str:
    return f"{size[0]}x{size[1]}"
