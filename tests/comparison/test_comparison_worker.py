import dataclasses
import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from training.small import small_config

from tfgan_contra.comparison import worker
from tfgan_contra.comparison.sessions import Session, measurements
from tfgan_contra.errors import TrainingFailed, TrainingInterrupted, TrainingStopped
from tfgan_contra.training import RunFolder


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a run that a worker trained and measured."""
    workdir = tmp_path_factory.mktemp("worker") / "run"
    config = small_config()
    protocol = dataclasses.replace(config.evaluation, num_images=50)
    worker.train(config, workdir)
    worker.measure(config, protocol, workdir)
    return workdir, config, protocol


def test_a_run_is_trained_and_measured(trained):
    workdir, config, protocol = trained
    session = Session.read(workdir)
    assert session.failure is None and session.unmeasured is None
    assert session.seconds > 0 and session.peak_memory_mb > 100
    assert session.machine["cores"] >= 1
    last, best = measurements(RunFolder(workdir), protocol)
    assert last.step == 4 and best.step in (2, 4)
    for one in (last, best):
        result = one.result()
        assert result["step"] == one.step
        assert result["protocol"]["n_fake"] == 50
        assert result["protocol"]["statistics"] == "moving"
        assert result["headline"] == "frechet_classifier"
        assert np.isfinite(result["metrics"]["frechet_classifier"])
        assert result["evaluation"]["num_images"] == 50
    results = RunFolder(workdir).results()
    assert results["protocol"]["n_fake"] == config.evaluation.num_images == 100


def test_what_is_measured_is_not_measured_again(trained, monkeypatch):
    workdir, config, protocol = trained

    def refuse(*arguments):
        raise AssertionError("measured again")

    monkeypatch.setattr(worker, "_evaluate", refuse)
    worker.measure(config, protocol, workdir)
    other = dataclasses.replace(protocol, num_images=51)
    worker.measure(config, other, workdir)
    assert Session.read(workdir).unmeasured == "AssertionError: measured again"
    worker.measure(config, protocol, workdir)
    assert Session.read(workdir).unmeasured is None


class FakeTrainer:
    """Fails in the way that a test asks for."""

    error: Exception

    def __init__(self, config, workdir, strategy):
        """Takes what the trainer takes."""

    def train(self):
        raise self.error


@pytest.mark.parametrize(
    ("error", "failure", "final"),
    [
        (TrainingStopped("Collapse: 9 times\nits best"), "Collapse: 9 times its", True),
        (TrainingFailed("out of memory"), "out of memory", False),
        (ValueError("a bug"), "ValueError: a bug", False),
    ],
)
def test_failures_end_the_run_and_nothing_else(
    tmp_path, monkeypatch, error, failure, final
):
    monkeypatch.setattr("tfgan_contra.training.Trainer", FakeTrainer, raising=False)
    monkeypatch.setattr(FakeTrainer, "error", error, raising=False)
    worker.train(small_config(), tmp_path)
    session = Session.read(tmp_path)
    assert session.failure.startswith(failure) and session.final is final


def test_an_interruption_is_no_failure(tmp_path, monkeypatch):
    monkeypatch.setattr("tfgan_contra.training.Trainer", FakeTrainer, raising=False)
    stopped = TrainingInterrupted("Stopped by SIGINT")
    monkeypatch.setattr(FakeTrainer, "error", stopped, raising=False)
    Session(failure="killed", seconds=5.0).write(tmp_path)
    with pytest.raises(TrainingInterrupted):
        worker.train(small_config(), tmp_path)
    session = Session.read(tmp_path)
    assert session.failure is None and session.seconds > 5.0


def test_the_worker_stops_when_its_input_ends():
    """Also when the parent was killed and could not say so."""
    code = (
        "import threading, time\n"
        "from tfgan_contra.comparison import worker\n"
        "threading.Thread(target=worker._stop_with_parent, daemon=True).start()\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as process:
        assert process.stdout.readline() == b"ready\n"
        time.sleep(0.2)
        assert process.poll() is None
        process.stdin.close()
        assert process.wait(timeout=30) == -signal.SIGTERM


def test_the_best_step_of_a_run_that_stopped_itself_is_kept(
    trained, tmp_path, monkeypatch
):
    """It is measured too, although there is no last step to compare."""
    workdir, config, protocol = trained
    evaluations = iter([5.0, 1.0, 9.0, 8.0])
    config = small_config(every=1)
    config.train.stop_on_collapse = True
    evaluate = "tfgan_contra.metrics.evaluator.Evaluator.evaluate"

    def scores(self, sample, **options):
        score = next(evaluations)
        return {"metrics": {"frechet_classifier": score}, "protocol": {}}

    monkeypatch.setattr(evaluate, scores)
    worker.train(config, tmp_path)
    session = Session.read(tmp_path)
    assert session.failure.startswith("Collapse: frechet_classifier is 9.0 times")
    assert session.final and session.best_step == 2
    worker.measure(config, protocol, tmp_path)
    (best,) = measurements(RunFolder(tmp_path), protocol)
    assert best.result()["metrics"] == {"frechet_classifier": 8.0}
    assert best.result()["step"] == 2
    assert not RunFolder(tmp_path).finished()
    rows = RunFolder(tmp_path).evaluations_file.read_text().splitlines()
    assert json.loads(rows[-1])["step"] == 3
