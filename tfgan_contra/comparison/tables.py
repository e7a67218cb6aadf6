"""A comparison as Markdown, narrow enough for a README; starts no TensorFlow."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Optional

from tfgan_contra.comparison.analysis import SPREAD, Aggregate, clear_winner

Summary = dict[str, Any]
MISSING = "-"


class Column(NamedTuple):
    """A column of numbers.

    Attributes:
        title: its heading.
        values: one per method, None where there is none.
        decimals: how many are shown.
        lower_is_better: which value is best; None: none of them is.
    """

    title: str
    values: Sequence[Optional[Aggregate]]
    decimals: int
    lower_is_better: Optional[bool] = None


def markdown(comparison: dict[str, Any]) -> str:
    """Returns the text of `comparison.md`.

    Args:
        comparison: what `report.comparison` returns.
    """
    methods = comparison["methods"]
    parts = [
        "# Comparison",
        _introduction(comparison),
        "## Likeness\n\n" + score_table(methods),
        "## Variety and classes\n\n" + class_table(methods),
    ]
    if any(_metric(methods, "r_precision")):
        parts.append("## Captions\n\n" + caption_table(methods))
    training = training_table(methods)
    parts.append(f"## Training\n\n{training}\n\n{_cost(comparison)}")
    if comparison["notes"]:
        notes = "\n".join(f"- {note}" for note in comparison["notes"])
        parts.append(f"## Notes\n\n{notes}")
    parts.append("## Command\n\n```\n" + comparison["command"] + "\n```")
    return "\n\n".join(parts) + "\n"


def score_table(methods: Sequence[Summary]) -> str:
    """Returns the distances: of the last and the best step, within classes, and IS."""
    title = _headline_title(methods)
    last, best = _each(methods, "score_last"), _each(methods, "score_best")
    # Distances of unit vectors are small.
    large = any(value["mean"] >= 1 for value in (*last, *best) if value)
    decimals = 2 if large else 4
    return _table(
        methods,
        [
            Column(f"{title}, last step", last, decimals, True),
            Column(f"{title}, best step", best, decimals, True),
            Column("intra-class", _metric(methods, "intra_"), 2, True),
            Column("Inception score", _metric(methods, "inception_score"), 2, False),
        ],
        {"best step": [_steps(method["best_steps"]) for method in methods]},
    )


def class_table(methods: Sequence[Summary]) -> str:
    """Returns precision to coverage, and whether classes are the ones asked for."""
    names = ("precision", "recall", "density", "coverage")
    columns = [Column(name, _metric(methods, name), 3, False) for name in names]
    for name in ("conditional_accuracy", "permuted_accuracy"):
        title = name.replace("_", " ")
        columns.append(Column(title, _metric(methods, name), 3, False))
    return _table(methods, columns)


def caption_table(methods: Sequence[Summary]) -> str:
    """Returns how pictures fit captions, also of combinations that no training had."""
    titles = {
        "r_precision": "R-precision",
        "attribute_shape": "shape",
        "attribute_color": "colour",
        "attribute_size": "size",
        "attribute_position": "position",
        "attribute_all": "all named",
    }
    columns = [
        Column(f"{title}{words}", _named(methods, f"{name}{suffix}"), 3, False)
        for suffix, words in (("", ""), ("_held_out", ", held-out"))
        for name, title in titles.items()
    ]
    return _table(methods, columns)


def training_table(methods: Sequence[Summary]) -> str:
    """Returns overfitting, collapse, stability and cost."""
    accuracy = {
        split: [method["d_accuracy"][split] for method in methods]
        for split in ("train", "held_out", "fake")
    }
    columns = [
        Column("D right on train", accuracy["train"], 2),
        Column("held-out", accuracy["held_out"], 2),
        Column("fake", accuracy["fake"], 2),
        Column("gap", _each(methods, "overfitting_gap"), 2),
        Column("largest norm", _each(methods, "largest_spectral_norm"), 2),
        Column("s/step", _each(methods, "seconds_per_step"), 3),
    ]
    words = {
        "steps": [f"{method['steps']:,}" for method in methods],
        "collapse at": [_steps(method["collapse_steps"]) for method in methods],
        "weights G / D": [_parameters(method["parameters"]) for method in methods],
    }
    return _table(methods, columns, words)


def _introduction(comparison: dict[str, Any]) -> str:
    methods, protocol = comparison["methods"], comparison["protocol"]
    seeds = ", ".join(str(seed) for seed in methods[0]["seeds"])
    used = (
        f"{protocol['num_images']:,} generated images against split "
        f"{protocol['reference_split']}, extractor {protocol['extractor']}, "
        f"{protocol['statistics']} statistics"
    )
    return (
        f"Seeds {seeds}. All runs measured alike: {used}. Unless a column says "
        f"otherwise, at the {comparison['checkpoint']} step; the best was chosen by "
        f"the Frechet distance while training. Mean +- {SPREAD}; no spread for one "
        "seed. **Bold**: every seed is better than every seed of all other rows, and "
        "none is missing. Lower is better for distances, higher for the rest. The best "
        "step is chosen on the images it is measured on, so its score is optimistic."
    )


def _cost(comparison: dict[str, Any]) -> str:
    """Says how long it took on what, and how the tables' last columns are meant."""
    minutes = comparison["seconds"] / 60
    cores = comparison["machine"].get("cores", "?")
    return (
        f"{len(comparison['runs'])} runs, {minutes:.0f} minutes of training with its "
        f"evaluations, {cores} cores. D's accuracies are of the last logged step; gap: "
        "training minus held-out, D's overfitting; largest norm: of all spectrally "
        "normalised layers of G and D, before normalisation; s/step: median, with what "
        "is logged."
    )


