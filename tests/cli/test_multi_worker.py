"""Two worker processes on the loopback interface train as one process does."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SMOKE, CAPTIONS = "configs/smoke/sndcgan.py", "configs/smoke/xmcgan.py"
ROOT = Path(__file__).resolve().parents[2]


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def start(workdir, strategy, steps, environment, config=SMOKE, more=()):
    command = [
        sys.executable,
        "bin/train.py",
        f"--config={config}",
        f"--workdir={workdir}",
        f"--strategy={strategy}",
        f"--config.train.num_steps={steps}",
        "--config.train.global_batch_size=8",
        "--config.train.checkpoint_every=2",
        "--config.train.eval_every=0",
        "--config.evaluation.num_images=60",
        *more,
    ]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(*processes):
    for process in processes:
        out, _ = process.communicate(timeout=500)
        assert process.returncode == 0, out


@pytest.mark.slow
def test_two_workers_equal_one_process(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    finish(start(one, "one_device", 4, {}))
    workers = [f"127.0.0.1:{port}" for port in free_ports(2)]
    processes = []
    for index in range(2):
        task = {"type": "worker", "index": index}
        text = json.dumps({"cluster": {"worker": workers}, "task": task})
        processes.append(start(two, "multi_worker", 4, {"TF_CONFIG": text}))
    finish(*processes)

    name = "checkpoints/step-00000004.npz"
    with np.load(one / name) as ours, np.load(two / name) as theirs:
        assert ours.files == theirs.files
        for key in ours.files:
            if key.startswith("model/"):
                # At most one Adam step apart where a gradient is rounding noise.
                np.testing.assert_allclose(
                    ours[key], theirs[key], rtol=5e-3, atol=2e-3, err_msg=key
                )


@pytest.mark.slow
def test_all_workers_end_when_the_first_has_no_captions(tmp_path):
    """The others wait for its text encoder, which never comes."""
    workers = [f"127.0.0.1:{port}" for port in free_ports(2)]
    processes = []
    for index in range(2):
        task = {"type": "worker", "index": index}
        text = json.dumps({"cluster": {"worker": workers}, "task": task})
        missing = ["--config.data.source=captions:/nowhere/at/all"]
        environment = {"TF_CONFIG": text}
        processes.append(
            start(tmp_path, "multi_worker", 4, environment, CAPTIONS, missing)
        )
    outputs = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [1, 1], outputs
    assert "/nowhere/at/all" in outputs[0]
    assert "worker 0 could not get the data" in outputs[1]
    assert not any("Traceback" in output for output in outputs)
