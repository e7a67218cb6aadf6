"""The real command in its own process: errors, signals, kill -9."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
SMOKE = "--config=configs/smoke/sndcgan.py"
SMALL = [
    SMOKE,
    "--config.train.num_steps=12",
    "--config.train.global_batch_size=8",
    "--config.train.checkpoint_every=1",
    "--config.train.keep_checkpoints=20",
    "--config.train.eval_every=6",
    "--config.train.sample_every=0",
    "--config.evaluation.num_images=60",
]


def start(*arguments):
    command = [sys.executable, "bin/train.py", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, **pipes)


def run(*arguments):
    process = start(*arguments)
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def last_line(text):
    return text.strip().splitlines()[-1]


def wait_for(path, process):
    for _ in range(3000):
        if path.exists() or process.poll() is not None:
            break
        time.sleep(0.02)
    assert path.exists(), process.communicate()


def test_help_is_quick_and_lists_the_flags():
    begin = time.monotonic()
    code, out, _ = run("--help")
    assert code == 0
    assert "--workdir" in out and "--strategy" in out
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--config is required"),
        (["--config=configs/smoke/none.py"], "none.py"),
        ([SMOKE], "--workdir is required"),
        (
            [SMOKE, "--config.train.num_step=3"],
            "did you mean 'config.train.num_steps'",
        ),
        ([SMOKE, "--config.train.num_steps=many"], "num_steps"),
        ([SMOKE, "--config.data.crop=centre"], "did you mean 'center'"),
        ([SMOKE, "--wrkdir=a"], "--wrkdir"),
        ([SMOKE, "--strategy=two"], "--strategy=two"),
    ],
)
def test_usage_errors_are_one_line_and_exit_2(arguments, words):
    code, _, err = run(*arguments)
    assert code == 2
    assert words in err
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "words", "expected"),
    [
        (["--config.data.source=folder:missing"], "missing", 1),
        (["--strategy=mirrored", "--num_devices=99"], "--num_devices=99", 2),
    ],
)
def test_failures_are_one_line(tmp_path, arguments, words, expected):
    code, _, err = run(*SMALL, f"--workdir={tmp_path}/run", *arguments)
    assert code == expected
    assert words in last_line(err)
    assert "Traceback" not in err


def test_print_config_lists_fields_and_values():
    code, out, _ = run("--config=configs/contragan/cifar10.py", "--print_config")
    assert code == 0
    assert "--config.method.d_steps=5" in out


def test_kill_and_interrupt_then_resume_as_if_nothing_had_happened(tmp_path):
    undisturbed, disturbed = tmp_path / "a", tmp_path / "b"
    assert run(*SMALL, f"--workdir={undisturbed}")[0] == 0

    process = start(*SMALL, f"--workdir={disturbed}")
    wait_for(disturbed / "checkpoints" / "step-00000003.npz", process)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()

    process = start(*SMALL, f"--workdir={disturbed}")
    wait_for(disturbed / "checkpoints" / "step-00000007.npz", process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    if process.returncode != 0:  # 0: it finished before the signal came.
        assert process.returncode == 1
        assert "Run the same command again" in last_line(err)
        assert "Traceback" not in err
        assert run(*SMALL, f"--workdir={disturbed}")[0] == 0

    name = "checkpoints/step-00000012.npz"
    with np.load(undisturbed / name) as ours, np.load(disturbed / name) as theirs:
        assert ours.files == theirs.files
        for key in ours.files:
            if key != "__progress__":
                np.testing.assert_array_equal(ours[key], theirs[key], key)
    rows = [(p / "evaluations.jsonl").read_text() for p in (undisturbed, disturbed)]
    assert rows[0].count("\n") == rows[1].count("\n") == 2
