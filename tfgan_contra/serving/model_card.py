"""The model card: what a SavedModel takes, gives, was trained on and scored.

Two files in a version's `assets.extra/`: `model_card.md` for people and `model.json`
for programs. Servers ignore that folder.
"""

import dataclasses
import json
import os
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from tfgan_contra.config import to_dict
from tfgan_contra.types import CaptionSpec

CARD_FILE = "assets.extra/model_card.md"
FACTS_FILE = "assets.extra/model.json"
# What to call the axes whose sizes a signature leaves open.
AXES = "NHW"
TRANSLATION = "translation"
TEXT_TO_IMAGE = "text_to_image"


@dataclasses.dataclass(frozen=True)
class ModelCard:
    """What the exporter knows about a model beyond its weights.

    Attributes:
        name: the model's name; servers use the name of the folder.
        config: the training configuration as JSON-ready dictionaries.
        metrics: score name -> value.
        protocol: how the scores were measured.
        step: training step of the weights.
        statistics: BatchNorm statistics in use: `moving` or `standing`; a translator
            has no BatchNorm.
        captions: some of the data, for the example requests.
    """

    name: str = "generator"
    config: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    metrics: Mapping[str, float] = dataclasses.field(default_factory=dict)
    protocol: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    step: int | None = None
    statistics: str = "moving"
    captions: Sequence[str] = ()


def card_of_run(run: Any, base_dir: str, statistics: str) -> ModelCard:
    """Returns what a training run knows about its model.

    Args:
        run: with `config`, `spec`, `metrics` and `step`.
        base_dir: the model's folder, which gives it its name.
        statistics: BatchNorm statistics in use.
    """
    captions = []
    if isinstance(run.spec, CaptionSpec):
        captions = run.folder.captions()["examples"]
    return ModelCard(
        name=os.path.basename(os.path.abspath(base_dir)),
        config=to_dict(run.config),
        metrics=run.metrics.get("metrics", {}),
        protocol=run.metrics.get("protocol", {}),
        step=run.step,
        statistics=statistics,
        captions=captions,
    )


@dataclasses.dataclass(frozen=True)
class TensorRow:
    """One input or output of a signature, as the card lists it."""

    signature: str
    direction: str
    name: str
    dtype: str
    shape: str


def signature_rows(functions: Mapping[str, Any]) -> list[TensorRow]:
    """Returns a row for each input and output of concrete functions by signature."""
    rows = []
    for signature, function in functions.items():
        inputs = function.structured_input_signature[0]
        for spec in inputs:
            rows.append(_row(signature, "in", spec.name, spec))
        for name, spec in function.structured_outputs.items():
            rows.append(_row(signature, "out", name, spec))
    return rows


