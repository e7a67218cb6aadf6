"""Trains and measures one run in a process of its own.

    python -m tfgan_contra.comparison.worker < job.json

TensorFlow keeps about 70 MB of every run that a process has trained, whatever is
cleared; a process per run also keeps one run's crash from the others. The job is one
line of JSON on standard input. When that is closed, on purpose or because the parent
died, the worker saves and stops.
"""

import dataclasses
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tfgan_contra.comparison.sessions import Measurement, Session, measurements
from tfgan_contra.config import Config, EvaluationConfig, from_dict, to_dict
from tfgan_contra.errors import TrainingInterrupted, TrainingStopped, UserError
from tfgan_contra.memory import return_freed_memory
from tfgan_contra.training.checkpoints import read_progress
from tfgan_contra.training.runs import RunFolder, write_text

INTERRUPTED = 130
# Of the generated images; the same for all runs, so that they differ in weights alone.
EVALUATION_SEED = 0


def main() -> int:
    """Does the job on standard input; failures of the run are noted, not raised.

    Returns:
        0 when the run has ended one way or another, 130 when it was interrupted.
    """
    return_freed_memory()
    job = json.loads(sys.stdin.readline())
    threading.Thread(target=_stop_with_parent, daemon=True).start()
    config: Any = from_dict(job["config"])
    protocol: Any = from_dict(job["protocol"], "evaluation")
    workdir = Path(job["workdir"])
    try:
        if job["train"]:
            train(config, workdir)
        measure(config, protocol, workdir)
    except TrainingInterrupted as error:
        print(error, file=sys.stderr, flush=True)
        return INTERRUPTED
    return 0


def train(config: Config, workdir: Path) -> None:
    """Trains to the end, or notes in the run's session why that failed.

    Raises:
        TrainingInterrupted: when somebody stopped it; that is no failure.
    """
    from tfgan_contra.distribution import make_strategy  # Slow: TensorFlow.
    from tfgan_contra.training import Trainer, benchmark

    session = Session.read(workdir)
    session.failure, session.final, session.best_step = None, False, None
    started = time.monotonic()
    try:
        Trainer(config, str(workdir), make_strategy("auto")).train()
    except TrainingInterrupted:
        raise
    except TrainingStopped as error:
        session.failure, session.final = _one_line(error), True
        session.best_step = _best_step(RunFolder(workdir))
    except Exception as error:  # The other runs of the comparison shall go on.
        session.failure = _reason(error)
    finally:
        session.seconds += time.monotonic() - started
        memory = max(session.peak_memory_mb, benchmark.peak_memory_mb())
        session.peak_memory_mb = round(memory, 1)
        session.machine = benchmark.machine()
        session.write(workdir)
    if session.failure:
        print(f"failed: {session.failure}", file=sys.stderr, flush=True)


def measure(config: Config, protocol: EvaluationConfig, workdir: Path) -> None:
    """Evaluates the checkpoints that count and were not yet, one file for each."""
    waiting: dict[Path, Measurement] = {}
    for one in measurements(RunFolder(workdir), protocol):
        if one.result() is None:
            waiting.setdefault(one.path, one)
    session = Session.read(workdir)
    session.unmeasured = None
    try:
        if waiting:
            _evaluate(config, protocol, workdir, list(waiting.values()))
    except Exception as error:  # As above.
        session.unmeasured = _reason(error)
        print(f"not measured: {session.unmeasured}", file=sys.stderr, flush=True)
    session.write(workdir)


def _evaluate(
    config: Config,
    protocol: EvaluationConfig,
    workdir: Path,
    waiting: list[Measurement],
) -> None:
    from tfgan_contra.training import load_run  # Slow: TensorFlow.

    scores_of = _scores(dataclasses.replace(config, evaluation=protocol), workdir)
    for one in waiting:
        run = load_run(workdir, one.checkpoint)
        run.config.evaluation = protocol
        scores = scores_of(run)
        result, name = scores.measure(EVALUATION_SEED), scores.headline.name
        result.pop("confusion", None)  # Large; bin/evaluate.py writes it.
        result |= {
            "step": run.step,
            "headline": name,
            "evaluation": to_dict(protocol),
        }
        one.path.parent.mkdir(parents=True, exist_ok=True)
        write_text(one.path, json.dumps(result, indent=2) + "\n")
        print(
            f"measured the {one.checkpoint} checkpoint (step {run.step}): "
            f"{name} {result['metrics'][name]:.4g}",
            flush=True,
        )


def _scores(config: Config, workdir: Path) -> Callable[[Any], Any]:
    """Loads the data; returns what gives the `monitoring.Scores` of a loaded run."""
    from tfgan_contra import data, training
    from tfgan_contra.metrics.evaluator import Evaluator
    from tfgan_contra.training.caption_evaluation import CaptionScores
    from tfgan_contra.training.monitoring import SamplerScores

    method: Any = config.method
    source: Any = config.data
    if not method.takes_captions:
        evaluator = Evaluator(config.evaluation, data.load(source))
        return lambda run: SamplerScores(
            training.make_sampler(run.gan, run.config), evaluator
        )
    encoder = training.load_text_encoder(workdir, config)
    captioned = data.load_captioned(source)
    evaluation = training.CaptionEvaluation(config, captioned, encoder)
    return lambda run: CaptionScores(
        training.caption_sampler_of_run(run, run.config, encoder), evaluation
    )


def _best_step(folder: RunFolder) -> int | None:
    path = folder.checkpoints / "best.npz"
    return int(read_progress(path)["step"]) if path.exists() else None


def _reason(error: Exception) -> str:
    if isinstance(error, UserError):
        return _one_line(error)
    traceback.print_exc()
    return _one_line(f"{type(error).__name__}: {error}")


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


def _stop_with_parent() -> None:
    """Waits for the end of standard input, then asks this process to save and stop."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
