"""Runs a plan: one process per run, a report after each."""

import contextlib
import json
import signal
import subprocess
import sys
from typing import Any

from tfgan_contra.comparison.plan import Plan, PlannedRun, state
from tfgan_contra.comparison.report import write_report
from tfgan_contra.comparison.sessions import Session, measurements
from tfgan_contra.config import EvaluationConfig, to_dict
from tfgan_contra.errors import TrainingInterrupted

WORKER = "tfgan_contra.comparison.worker"
ON_PURPOSE = (-signal.SIGTERM, -signal.SIGINT, 130)


def run_comparison(plan: Plan) -> dict[str, Any]:
    """Trains or resumes what is not finished, measures what is not measured.

    After each run `comparison.json` and `comparison.md` are written anew, at the end
    `comparison.png` too.

    Returns:
        What `comparison.json` holds.

    Raises:
        TrainingInterrupted: when somebody stopped a run; everything is kept.
    """
    for number, run in enumerate(plan.runs, 1):
        title = f"{number}/{len(plan.runs)}  {run.name}, seed {run.seed}"
        training = wants_training(run, plan.options.retry_failed)
        if not training and not _unmeasured(run, plan.protocol):
            print(f"== {title}: {state(run)}", flush=True)
            continue
        print(f"== {title}  ({run.workdir}, {state(run)})", flush=True)
        try:
            _run_in_child(run, plan.protocol, training)
        finally:
            write_report(plan)
    return write_report(plan, picture=True)


def wants_training(run: PlannedRun, retry_failed: bool) -> bool:
    """Returns whether a run is to be trained on.

    One that stopped itself would do so again, unless something was changed.
    """
    if run.folder.finished():
        return False
    return retry_failed or not Session.read(run.workdir).final


def _unmeasured(run: PlannedRun, protocol: EvaluationConfig) -> bool:
    return any(one.result() is None for one in measurements(run.folder, protocol))


def _run_in_child(run: PlannedRun, protocol: EvaluationConfig, training: bool) -> None:
    job = {
        "workdir": str(run.workdir),
        "config": to_dict(run.config),
        "protocol": to_dict(protocol),
        "train": training,
    }
    # In a session of its own, so that Ctrl-C reaches this process alone; the child is
    # told by the end of its input, once.
    child = subprocess.Popen(
        [sys.executable, "-m", WORKER],
        stdin=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    job_file: Any = child.stdin
    try:
        with contextlib.suppress(BrokenPipeError):  # Its exit code says what happened.
            job_file.write(json.dumps(job) + "\n")
            job_file.flush()
        code = child.wait()
    except KeyboardInterrupt:
        print("\nstopping after this step, which is saved", file=sys.stderr, flush=True)
        raise
    finally:
        with contextlib.suppress(BrokenPipeError):
            job_file.close()
        child.wait()
    if code in ON_PURPOSE:
        raise TrainingInterrupted(
            f"{run.name}, seed {run.seed}, was stopped; everything is kept. Run the "
            "same command again to go on"
        )
    if code:
        _note_death(run, code)


def _note_death(run: PlannedRun, code: int) -> None:
    """Notes what a process that died could not note itself."""
    session = Session.read(run.workdir)
    session.failure = (
        f"its process was killed by {signal.Signals(-code).name}"
        + (", perhaps for lack of memory" if code == -signal.SIGKILL else "")
        if code < 0
        else f"its process ended with exit code {code}"
    )
    print(f"failed: {session.failure}", file=sys.stderr, flush=True)
    session.write(run.workdir)