def facts(card: ModelCard, of_model: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what programs need to know, JSON ready; goes into `model.json`.

    Args:
        card: what the exporter knows.
        of_model: what the `ServingModule` knows.
    """
    known = {"name": card.name, **of_model, "step": card.step}
    if of_model["kind"] != TRANSLATION:
        known["statistics"] = card.statistics
    return known


def render(
    card: ModelCard, known: Mapping[str, Any], rows: list[TensorRow], checksum: int
) -> str:
    """Returns the card as Markdown.

    Args:
        card: what the exporter knows.
        known: the output of `facts`.
        rows: the output of `signature_rows`.
        checksum: the SavedModel's fingerprint.
    """
    ranges = _ranges(known)
    lines = [
        f"# {card.name}",
        "",
        *_summary(card, known, checksum),
        "",
        "## Signatures",
    ]
    lines += [
        "",
        "| signature | | name | type | shape | range |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        allowed = ranges[(row.direction, row.name, row.dtype)]
        lines.append(
            f"| `{row.signature}` | {row.direction} | `{row.name}` | {row.dtype} "
            f"| {row.shape} | {allowed} |"
        )
    lines += ["", *_promise(known), ""]
    if known.get("reads_captions"):
        lines += ["## Example", "", *_example(card, known), ""]
    lines += ["## Scores", "", *_scores(card), ""]
    lines += ["## Training configuration", "", *_json_block(card.config)]
    return "\n".join(lines) + "\n"


def _row(signature: str, direction: str, name: str, spec: Any) -> TensorRow:
    sizes = [
        AXES[i] if size is None else str(size) for i, size in enumerate(spec.shape)
    ]
    return TensorRow(
        signature, direction, name, spec.dtype.name, f"[{', '.join(sizes)}]"
    )


def _ranges(known: Mapping[str, Any]) -> dict[tuple[str, str, str], str]:
    """Returns what values are allowed, by direction, name and type."""
    names = ", ".join(_cell(name) for name in known.get("class_names", ()))
    labels = f"0 to {known.get('num_classes', 0) - 1}"
    ranges = {
        ("in", "labels", "int64"): labels,
        ("out", "labels", "int64"): labels,
        ("in", "seeds", "int64"): "any integer",
        ("in", "truncation", "float32"): "above 0 to 1; 1 is off, t keeps the central "
        "fraction t of the normal distribution of each latent",
        ("in", "latents", "float32"): "standard normal",
        ("in", "class_names", "string"): f"one of {names}",
        ("in", "image_bytes", "string"): "a PNG or JPEG file",
        ("out", "image_bytes", "string"): "a PNG file",
    }
    for direction in ("in", "out"):
        ranges[(direction, "images", "uint8")] = "0 to 255"
        ranges[(direction, "images", "float32")] = "-1 to 1"
    return ranges | _caption_ranges(known.get("max_words"))


def _caption_ranges(places: int | None) -> dict[tuple[str, str, str], str]:
    """Returns what captions, their features and the counts of words may be."""
    return {
        ("in", "captions", "string"): "UTF-8 text with a word or more, of which the "
        f"first {places} are read",
        ("in", "words", "float32"): "the text encoder's vector for each place; those "
        "behind `lengths` mean nothing",
        ("in", "lengths", "int32"): f"1 to {places}, the places in use",
        ("in", "sentences", "float32"): "the text encoder's vector for the caption",
        ("out", "num_words", "int64"): "words of the caption, 0: it is refused",
        ("out", "num_unknown", "int64"): "words that the model does not know",
        ("out", "num_cut", "int64"): f"words behind the first {places}",
    }


def _promise(known: Mapping[str, Any]) -> list[str]:
    if known["kind"] != TRANSLATION:
        of_caption = (
            " and caption" if known["kind"] == TEXT_TO_IMAGE else " (and label)"
        )
        return [
            f"The picture depends on its own row alone: the same seed{of_caption}",
            "gives the same picture in any batch and at any place in it.",
        ]
    side, pixels = known["smallest_side"], known["max_pixels"]
    return [
        "A translation has the height H and width W of its picture, which may be any",
        f"from {side} x {side} to {pixels} pixels in all. It depends on its own row",
        "alone: the same picture gives the same translation in any batch and at any",
        "place in it. The files of one `png` request may differ in size; they are",
        "converted to the channels that the model takes.",
    ]


def _summary(card: ModelCard, known: Mapping[str, Any], checksum: int) -> list[str]:
    step = "unknown" if card.step is None else card.step
    kinds = {TRANSLATION: _about_translator, TEXT_TO_IMAGE: _about_text_to_image}
    about = kinds.get(known["kind"], _about_generator)
    weights = f"- weights: training step {step}"
    if "statistics" in known:
        weights += f", {known['statistics']} BatchNorm statistics"
    return [
        *about(known),
        weights,
        f"- fingerprint (SavedModel checksum): {checksum}",
    ]


def _about_generator(known: Mapping[str, Any]) -> list[str]:
    size = known["image_size"]
    lines = [
        f"- kind: {known['kind'].replace('_', '-')} generator",
        f"- pictures: {size} x {size}, channels: {known['channels']}",
        f"- latents: {known['latent_dim']}",
    ]
    if known["num_classes"]:
        names = known["class_names"] or range(known["num_classes"])
        listed = ", ".join(f"{i} {_cell(name)}" for i, name in enumerate(names))
        lines.append(f"- classes: {listed}")
    return lines


def _about_translator(known: Mapping[str, Any]) -> list[str]:
    size = known["image_size"]
    before, after = (_cell(name) for name in known["domain_names"])
    return [
        f"- kind: image translation, from {before} to {after}",
        f"- pictures: any size, channels: {known['channels_in']} to "
        f"{known['channels_out']}",
        f"- trained on crops of {size} x {size}",
    ]


def _about_text_to_image(known: Mapping[str, Any]) -> list[str]:
    size, places = known["image_size"], known["max_words"]
    lines = [
        "- kind: text-to-image generator",
        f"- pictures: {size} x {size}, channels: {known['channels']}",
        f"- latents: {known['latent_dim']}",
    ]
    if not known["reads_captions"]:
        return [
            *lines,
            f"- takes the features of captions, {places} vectors of "
            f"{known['word_dim']} each, as the text encoder of the training "
            "configuration makes them: no server holds that encoder",
        ]
    return [
        *lines,
        f"- captions: the model knows {known['vocabulary_size']} words and reads the "
        f"first {places} of a caption; upper case and punctuation mean nothing; "
        "`check_captions` counts the words that it does not know or read",
    ]


def _example(card: ModelCard, known: Mapping[str, Any]) -> list[str]:
    captions, name = card.captions or known["example_captions"], known["name"]
    rows = [{"captions": text, "seeds": 0} for text in captions[:2]]
    body = json.dumps({"instances": rows}, ensure_ascii=False)
    url = f"http://127.0.0.1:8501/v1/models/{name}:predict"
    return [
        "```",
        f"curl -d {shlex.quote(body)} {url}",
        f"export/request.py --model_name={name} --caption={shlex.quote(captions[0])}",
        "```",
    ]


def _scores(card: ModelCard) -> list[str]:
    if not card.metrics:
        return ["Not measured."]
    lines = ["| score | value |", "|---|---|"]
    lines += [
        f"| {_cell(name)} | {value:.6g} |" for name, value in card.metrics.items()
    ]
    return [*lines, "", "Protocol:", "", *_json_block(card.protocol)]


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def _json_block(values: Mapping[str, Any]) -> list[str]:
    return ["```json", json.dumps(values, indent=2, default=str), "```"]
