"""The real commands in `export/`, run as a user runs them."""

import os
import pathlib
import re
import runpy
import shutil
import signal
import subprocess
import sys
import time
import types

import numpy as np
import pytest
from absl import flags
from PIL import Image

from tfgan_contra import serving, training
from tfgan_contra.config import Config, ConfigNode
from tfgan_contra.types import DataSpec

ROOT = pathlib.Path(__file__).parents[2]
COMMANDS = ("check_saved_model", "export_saved_model", "request", "serve")


def environment(**more):
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return os.environ | {"PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"} | more


def run(command, *arguments):
    return subprocess.run(
        [sys.executable, str(ROOT / "export" / f"{command}.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )


class Serving:
    """`export/serve.py` in the background; the ports are read from what it prints."""

    def __init__(self, *arguments, **more):
        """Starts it and waits for the last line of its announcement."""
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "export/serve.py"), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(**more),
        )
        self.lines = []
        while not self.lines or not self.lines[-1].startswith("gRPC: "):
            line = self.process.stdout.readline()
            assert line, self.process.stderr.read()
            self.lines.append(line.rstrip())
        (self.rest,) = re.findall(
            r"^REST: http://([\d.:]+)/", "\n".join(self.lines), re.M
        )
        self.grpc = self.lines[-1].removeprefix("gRPC: ")

    def stop(self, number=signal.SIGTERM):
        """Stops it; returns exit code, the rest of its output and its errors."""
        self.process.send_signal(number)
        output, errors = self.process.communicate(timeout=30)
        return self.process.returncode, output, errors


@pytest.fixture(scope="module")
def served(model_dir):
    command = Serving(
        f"--model_dir={model_dir}",
        "--rest_port=0",
        "--grpc_port=0",
        "--server=embedded",
    )
    yield command
    command.process.kill()
    command.process.communicate()


@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_complete_and_imports_no_tensorflow(command):
    program = (
        "import runpy, sys\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "finally: assert not {'tensorflow', 'keras', 'grpc'} & set(sys.modules)\n"
    )
    path = str(ROOT / "export" / f"{command}.py")
    program = f"import sys; sys.argv = [{path!r}, '--help']\n" + program
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert result.returncode == 0, result.stderr
    assert f"    export/{command}.py --" in result.stdout
    defined = re.findall(r"DEFINE_\w+\(\s*\"(\w+)\"", pathlib.Path(path).read_text())
    assert len(defined) >= 3
    for name in defined:
        assert re.search(rf"--(\[no\])?{name}:", result.stdout), name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["serve"], "--model_dir is required"),
        (["serve", "--model_dir=nowhere"], "folder with numbered versions. Received:"),
        (["serve", "--model_dri=x"], "no flag --model_dri (did you mean 'model_dir'?)"),
        (["serve", "--model_dir=.", "--rest_port=x"], "rest_port"),
        (["check_saved_model"], "--model_dir is required"),
        (["check_saved_model", "--model_dir=nowhere"], "Received: 'nowhere'"),
        (["check_saved_model", "--model_dir=.", "--reference=no.npz"], "no file"),
        (["export_saved_model"], "--workdir is required"),
        (["request"], "--model_name is required"),
        (["request", "--model_name=x", "--truncation=2"], "truncation"),
        (["request", "--model_name=x", "stray"], "Received: 'stray'"),
    ],
)
def test_usage_errors_are_one_line_and_exit_2(arguments, message):
    started = time.monotonic()
    result = run(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ") and message in line
    assert time.monotonic() - started < 10


def test_a_version_instead_of_the_folder_above_is_explained(model_dir):
    result = run("serve", f"--model_dir={model_dir}/1")
    assert result.returncode == 2
    assert f"try '{model_dir}'" in result.stderr


def test_check_passes_the_export(model_dir):
    result = run("check_saved_model", f"--model_dir={model_dir}")
    assert result.returncode == 0, result.stdout + result.stderr
    lines = result.stdout.splitlines()
    assert all(line.startswith("ok   ") for line in lines[:-1])
    assert lines[-1].startswith(f"{len(lines) - 1} of {len(lines) - 1} checks passed")
    for signature in ("serving_default", "latents", "png", "truncated"):
        for batch in (1, 3, 17):
            assert any(f" {signature}: batch {batch}:" in line for line in lines)
    assert "ok   nothing of tfgan_contra was imported" in lines


def test_check_fails_pictures_that_are_not_the_keras_models(model_dir, tmp_path):
    with np.load(os.path.join(model_dir, "1/assets.extra/reference.npz")) as archive:
        arrays = dict(archive)
    arrays["images"] = arrays["images"] + np.float32(0.02)
    np.savez(tmp_path / "other.npz", **arrays)
    result = run(
        "check_saved_model",
        f"--model_dir={model_dir}/1",
        f"--reference={tmp_path / 'other.npz'}",
    )
    assert result.returncode == 1
    failed = [line for line in result.stdout.splitlines() if line.startswith("FAIL")]
    assert len(failed) == 2
    assert failed[0].startswith("FAIL latents: equal to the Keras model")
    (error,) = result.stderr.splitlines()
    assert error.startswith("error: ") and "failed its check" in error


@pytest.mark.parametrize("transport", ["rest", "grpc"])
def test_request_brings_pictures_of_a_named_class(served, tmp_path, transport):
    arguments = [f"--address={served.rest}"]
    if transport == "grpc":
        arguments = ["--grpc", f"--address={served.grpc}"]
    result = run(
        "request",
        *arguments,
        "--model_name=tiny",
        "--label=three,1",
        "--num_images=3",
        "--seed=20",
        f"--output={tmp_path}",
    )
    assert result.returncode == 0, result.stderr
    assert "6 pictures of three, 1, seeds 20 to 22, from tiny" in result.stdout
    names = [
        f"{label}_seed_{seed}.png" for label in ("three", "1") for seed in (20, 21, 22)
    ]
    assert sorted(os.listdir(tmp_path)) == sorted([*names, "grid.png"])
    with Image.open(tmp_path / "three_seed_21.png") as picture:
        assert picture.size == (8, 8)


def test_request_errors_exit_1_with_the_servers_reason(served, tmp_path):
    result = run(
        "request",
        f"--address={served.rest}",
        "--model_name=tiny",
        "--label=ten",
        f"--output={tmp_path / 'none'}",
    )
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    assert "class_names must be among: zero, one, two, three" in line
    assert not os.path.exists(tmp_path / "none")


def test_serving_stops_cleanly(served):
    code, output, errors = served.stop()
    assert (code, output.splitlines()[-1]) == (0, "stopped")
    assert "Traceback" not in errors


FAKE_SERVER = """#!{python}
import http.server, signal, sys
flags = dict(word[2:].split("=", 1) for word in sys.argv[1:])
config = open(flags["model_config_file"]).read()
with open({record!r}, "w") as file:
    file.write(" ".join(sys.argv[1:]) + chr(10) + config)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

class Status(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        state = b"AVAILABLE" if self.path == "/v1/models/tiny" else b"END"
        self.wfile.write(b'{{"model_version_status": [{{"state": "' + state + b'"}}]}}')

address = ("127.0.0.1", int(flags["rest_api_port"]))
http.server.HTTPServer(address, Status).serve_forever()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_real_server_is_started_when_it_is_there(model_dir, tmp_path, number):
    record, program = tmp_path / "record", tmp_path / "tensorflow_model_server"
    program.write_text(FAKE_SERVER.format(python=sys.executable, record=str(record)))
    program.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    command = Serving(f"--model_dir={model_dir}", "--rest_port=0", PATH=path)
    code, _, errors = command.stop(number)
    assert code == 0
    assert "listens on all" in errors
    arguments, _, config = record.read_text().partition("\n")
    assert f"--rest_api_port={command.rest.rpartition(':')[2]} --port=8500" in arguments
    assert f'base_path: "{model_dir}"' in config


def test_a_missing_real_server_is_explained(model_dir):
    result = run(
        "serve", f"--model_dir={model_dir}", "--server=tensorflow_model_server"
    )
    assert result.returncode == 2
    assert "not on the PATH" in result.stderr


@pytest.fixture(scope="module")
def export_main():
    """`main` of export_saved_model.py; its flags can be defined once per process."""
    return runpy.run_path(str(ROOT / "export/export_saved_model.py"))["main"]


def export(export_main, *arguments):
    flags.FLAGS(["export_saved_model", *arguments])
    try:
        export_main([])
    finally:
        flags.FLAGS.unparse_flags()


class TinyConfig(ConfigNode):
    """A method's config."""


def test_export_takes_a_run_to_a_checked_version(
    export_main, monkeypatch, tmp_path, tiny_generator, capsys
):
    calls = []

    def load_run(workdir, checkpoint):
        calls.append(("load", workdir, checkpoint))
        config = Config(method=TinyConfig())
        config.evaluation.statistics = "batch"
        return types.SimpleNamespace(
            gan="the model",
            config=config,
            spec=DataSpec(8, 1, 0),
            metrics={"metrics": {"fid": 12.5}, "protocol": {"split": "test"}},
            step=77,
        )

    def make_sampler(gan, config, **changes):
        calls.append(("sampler", gan, changes))
        return types.SimpleNamespace(generator=tiny_generator(0, 1))

    monkeypatch.setattr(training, "load_run", load_run)
    monkeypatch.setattr(training, "make_sampler", make_sampler)
    monkeypatch.setattr(
        serving, "check_in_fresh_process", lambda path: calls.append(("check", path))
    )
    export(export_main, f"--workdir={tmp_path}", "--checkpoint=last")
    assert calls[0] == ("load", str(tmp_path), "last")
    # Batch statistics would make a picture depend on its neighbours.
    assert calls[1] == ("sampler", "the model", {"statistics": "standing"})
    assert calls[2][0] == "check" and calls[2][1].endswith("/1")
    version = tmp_path / "export" / "tiny" / "1"
    assert (version / "saved_model.pb").is_file()
    card = (tmp_path / "model_card.md").read_text()
    assert "training step 77, standing BatchNorm statistics" in card
    assert "| fid | 12.5 |" in card
    assert f"exported step 77 to {version}" in capsys.readouterr().out
    shutil.rmtree(tmp_path / "export")
