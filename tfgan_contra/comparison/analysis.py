"""The arithmetic of a comparison, on plain numbers; starts no TensorFlow."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Optional

SPREAD = "half the range over seeds"

Record = dict[str, Any]
Aggregate = dict[str, Any]


def collapse_step(rows: Sequence[Mapping[str, Any]], factor: float) -> Optional[int]:
    """Returns the step of the first evaluation that counts as a collapse.

    A score (lower is better) collapses when it reaches `factor` times the best one
    before it (the rule of the trainer's warning), or is no number after one that was.
    The ContraGAN paper reads the same off its FID curves by eye (Kang and Park,
    NeurIPS 2020, arXiv 2006.12681; the authors' code detects nothing).

    Args:
        rows: the rows of `evaluations.jsonl`, oldest first.
        factor: above 1.
    """
    best: Optional[float] = None
    for row in rows:
        score = row["metrics"][row["headline"]]
        if not math.isfinite(score):
            if best is not None:
                return row["step"]
        elif best is None or score < best:
            best = score
        elif score > best and score >= factor * best:
            return row["step"]
    return None


def headline_scores(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Returns `step`, `headline` and `score` of the rows of `evaluations.jsonl`."""
    return [
        {
            "step": row["step"],
            "headline": row["headline"],
            "score": row["metrics"][row["headline"]],
        }
        for row in rows
    ]


def overfitting_gap(accuracies: Mapping[str, Mapping[int, float]]) -> Optional[float]:
    """Returns D's accuracy on training minus that on held-out images at the last step.

    A discriminator that knows its training images by heart has a large one.

    Args:
        accuracies: by step, for `train` and `held_out`.
    """
    train, held_out = accuracies.get("train"), accuracies.get("held_out")
    if not train or not held_out:
        return None
    return train[max(train)] - held_out[max(held_out)]


def aggregate(values: Sequence[Optional[float]]) -> Optional[Aggregate]:
    """Returns mean, spread and the values themselves, None where there is no value.

    The spread is half the difference of the largest and the smallest value, None for
    a single one. It takes no distribution for granted, which two or three seeds could
    not support.

    Args:
        values: one per seed; None where a seed has none, which `missing` counts.
    """
    known = [float(value) for value in values if value is not None]
    if not known:
        return None
    spread = (max(known) - min(known)) / 2 if len(known) > 1 else None
    return {
        "mean": sum(known) / len(known),
        "spread": spread,
        "min": min(known),
        "max": max(known),
        "values": known,
        "missing": len(values) - len(known),
    }


def clear_winner(
    aggregates: Sequence[Optional[Aggregate]], lower_is_better: bool
) -> Optional[int]:
    """Returns the index whose worst seed beats the best seed of all others.

    None if there is no such row; if fewer than two rows have values; or if a row rests
    on one seed, whose spread nobody knows, lacks a seed, which may be the worst, or has
    one whose value is no number.

    Args:
        aggregates: from `aggregate`, one per row.
        lower_is_better: how values compare.
    """
    rows = [(i, a) for i, a in enumerate(aggregates) if a is not None]
    if len(rows) < 2 or not all(_comparable(a) for _, a in rows):
        return None
    sign = 1 if lower_is_better else -1
    ranges = [(sorted((sign * a["min"], sign * a["max"])), i) for i, a in rows]
    (best, winner), (second, _) = sorted(ranges)[:2]
    return winner if best[1] < second[0] else None


def _comparable(row: Aggregate) -> bool:
    known = math.isfinite(row["mean"]) and row["spread"] is not None
    return known and not row["missing"]


def summarise(records: Sequence[Record], checkpoint: str) -> list[dict[str, Any]]:
    """Returns one summary per method over its seeds, in the records' order.

    Args:
        records: one per run, see `report.collect`.
        checkpoint: which evaluation `metrics` is of: `last` or `best`.
    """
    names = list(dict.fromkeys(record["method"] for record in records))
    return [
        _summary(name, [r for r in records if r["method"] == name], checkpoint)
        for name in names
    ]


def _summary(name: str, runs: Sequence[Record], checkpoint: str) -> dict[str, Any]:
    measured = [run for run in runs if checkpoint in run["evaluations"]]
    metrics = [run["evaluations"][checkpoint]["metrics"] for run in measured]
    unmeasured = [None] * (len(runs) - len(measured))
    metric_names = list(dict.fromkeys(key for values in metrics for key in values))

    # What a run that stopped early did last is no row's business.
    finished = [run for run in runs if run["finished"]]

    def over_finished(key: str) -> Optional[Aggregate]:
        """Aggregates a number of the runs that reached their last step."""
        return aggregate([run[key] for run in finished])

    return {
        "method": name,
        "config": runs[0]["config"],
        "steps": runs[0]["num_steps"],
        "seeds": [run["seed"] for run in runs],
        "measured_seeds": [run["seed"] for run in measured],
        "metrics": {
            key: aggregate([values.get(key) for values in metrics] + unmeasured)
            for key in metric_names
        },
        "score_last": aggregate([score(run, "last") for run in runs]),
        "score_best": aggregate([score(run, "best") for run in runs]),
        "best_steps": [run["best_step"] for run in runs],
        "collapse_steps": [run["collapse_step"] for run in runs],
        "overfitting_gap": over_finished("overfitting_gap"),
        "d_accuracy": {
            split: aggregate([run["d_accuracy"].get(split) for run in finished])
            for split in ("train", "held_out", "fake")
        },
        "largest_spectral_norm": over_finished("largest_spectral_norm"),
        "seconds_per_step": over_finished("seconds_per_step"),
        "parameters": next((r["parameters"] for r in runs if r["parameters"]), {}),
    }


def score(record: Record, checkpoint: str) -> Optional[float]:
    """Returns a run's headline score at a checkpoint, None if it was not measured."""
    evaluation = record["evaluations"].get(checkpoint)
    return evaluation and evaluation["metrics"][evaluation["headline"]]
