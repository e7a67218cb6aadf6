import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tfgan_contra.comparison import Options, make_plan, parse_entries, running
from tfgan_contra.comparison.sessions import Session
from tfgan_contra.errors import TrainingInterrupted

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def without_training(monkeypatch):
    """Every run goes to the fake worker, in a process of its own all the same."""
    monkeypatch.setattr(running, "WORKER", "comparison.fake_worker")
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    monkeypatch.setattr(
        "tfgan_contra.comparison.picture.draw", lambda *_: None, raising=True
    )


def compare(tmp_path, *seeds, **options):
    entries = parse_entries(["a=configs/smoke/sndcgan.py"])
    plan = make_plan(entries, Options(tmp_path, seeds, **options))
    return running.run_comparison(plan)


def jobs(tmp_path, seed):
    """Returns whether each process that was started for a seed was to train."""
    path = tmp_path / "runs" / f"a-seed-{seed}" / "jobs.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_failures_are_noted_and_the_others_go_on(tmp_path, capfd):
    whole = compare(tmp_path, 1, 2, 3, 0)
    assert [run["failure"] for run in whole["runs"]] == [
        "Collapse: 9 times its best",
        "its process ended with exit code 7",
        "its process was killed by SIGKILL, perhaps for lack of memory",
        None,
    ]
    assert [run["finished"] for run in whole["runs"]] == [False, False, False, True]
    assert "failed: its process was killed" in capfd.readouterr().err
    stored = json.loads((tmp_path / "comparison.json").read_text())
    assert [run["failure"] for run in stored["runs"]][2].startswith("its process was")


def test_only_what_may_come_out_otherwise_is_tried_again(tmp_path):
    for options in ({}, {}, {"retry_failed": True}):
        compare(tmp_path, 1, 2, **options)
    assert jobs(tmp_path, 1) == [True, True]
    assert jobs(tmp_path, 2) == [True, True, True]


def test_a_finished_run_is_measured_without_training(tmp_path, capfd):
    compare(tmp_path, 0)
    compare(tmp_path, 0)  # The fake one measures nothing, so it is asked once more.
    assert jobs(tmp_path, 0) == [True, False]
    assert "finished" in capfd.readouterr().out


def test_an_interrupted_run_ends_the_comparison_and_fails_nothing(tmp_path):
    with pytest.raises(TrainingInterrupted, match="a, seed 4, was stopped; everything"):
        compare(tmp_path, 1, 4, 0)
    assert not (tmp_path / "runs" / "a-seed-0").exists()
    assert Session.read(tmp_path / "runs" / "a-seed-4").failure is None
    stored = json.loads((tmp_path / "comparison.json").read_text())
    assert stored["runs"][0]["failure"] == "Collapse: 9 times its best"
    assert stored["notes"][-1] == "a, seed 0 is not finished"


def test_ctrl_c_waits_until_the_run_is_saved(tmp_path):
    started = tmp_path / "runs" / "a-seed-5" / "jobs.jsonl"

    def interrupt():
        while not started.exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        compare(tmp_path, 5, 0)
    assert (started.parent / "saved").exists()
    assert (tmp_path / "comparison.md").exists()
    assert not (tmp_path / "runs" / "a-seed-0").exists()


def test_planning_running_and_reporting_start_no_tensorflow():
    code = (
        "import sys; from tfgan_contra.comparison import picture, report, running; "
        "sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
