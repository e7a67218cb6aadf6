"""The README's commands are real: they are run here, and CI runs its test command."""

import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def fenced_blocks(language=""):
    """Returns the text of the fenced blocks of a language."""
    blocks, current = [], None
    for line in README.splitlines():
        if line.startswith("```") and current is not None:
            blocks.append(current)
            current = None
        elif line.startswith("```"):
            current = (line.removeprefix("```"), [])
        elif current is not None:
            current[1].append(line)
    return ["\n".join(lines) for name, lines in blocks if name == language]


def commands(word):
    """Returns the README's command lines that start with a word, joined."""
    text = "\n".join(fenced_blocks()).replace("\\\n", "")
    return [line for line in text.splitlines() if line.startswith(word)]


def run(command, folder):
    words = shlex.split(command.replace("runs/", f"{folder}/"))
    done = subprocess.run(
        [sys.executable, *words], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_ci_runs_the_test_command():
    assert "bin/test" in README
    script = (ROOT / ".ci" / "run").read_text()
    assert [line for line in script.splitlines() if line.startswith("exec")] == [
        "exec bin/test"
    ]


def test_the_two_commands_explain_or_refuse():
    asked = subprocess.run(["bin/quickstart", "--help"], cwd=ROOT, capture_output=True)
    assert asked.returncode == 0 and b"12 minutes" in asked.stdout
    wrong = subprocess.run(["bin/quickstart", "--fst"], cwd=ROOT, capture_output=True)
    assert wrong.returncode == 2 and wrong.stderr.count(b"\n") == 1


def test_every_path_in_the_readme_exists():
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    files = re.findall(r"(?:bin|export|configs)/[\w./]+\.(?:py|json|png)", README)
    for name in {*links, *files}:
        assert (ROOT / name).exists() or name.startswith("configs/from_json"), name


def test_the_notebook_example_runs():
    random = np.random.default_rng(0)
    images = random.uniform(-1, 1, (8, 32, 32, 1)).astype(np.float32)
    dataset = tf.data.Dataset.from_tensors((images, np.arange(8) % 10))
    (code,) = fenced_blocks("python")
    values = {"dataset": dataset}
    exec(code.replace("epochs=5", "epochs=1, verbose=0"), values)
    assert values["images"].shape == (10, 32, 32, 1)


def wait_for_address(log):
    for _ in range(600):
        found = re.search(r"REST\D*(127\.0\.0\.1:\d+)", log.read_text())
        if found:
            return found.group(1)
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def served(serve, request, folder, output):
    """Starts the server of one command and sends it the request of another."""
    words = shlex.split(serve.replace("runs/", f"{folder}/"))
    log = folder / "server.log"
    with open(log, "w") as file:
        server = subprocess.Popen(
            [sys.executable, *words, "--rest_port=0", "--grpc_port=0"],
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        address = wait_for_address(log)
        run(f"{request} --address={address} --output={output}", folder)
    finally:
        server.terminate()
        assert server.wait(timeout=30) == 0


def of_run(name, *words):
    """Returns the README's commands with these words that speak of one run or model."""
    found = [c for word in words for c in commands(word)]
    return [c for c in found if re.search(rf"runs/{name}\b|model_name={name}\b", c)]


def test_the_commands_run_one_after_the_other(tmp_path):
    for command in of_run(
        "smoke",
        "bin/train.py",
        "bin/evaluate.py",
        "bin/generate.py",
        "export/export_saved_model.py",
        "export/check_saved_model.py",
    ):
        run(command, tmp_path)
    (serve,) = of_run("digits", "export/serve.py")
    (request,) = of_run("digits", "export/request.py")
    served(serve, request, tmp_path, tmp_path / "answer")
    assert len(list((tmp_path / "answer").rglob("*.png"))) == 9


@pytest.mark.slow
def test_the_commands_for_translators_run_one_after_the_other(tmp_path):
    for command in of_run(
        "cut",
        "bin/train.py",
        "bin/evaluate.py",
        "bin/translate.py",
        "export/export_saved_model.py",
    ):
        run(command, tmp_path)
    (serve,) = of_run("cut", "export/serve.py")
    (request,) = of_run("cut", "export/request.py")
    served(serve, request, tmp_path, tmp_path / "answer")
    (answer,) = (tmp_path / "answer").rglob("*.png")
    given = ROOT / "configs" / "results" / "quickstart.png"
    with Image.open(answer) as ours, Image.open(given) as theirs:
        assert ours.size == theirs.size


@pytest.mark.slow
def test_the_commands_for_captions_run_one_after_the_other(tmp_path):
    """With the smoke run in the place of the half hour that the README's takes."""
    for command in of_run(
        "shapes",
        "bin/train.py",
        "bin/evaluate.py",
        "bin/generate.py",
        "export/export_saved_model.py",
    ):
        run(command.replace("xmcgan/shapes.py", "smoke/xmcgan.py"), tmp_path)
    (serve,) = of_run("shapes", "export/serve.py")
    (request,) = of_run("shapes", "export/request.py")
    served(serve, request, tmp_path, tmp_path / "answer")
    assert list((tmp_path / "answer").rglob("*.png"))


@pytest.mark.parametrize("command", commands("bin/") + commands("export/"))
def test_flags_of_every_command_exist(command):
    """Also of the long runs: `--helpfull`-like text must know each flag."""
    script, *flags = shlex.split(command)
    if not script.endswith(".py"):
        return
    asked = subprocess.run(
        [sys.executable, script, "--help"], cwd=ROOT, capture_output=True, text=True
    )
    for flag in flags:
        name = flag.removeprefix("--").partition("=")[0].partition(".")[0]
        assert f"--{name}" in asked.stdout or f"--[no]{name}" in asked.stdout, flag