def _headline_title(methods: Sequence[Summary]) -> str:
    names = [name for method in methods for name in method["metrics"]]
    return "FID" if "fid" in names else "Frechet distance"


def _each(methods: Sequence[Summary], key: str) -> list[Optional[Aggregate]]:
    return [method[key] for method in methods]


def _metric(methods: Sequence[Summary], start: str) -> list[Optional[Aggregate]]:
    """Returns a metric whose name may end with the extractor's."""
    found = []
    for method in methods:
        names = [name for name in method["metrics"] if name.startswith(start)]
        found.append(method["metrics"][names[0]] if names else None)
    return found


def _named(methods: Sequence[Summary], name: str) -> list[Optional[Aggregate]]:
    return [method["metrics"].get(name) for method in methods]


def _table(
    methods: Sequence[Summary],
    columns: Sequence[Column],
    words: Optional[dict[str, list[str]]] = None,
) -> str:
    cells = {"method": [method["method"] for method in methods]}
    cells["seeds"] = [_seeds(method) for method in methods]
    cells |= words or {}
    cells |= {column.title: _cells(column) for column in columns}
    # A column without any value says nothing: accuracies of classes without labels.
    shown = {k: v for k, v in cells.items() if set(v) != {MISSING} or k == "seeds"}
    lines = [_line(list(shown)), _line(["---"] * len(shown))]
    lines += [_line(row) for row in zip(*shown.values(), strict=True)]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(column: Column) -> list[str]:
    best = None
    if column.lower_is_better is not None:
        best = clear_winner(column.values, column.lower_is_better)
    texts = [_number(value, column.decimals) for value in column.values]
    return [f"**{t}**" if i == best else t for i, t in enumerate(texts)]


def _number(value: Optional[Aggregate], decimals: int) -> str:
    if value is None:
        return MISSING
    text = f"{round(value['mean'], decimals) + 0.0:.{decimals}f}"  # No "-0.00".
    if value["spread"] is None:
        return text
    return f"{text} +- {value['spread']:.{decimals}f}"


def _seeds(method: Summary) -> str:
    done, asked = len(method["measured_seeds"]), len(method["seeds"])
    return str(asked) if done == asked else f"{done} of {asked}"


def _steps(steps: Sequence[Optional[int]]) -> str:
    """Returns one word per seed, and one dash where no seed has any."""
    if not any(steps):
        return MISSING
    return ", ".join(f"{step:,}" if step else MISSING for step in steps)


def _parameters(parameters: dict[str, int]) -> str:
    if not parameters:
        return MISSING
    return f"{parameters['generator']:,} / {parameters['discriminator']:,}"
