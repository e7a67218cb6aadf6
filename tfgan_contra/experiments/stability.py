"""How steady runs were: accuracies of D, spectral norms, collapses."""

import math
from pathlib import Path
from typing import Any, Optional

from tfgan_contra.comparison.analysis import (
    Record,
    collapse_step,
    headline_scores,
    overfitting_gap,
)
from tfgan_contra.comparison.curves import Curves, Series, read_curves
from tfgan_contra.errors import DataError
from tfgan_contra.experiments.base import Experiment, Findings, Parts
from tfgan_contra.experiments.configs import StabilityConfig
from tfgan_contra.experiments.stability_picture import draw_stability
from tfgan_contra.losses.adversarial import ADVERSARIAL_LOSSES
from tfgan_contra.training.runs import RunFolder


class Stability(Experiment):
    """D's accuracy, spectral norms and scores over training, several runs beside.

    - `last_gap`, `largest_gap`: D's accuracy on training minus that on held-out
      images: a discriminator that overfits has a large one.
    - `largest_norm`: the largest spectral norm of any normalised layer of G and D at
      any step; where weights grow fast, a collapse is near.
    - `collapse_step`: the first evaluation whose score is `collapse_factor` times the
      best before it, or no number; None where there is none.

    All of it was logged in training; nothing is computed anew. A loss without a middle
    (Wasserstein, dual contrastive) gives no accuracy: there, a logit alone says
    nothing of real or fake.

    Source: Kang and Park, "ContraGAN: Contrastive Learning for Conditional Image
    Generation", NeurIPS 2020 (arXiv 2006.12681), whose analysis of D's accuracies and
    spectral norms this is. They read collapses off their curves by eye.
    """

    config: StabilityConfig

    def check(self, workdirs: dict[str, Path]) -> None:
        """Checks that every run logged something.

        Raises:
            CheckpointError: if a folder holds no run.
            DataError: if a run has no rows for TensorBoard.
        """
        for name, path in workdirs.items():
            folder = RunFolder(path)
            folder.config()
            if not any(folder.tensorboard.glob("events.out.tfevents.*")):
                raise DataError(
                    f"{name} has no rows for TensorBoard in {folder.tensorboard}, "
                    "which bin/train.py writes every config.train.log_every steps; "
                    "leave it out of --workdirs, or train it"
                )

    def measure(self, workdirs: dict[str, Path], parts: Parts) -> Findings:
        """Reads the runs' files."""
        curves = {
            name: read_curves(RunFolder(path).tensorboard)
            for name, path in workdirs.items()
        }
        records = [
            run_record(name, RunFolder(path), curves[name], self.config.collapse_factor)
            for name, path in workdirs.items()
        ]
        results = {
            record["method"]: run_numbers(record, curves[record["method"]])
            for record in records
        }
        protocol = {
            "accuracies": "of the images that training judged every log_every steps",
            "gap": "accuracy on training minus accuracy on held-out images",
            "spectral_norms": "of the layers of G and D that are spectrally normalised",
            "collapse_factors": {r["method"]: r["collapse_factor"] for r in records},
        }
        figure = draw_stability(records, list(curves.values()), results)
        return Findings(results, protocol, figure)


def run_record(
    name: str, folder: RunFolder, curves: Curves, collapse_factor: Optional[float]
) -> Record:
    """Returns what the panels of a comparison take of a run, and notes.

    Args:
        name: of the run.
        folder: of the run.
        curves: what it logged.
        collapse_factor: None: the run's own.

    Returns:
        `method`, `own_evaluations`, `collapse_step` and `num_steps` as in a
        comparison; `collapse_factor`; `notes`, which say why something is missing.

    Raises:
        DataError: if the run has logged no row yet.
    """
    config = folder.config()
    loss = config.method.adversarial  # type: ignore[attr-defined]
    notes = []
    if ADVERSARIAL_LOSSES[loss].middle is None:
        words = loss.replace("_", " ")
        notes.append(f"no accuracy: a logit of the {words} loss alone says nothing")
    elif not curves.accuracies["train"]:
        raise DataError(
            f"{name} has logged no accuracy of D in {folder.tensorboard} yet; let it "
            "train beyond config.train.log_every steps"
        )
    if not curves.largest_norm:
        notes.append("no spectral norms: no layer is spectrally normalised")
    rows = folder.evaluations()
    if not rows:
        notes.append("no scores: it was not evaluated")
    logged = [*curves.largest_norm, *curves.accuracies["train"]]
    factor = collapse_factor or config.train.collapse_factor
    return {
        "method": name,
        "own_evaluations": headline_scores(rows),
        "collapse_factor": factor,
        "collapse_step": collapse_step(rows, factor),
        "num_steps": max([1, *logged, *(row["step"] for row in rows)]),
        "notes": notes,
    }


def gaps(curves: Curves) -> Series:
    """Returns D's accuracy on training minus that on held-out images, by step."""
    train, held_out = curves.accuracies["train"], curves.accuracies["held_out"]
    return {step: train[step] - held_out[step] for step in train if step in held_out}


def run_numbers(record: Record, curves: Curves) -> dict[str, Any]:
    """Returns a run's numbers, None where there is nothing to take one from.

    Args:
        record: from `run_record`.
        curves: what the run logged.
    """
    by_step, norms = gaps(curves), curves.largest_norm
    scores = {row["step"]: row["score"] for row in record["own_evaluations"]}
    finite = {step: score for step, score in scores.items() if math.isfinite(score)}
    widest, highest = _top(by_step), _top(norms)
    best = min(finite, key=lambda step: finite[step], default=None)
    last = scores[max(scores)] if scores else None
    headlines = [row["headline"] for row in record["own_evaluations"]]
    return {
        "last_gap": overfitting_gap(curves.accuracies),
        "largest_gap": by_step.get(widest),
        "largest_gap_step": widest,
        "largest_norm": norms.get(highest),
        "largest_norm_step": highest,
        "collapse_step": record["collapse_step"],
        "score": headlines[-1] if headlines else None,
        "best_score": finite.get(best),
        "best_score_step": best,
        # JSON has no word for what is no number.
        "last_score": last if last is not None and math.isfinite(last) else None,
        "notes": record["notes"],
        "curves": {
            "d_accuracy": {k: _pairs(v) for k, v in curves.accuracies.items()},
            "largest_norm": _pairs(norms),
            "median_norm": _pairs(curves.median_norm),
        },
    }


def _top(series: Series) -> Any:
    """Returns the first step of the highest value; None of an empty series."""
    return max(series, key=lambda step: series[step], default=None)


def _pairs(series: Series) -> list[tuple[int, float]]:
    return list(series.items())
