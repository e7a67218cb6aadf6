"""From the run folders to `comparison.json`, `.md` and `.png`; no TensorFlow."""

import json
import math
from pathlib import Path
from typing import Any, Optional

import tfgan_contra
from tfgan_contra.comparison import analysis
from tfgan_contra.comparison.curves import Curves, read_curves
from tfgan_contra.comparison.plan import Plan, PlannedRun
from tfgan_contra.comparison.sessions import Session, measurements
from tfgan_contra.comparison.tables import markdown
from tfgan_contra.config import EvaluationConfig, to_dict
from tfgan_contra.training.runs import write_text

# What two evaluations under one protocol must agree in.
MEASURED_ALIKE = ("extractor_name", "digest", "n_real", "n_fake", "reference_split")

# Renaming classes always explains a few more of an untrained generator's images.
WORTH_A_NOTE = 0.1


def write_report(plan: Plan, picture: bool = False) -> dict[str, Any]:
    """Writes what is known so far into the comparison's folder.

    Args:
        plan: the comparison.
        picture: whether to draw `comparison.png` too, which takes seconds.

    Returns:
        What `comparison.json` holds.
    """
    curves = [read_curves(run.folder.tensorboard) for run in plan.runs]
    records = [
        collect(run, own, plan.protocol)
        for run, own in zip(plan.runs, curves, strict=True)
    ]
    whole = comparison(plan, records)
    output = plan.options.output
    output.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_json_ready(whole), indent=2, allow_nan=False)
    write_text(output / "comparison.json", text + "\n")
    write_text(output / "comparison.md", markdown(whole))
    if picture:
        from tfgan_contra.comparison.picture import draw  # Slow: matplotlib.

        samples = [_last_grid(run) for run in plan.runs]
        draw(records, curves, samples, output / "comparison.png")
    return whole


def comparison(plan: Plan, records: list[analysis.Record]) -> dict[str, Any]:
    """Returns everything a comparison found, ready for JSON but for its nans.

    Args:
        plan: the comparison.
        records: one per run, from `collect`.
    """
    summaries = analysis.summarise(records, plan.options.checkpoint)
    return {
        "command": plan.options.command,
        "checkpoint": plan.options.checkpoint,
        "spread": analysis.SPREAD,
        "protocol": to_dict(plan.protocol),
        "version": tfgan_contra.__version__,
        "seconds": round(sum(record["seconds"] for record in records), 1),
        "machine": next((r["machine"] for r in records if r["machine"]), {}),
        "notes": notes(records, plan.protocol),
        "methods": summaries,
        "runs": records,
    }


def collect(
    run: PlannedRun, curves: Curves, protocol: EvaluationConfig
) -> analysis.Record:
    """Returns everything known of a run.

    Args:
        run: the run, in whatever state.
        curves: what it wrote for TensorBoard.
        protocol: whose evaluations are looked for.
    """
    folder, session = run.folder, Session.read(run.workdir)
    results = folder.results() if folder.finished() else {}
    rows = folder.evaluations()
    factor = run.config.train.collapse_factor
    found = {m.checkpoint: m for m in measurements(folder, protocol)}
    stored = {name: m.result() for name, m in found.items()}
    best = found.get("best")
    return {
        "method": run.name,
        "seed": run.seed,
        "config": run.source,
        "command": run.command,
        "workdir": f"runs/{run.workdir.name}",
        "finished": folder.finished(),
        "failure": None if folder.finished() else session.failure,
        "unmeasured": session.unmeasured,
        "num_steps": run.config.train.num_steps,
        "images": run.num_images,
        "best_step": best.step if best else None,
        "evaluations": {name: value for name, value in stored.items() if value},
        "own_evaluations": analysis.headline_scores(rows),
        "own_protocol": to_dict(run.config.evaluation),
        "collapse_factor": factor,
        "collapse_step": analysis.collapse_step(rows, factor),
        "overfitting_gap": analysis.overfitting_gap(curves.accuracies),
        "d_accuracy": {n: _last(series) for n, series in curves.accuracies.items()},
        "largest_spectral_norm": _last(curves.largest_norm),
        "median_spectral_norm": _last(curves.median_norm),
        "seconds_per_step": curves.seconds_per_step,
        "seconds": round(session.seconds, 1),
        "peak_memory_mb": session.peak_memory_mb,
        "parameters": results.get("parameters", {}),
        "versions": results.get("versions", {}),
        "machine": session.machine,
    }


