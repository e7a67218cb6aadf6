"""Runs every signature of a served text-to-image generator and compares the pictures.

Everything is learned from the folder itself, as in `behaviour`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from .behaviour import (
    BATCH_SIZES,
    LARGEST,
    agreement_checks,
    differing_pictures,
    output_problems,
    reference_checks,
    row_checks,
)
from .comparing import (
    Arrays,
    Line,
    Run,
    is_refused,
    line,
    pixel_difference,
    shown,
    within,
)

# What each signature gives; NumPy holds strings as objects.
PICTURES = {
    "serving_default": {"images": "uint8"},
    "latents": {"images": "float32"},
    "png": {"image_bytes": "object"},
    "truncated": {"images": "uint8"},
    "truncated_png": {"image_bytes": "object"},
}
COUNTS = ("num_words", "num_unknown", "num_cut")
OF_CAPTIONS = {"check_captions": dict.fromkeys(COUNTS, "int64")}
OF_FEATURES = {"features": {"images": "uint8"}}
# What makes a caption, in the two forms that a model may take it.
CAPTION, FEATURES = ("captions",), ("words", "lengths", "sentences")
# Words that no language has.
NONSENSE = ("qxzvkw", "wkvzxq")
WORDLESS = ("", " \n", "?! -")
NO_UTF_8 = (b"\xff", b"a \xc3", b"\xed\xa0\x80")


def example_inputs(
    names: Sequence[str], batch_size: int, known: Mapping[str, Any]
) -> Arrays:
    """Returns valid inputs of the given names, `batch_size` rows each.

    Args:
        names: input names of a signature.
        batch_size: number of rows.
        known: the contents of `model.json`.

    Raises:
        KeyError: for a name that no signature of such a model has.
    """
    rows = np.arange(batch_size, dtype=np.int64)
    generator = np.random.Generator(np.random.Philox(7))
    size, dim = known["max_words"], known["word_dim"]
    captions = known.get("example_captions") or [""]
    latents = generator.standard_normal((batch_size, known["latent_dim"]), np.float32)
    words = generator.standard_normal((batch_size, size, dim), np.float32)
    makers = {
        "captions": _texts([captions[row % len(captions)] for row in rows]),
        "seeds": rows * 1009 - 3,
        "truncation": np.linspace(1.0, 0.5, batch_size, dtype=np.float32),
        "latents": latents,
        "words": words,
        "lengths": (1 + rows % size).astype(np.int32),
        "sentences": words.mean(axis=1),
    }
    return {name: makers[name] for name in names}


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
        reference: captions or their features, seeds, latents and the Keras models'
            images.
        tolerance: largest difference between float images.
    """
    reads = known["reads_captions"]
    promised = PICTURES | (OF_CAPTIONS if reads else OF_FEATURES)
    differing = ", ".join(sorted(set(promised) ^ set(names)))
    yield "has every promised signature and no other", not differing, differing
    present = {name: names[name] for name in sorted(set(promised) & set(names))}
    for signature in present:
        for batch_size in BATCH_SIZES:
            inputs = example_inputs(names[signature], batch_size, known)
            outputs = run(signature, inputs)
            wanted = promised[signature]
            problems = list(output_problems(wanted, outputs, batch_size, known))
            yield line(f"{signature}: batch {batch_size}", problems, shown(outputs))
        if "seeds" in names[signature]:
            inputs = example_inputs(names[signature], LARGEST, known)
            yield from _dependence_checks(signature, run, inputs, known)
    inputs = example_inputs(names["serving_default"], LARGEST, known)
    yield from agreement_checks(present, run, inputs)
    if reads:
        yield from _reading_checks(run, known)
        yield from _counting_checks(run, known)
    else:
        yield _padding_check(run, example_inputs(names["serving_default"], 3, known))
    yield from _refusal_checks(present, run, known)
    yield from reference_checks(present, run, reference, tolerance)


def _dependence_checks(
    signature: str, run: Run, inputs: Arrays, known: Mapping[str, Any]
) -> Iterator[Line]:
    """Yields what a picture depends on, and that it depends on nothing else."""
    yield from row_checks(signature, run, inputs)
    yield differing_pictures(signature, run, inputs, "seeds")
    if not known["reads_captions"]:
        yield differing_pictures(signature, run, inputs, *FEATURES)
    elif len(known["example_captions"]) > 1:
        yield differing_pictures(signature, run, inputs, *CAPTION)


