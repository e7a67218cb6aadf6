"""The real command in its own process: plan, failure of one run, Ctrl-C, resume."""

import json
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
GOOD = "configs/smoke/sndcgan.py"
DIVERGING = """
from configs.smoke import sndcgan

def get_config():
    config = sndcgan.get_config()
    config.optimizer.g_learning_rate = config.optimizer.d_learning_rate = 1e25
    return config
"""
SHORT = ["--num_steps=4", "--eval_every=2", "--num_images=60"]


def start(*arguments):
    command = [sys.executable, "bin/compare.py", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, **pipes)


def run(*arguments):
    process = start(*arguments)
    out, err = process.communicate(timeout=500)
    return process.returncode, out, err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--configs is required"),
        (["--configs=configs/none.py"], "no config file 'configs/none.py'"),
        ([f"--configs={GOOD},{GOOD}"], "two configs would be called"),
        ([f"--configs={GOOD}", "--seeds=0,x"], "--seeds must be numbers"),
        ([f"--configs={GOOD}", "--checkpoint=first"], "--checkpoint=first"),
        ([f"--configs={GOOD}", "--extractor=magic"], "'magic'"),
        ([f"--configs={GOOD}", "--num_steps=0"], "num_steps must be 1 or more"),
    ],
)
def test_usage_errors_are_one_line_and_exit_2(tmp_path, arguments, words):
    code, _, err = run(*arguments, f"--output={tmp_path / 'none'}")
    assert code == 2
    assert words in err
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "none").exists()


def test_a_dry_run_shows_the_plan_and_writes_nothing(tmp_path):
    configs = f"--configs={GOOD},rival=configs/smoke/biggan.py"
    output = tmp_path / "none"
    code, out, err = run(configs, "--seeds=0,1", f"--output={output}", "--dry_run")
    assert code == 0 and err == ""
    assert "4 runs in" in out and "640 real images" in out
    assert "rival          seed 1  10 steps  160 images  new" in out
    assert not output.exists()


def test_one_run_diverges_the_other_is_measured_and_nothing_is_done_twice(tmp_path):
    config = tmp_path / "diverging.py"
    config.write_text(DIVERGING)
    output = tmp_path / "comparison"
    arguments = [f"--configs=bad={config},good={GOOD}", f"--output={output}", *SHORT]
    code, out, err = run(*arguments)
    assert code == 1, err  # A run has no score.
    assert "failed:" in err and "Traceback" not in err
    whole = json.loads((output / "comparison.json").read_text())
    bad, good = whole["runs"]
    assert "at step" in bad["failure"] and bad["evaluations"] == {}
    assert good["finished"] and good["failure"] is None
    assert good["evaluations"]["last"]["step"] == 4
    assert good["evaluations"]["last"]["protocol"]["n_fake"] == 60
    assert [row["step"] for row in good["own_evaluations"]] == [2, 4]
    assert good["machine"]["cores"] >= 1 and good["peak_memory_mb"] > 100
    assert set(good["d_accuracy"]) == {"train", "held_out", "fake"}
    assert shlex.split(whole["command"]) == ["bin/compare.py", *arguments]
    text = (output / "comparison.md").read_text()
    assert text in out
    assert "| bad | 0 of 1 |" in text and "| good | 1 |" in text
    with Image.open(output / "comparison.png") as image:
        assert min(image.size) > 900

    trained = {path: path.stat().st_mtime for path in output.rglob("*.npz")}
    code, out, err = run(*arguments)
    assert code == 1 and err == ""  # TensorFlow, which talks, was not even started.
    assert "== 1/2  bad, seed 0: failed:" in out
    assert "== 2/2  good, seed 0: finished" in out
    assert {path: path.stat().st_mtime for path in output.rglob("*.npz")} == trained


def test_ctrl_c_saves_the_run_and_the_same_command_goes_on(tmp_path):
    arguments = [
        f"--configs=a={GOOD}",
        "--num_steps=2000",
        "--eval_every=0",
        f"--output={tmp_path}",
    ]
    process = start(*arguments)
    checkpoints = tmp_path / "runs" / "a-seed-0" / "checkpoints"
    for _ in range(12000):
        if process.poll() is not None or any(checkpoints.glob("step-*.npz")):
            break
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 130, out + err
    assert "Traceback" not in err
    session = tmp_path / "runs" / "a-seed-0" / "comparison" / "session.json"
    assert json.loads(session.read_text())["failure"] is None
    newest = max(checkpoints.glob("step-*.npz")).stem.removeprefix("step-")
    code, out, _ = run(*arguments, "--dry_run")
    assert code == 0 and f"resumes at step {int(newest)}\n" in out
    assert f"at step {int(newest)};" in err