def notes(records: list[analysis.Record], protocol: EvaluationConfig) -> list[str]:
    """Returns what a reader of the tables must know, one line each."""
    lines = []
    finished = [record for record in records if record["finished"]]
    for record in records:
        name = f"{record['method']}, seed {record['seed']}"
        if record["failure"]:
            lines.append(f"{name} failed: {record['failure']}")
        elif not record["finished"]:
            lines.append(f"{name} is not finished")
        if record["unmeasured"]:
            lines.append(f"{name} could not be measured: {record['unmeasured']}")
        if record["collapse_step"]:
            lines.append(
                f"{name} collapsed at step {record['collapse_step']:,}: its score "
                f"reached {record['collapse_factor']:g} times its best, or no number"
            )
        lines += _relabelled(name, record)
    for what, key in (("steps", "num_steps"), ("images", "images")):
        if len({record[key] for record in records}) > 1:
            lines.append(f"The rows differ in how many {what} they were trained for")
    lines += _measured_otherwise(records)
    if len({len(record["own_evaluations"]) for record in finished}) > 1:
        lines.append(
            "The rows were evaluated a different number of times while they trained; "
            "more times give a better best step"
        )
    if any(record["own_protocol"] != to_dict(protocol) for record in records):
        lines.append(
            "Some configs evaluate under another protocol while they train; the "
            "picture's first panel and the choice of their best step are under that"
        )
    return lines


def _relabelled(name: str, record: analysis.Record) -> list[str]:
    """Says which classes carry another one's name, where that explains much."""
    evaluations = record["evaluations"]
    newest = evaluations.get("last") or evaluations.get("best") or {}
    accuracies = newest.get("metrics", {})
    renamed = newest.get("relabelling", {})
    asked_for = accuracies.get("conditional_accuracy", 1.0)
    if accuracies.get("permuted_accuracy", 0.0) < asked_for + WORTH_A_NOTE:
        return []
    shown = [f"{asked} is {meant}" for asked, meant in list(renamed.items())[:5]]
    more = ", ..." if len(renamed) > 5 else ""
    return [
        f"{name} draws {len(renamed)} of its {len(newest['per_class'])} classes under "
        f"another one's name: {', '.join(shown)}{more}"
    ]


def _measured_otherwise(records: list[analysis.Record]) -> list[str]:
    """Names runs whose stored evaluations are of other data or another extractor."""
    first: Optional[dict[str, Any]] = None
    lines = []
    for record in records:
        for evaluation in record["evaluations"].values():
            own = {name: evaluation["protocol"][name] for name in MEASURED_ALIKE}
            first = first or own
            if own != first:
                lines.append(
                    f"{record['method']}, seed {record['seed']}, is not comparable: it "
                    f"was measured with other data or another extractor ({own} instead "
                    f"of {first}); delete {record['workdir']}/comparison and run the "
                    "command again"
                )
                break
    return lines


def _last(series: dict[int, float]) -> Optional[float]:
    return series[max(series)] if series else None


def _last_grid(run: PlannedRun) -> Optional[Path]:
    return max(run.folder.samples.glob("step-*.png"), default=None)


def _json_ready(value: Any) -> Any:
    """Replaces what strict JSON cannot say, nan and the infinities, by null."""
    if isinstance(value, dict):
        return {key: _json_ready(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_ready(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