def _reading_checks(run: Run, known: Mapping[str, Any]) -> Iterator[Line]:
    """Yields what of a caption makes no difference to its picture."""
    caption = known["example_captions"][0]
    words = caption.split()
    full = (words * known["max_words"])[: known["max_words"]]
    longest = max(words, key=len)
    pairs = {
        "spaces and punctuation": (caption, f"\t{' , '.join(words)} ?!\n"),
        "an apostrophe": (caption, caption.replace(longest, "'".join(longest))),
        "which unknown word it is": tuple(
            " ".join([*words[:-1], unknown]) for unknown in NONSENSE
        ),
        "a word behind the last place": (" ".join(full), " ".join([*full, words[0]])),
    }
    # Some letters come back from upper case as others.
    if caption.upper().lower() == caption:
        pairs["upper case"] = (caption, caption.upper())
    for name, texts in pairs.items():
        inputs = {"captions": _texts(texts), "seeds": np.zeros([2], np.int64)}
        first, second = run("serving_default", inputs)["images"]
        worst = pixel_difference(first, second)
        yield within(f"serving_default: {name} changes nothing", worst)


def _padding_check(run: Run, inputs: Arrays) -> Line:
    """Returns whether what stands behind the words of a caption means nothing."""
    places = np.arange(inputs["words"].shape[1])
    behind = places >= inputs["lengths"][:, None]
    other = np.where(behind[:, :, None], np.float32(1), inputs["words"])
    expected = run("serving_default", inputs)["images"]
    images = run("serving_default", inputs | {"words": other})["images"]
    worst = pixel_difference(images, expected)
    return within("serving_default: words behind lengths change nothing", worst)


def _counting_checks(run: Run, known: Mapping[str, Any]) -> Iterator[Line]:
    caption, places = known["example_captions"][0], known["max_words"]
    words = caption.split()
    long = (words * (places + 3))[: places + 3]
    cases = {
        caption: (len(words), 0, 0),
        " ".join([*words[1:], *NONSENSE]): (
            len(words) + 1,
            2,
            max(len(words) + 1 - places, 0),
        ),
        " ".join(long): (places + 3, 0, 3),
    } | dict.fromkeys(WORDLESS, (0, 0, 0))
    counts = run("check_captions", {"captions": _texts(list(cases))})
    found = list(zip(*(counts[name].tolist() for name in COUNTS), strict=True))
    problems = [
        f"{text!r} has {dict(zip(COUNTS, got, strict=True))}, not {wanted}"
        for (text, wanted), got in zip(cases.items(), found, strict=True)
        if got != wanted
    ]
    yield line("check_captions: counts as promised", problems, f"{len(cases)} captions")


def _refusal_checks(
    names: Mapping[str, Sequence[str]], run: Run, known: Mapping[str, Any]
) -> Iterator[Line]:
    for signature in sorted(names):
        wanted = names[signature]
        inputs = example_inputs(wanted, 3, known)
        for name, what, values in _wrong_values(inputs, known):
            if signature == "check_captions" and what == "captions without words":
                continue
            wrong = (
                inputs | {name: _with_second(inputs[name], value)} for value in values
            )
            refused = all(is_refused(run, signature, each) for each in wrong)
            yield f"{signature}: refuses {what}", refused, ""
        for name in wanted if len(wanted) > 1 else ():
            shorter = inputs | {name: inputs[name][:1]}
            refused = is_refused(run, signature, shorter)
            yield f"{signature}: refuses fewer {name}", refused, ""


def _wrong_values(
    inputs: Arrays, known: Mapping[str, Any]
) -> Iterator[tuple[str, str, Sequence[Any]]]:
    """Yields input, what is wrong and values for one row, for the inputs there are."""
    wordless = [text.encode() for text in WORDLESS]
    wrong: tuple[tuple[str, str, Sequence[Any]], ...] = (
        ("captions", "captions without words", wordless),
        ("captions", "bytes that are no UTF-8", NO_UTF_8),
        ("truncation", "wrong truncation", (0.0, 1.5, np.nan)),
        ("lengths", "wrong lengths", (0, known["max_words"] + 1)),
        ("words", "words that are no numbers", (np.nan,)),
        ("sentences", "sentences that are no numbers", (np.inf,)),
    )
    return (case for case in wrong if case[0] in inputs)


def _with_second(values: np.ndarray, value: Any) -> np.ndarray:
    """Returns a copy with `value` everywhere in the second row."""
    changed = values.copy()
    changed[1] = value
    return changed


def _texts(texts: Sequence[str]) -> np.ndarray:
    array = np.empty([len(texts)], object)
    array[:] = [text.encode() for text in texts]
    return array
