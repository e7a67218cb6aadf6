"""The model card: what a SavedModel takes, gives, was trained on and scored.

Two files in a version's `assets.extra/`: `model_card.md` for people and `model.json`
for programs. Servers ignore that folder.
"""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from tfgan_contra.types import DataSpec

CARD_FILE = "assets.extra/model_card.md"
FACTS_FILE = "assets.extra/model.json"


@dataclasses.dataclass(frozen=True)
class ModelCard:
    """What the exporter knows about a model beyond its weights.

    Attributes:
        name: the model's name; servers use the name of the folder.
        config: the training configuration as JSON-ready dictionaries.
        metrics: score name -> value.
        protocol: how the scores were measured.
        step: training step of the weights.
        statistics: BatchNorm statistics in use: `moving` or `standing`.
    """

    name: str = "generator"
    config: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    metrics: Mapping[str, float] = dataclasses.field(default_factory=dict)
    protocol: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    step: int | None = None
    statistics: str = "moving"


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


def facts(
    card: ModelCard, spec: DataSpec, kind: str, latent_dim: int
) -> dict[str, Any]:
    """Returns what programs need to know, JSON ready; goes into `model.json`."""
    return {
        "name": card.name,
        "kind": kind,
        "image_size": spec.image_size,
        "channels": spec.channels,
        "num_classes": spec.num_classes if kind == "class_conditional" else 0,
        "class_names": list(spec.class_names) if kind == "class_conditional" else [],
        "latent_dim": latent_dim,
        "step": card.step,
        "statistics": card.statistics,
    }


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
        allowed = ranges[(row.name, row.dtype)]
        lines.append(
            f"| `{row.signature}` | {row.direction} | `{row.name}` | {row.dtype} "
            f"| {row.shape} | {allowed} |"
        )
    lines += ["", "The picture depends on its own row alone: the same seed (and label)"]
    lines += ["gives the same picture in any batch and at any place in it.", ""]
    lines += ["## Scores", "", *_scores(card), ""]
    lines += ["## Training configuration", "", *_json_block(card.config)]
    return "\n".join(lines) + "\n"


def _row(signature: str, direction: str, name: str, spec: Any) -> TensorRow:
    sizes = ["N" if size is None else str(size) for size in spec.shape]
    return TensorRow(
        signature, direction, name, spec.dtype.name, f"[{', '.join(sizes)}]"
    )


def _ranges(known: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    names = ", ".join(_cell(name) for name in known["class_names"])
    return {
        ("labels", "int64"): f"0 to {known['num_classes'] - 1}",
        ("seeds", "int64"): "any integer",
        ("truncation", "float32"): "above 0 to 1; 1 is off, t keeps the central "
        "fraction t of the normal distribution of each latent",
        ("latents", "float32"): "standard normal",
        ("class_names", "string"): f"one of {names}",
        ("images", "uint8"): "0 to 255",
        ("images", "float32"): "-1 to 1",
        ("image_bytes", "string"): "a PNG file",
    }


def _summary(card: ModelCard, known: Mapping[str, Any], checksum: int) -> list[str]:
    size, channels = known["image_size"], known["channels"]
    lines = [
        f"- kind: {known['kind'].replace('_', '-')} generator",
        f"- pictures: {size} x {size}, channels: {channels}",
        f"- latents: {known['latent_dim']}",
        f"- weights: training step {'unknown' if card.step is None else card.step}, "
        f"{card.statistics} BatchNorm statistics",
        f"- fingerprint (SavedModel checksum): {checksum}",
    ]
    if known["num_classes"]:
        names = known["class_names"] or range(known["num_classes"])
        listed = ", ".join(f"{i} {_cell(name)}" for i, name in enumerate(names))
        lines.insert(3, f"- classes: {listed}")
    return lines


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
