"""The commands in `export/` with a translator, run as a user runs them."""

import os
import pathlib
import re
import runpy
import shutil
import subprocess
import sys
import types

import numpy as np
import pytest
from absl import flags
from PIL import Image

from tfgan_contra import serving, training
from tfgan_contra.config import Config, ConfigNode
from tfgan_contra.errors import UsageError
from tfgan_contra.serving.translation_signatures import MAX_PIXELS
from tfgan_contra.types import TranslationSpec

ROOT = pathlib.Path(__file__).parents[2]


def run(command, *arguments):
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, str(ROOT / "export" / f"{command}.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )


def test_check_passes_the_export(translator_dir):
    result = run("check_saved_model", f"--model_dir={translator_dir}")
    assert result.returncode == 0, result.stdout + result.stderr
    lines = result.stdout.splitlines()
    assert all(line.startswith("ok   ") for line in lines[:-1])
    assert lines[-1].startswith("54 of 54 checks passed")
    for signature in ("serving_default", "translate", "png"):
        for batch in ("1 of 32x32", "3 of 37x50"):
            assert any(f" {signature}: batch {batch}:" in line for line in lines)
    assert "ok   nothing of tfgan_contra was imported" in lines


@pytest.fixture
def photo(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (37, 50, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.jpg")
    return str(tmp_path / "photo.jpg")


@pytest.mark.parametrize("transport", ["rest", "grpc"])
def test_request_brings_a_translation(translator_server, photo, tmp_path, transport):
    arguments = [f"--address=127.0.0.1:{translator_server.rest_port}"]
    if transport == "grpc":
        address = f"127.0.0.1:{translator_server.grpc_port}"
        arguments = ["--grpc", f"--address={address}"]
    output = tmp_path / "made"
    result = run(
        "request",
        "--model_name=cut",
        f"--image={photo}",
        f"--output={output}",
        *arguments,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == [str(output / "photo.png")]
    with Image.open(output / "photo.png") as image:
        assert (image.size, image.mode) == ((50, 37), "RGB")


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_shell_lines_of_the_readme_translate(translator_server, tmp_path):
    text = (ROOT / "export/README.md").read_text()
    (lines,) = re.findall(r"^echo .*?> zebra.png$", text, re.M | re.S)
    lines = lines.replace("127.0.0.1:8501", f"127.0.0.1:{translator_server.rest_port}")
    Image.new("RGB", (50, 37), "brown").save(tmp_path / "horse.jpg")
    subprocess.run(["sh", "-c", lines], cwd=tmp_path, check=True, timeout=60)
    with Image.open(tmp_path / "zebra.png") as image:
        assert image.size == (50, 37)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--image=x.png", "--label=three"], 2, "leave out --label"),
        (["--image=x.png", "--num_images=8"], 2, "leave out --num_images"),
        (["--image=x.png", "--seed=0"], 2, "leave out --seed"),
        (["--image=absent.png"], 1, "absent.png does not exist"),
        (["--label=three"], 2, "translates pictures: give --image"),
    ],
)
def test_request_errors_are_one_line(translator_server, arguments, code, message):
    address = f"--address=127.0.0.1:{translator_server.rest_port}"
    result = run("request", "--model_name=cut", address, *arguments)
    assert result.returncode == code
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ") and message in line


@pytest.fixture(scope="module")
def export_main():
    """`main` of export_saved_model.py; its flags can be defined once per process."""
    return runpy.run_path(str(ROOT / "export/export_saved_model.py"))["main"]


class CutConfig(ConfigNode):
    """A method's config."""


@pytest.fixture
def of_a_run(monkeypatch, translator):
    """Puts a run with a translator in place of any run folder."""
    loaded = types.SimpleNamespace(
        gan=types.SimpleNamespace(generator_ema=translator(1, 3)),
        config=Config(method=CutConfig()),
        spec=TranslationSpec(32, 1, 3, ("edges", "shoes")),
        metrics={"metrics": {"kid_pixels": 0.25}, "protocol": {"split": "test"}},
        step=77,
    )
    monkeypatch.setattr(training, "load_run", lambda workdir, checkpoint: loaded)
    monkeypatch.setattr(serving, "check_in_fresh_process", lambda path: None)


def export(export_main, *arguments):
    flags.FLAGS(["export_saved_model", *arguments])
    try:
        export_main([])
    finally:
        flags.FLAGS.unparse_flags()


def test_export_takes_a_run_to_a_version(export_main, of_a_run, tmp_path, capsys):
    export(export_main, f"--workdir={tmp_path}")
    version = tmp_path / "export" / "cut" / "1"
    assert (version / "saved_model.pb").is_file()
    card = (tmp_path / "model_card.md").read_text()
    for text in (
        "# cut\n",
        "from edges to shoes",
        "channels: 1 to 3",
        "training step 77\n",
        "| kid_pixels | 0.25 |",
        f"to {MAX_PIXELS} pixels",
    ):
        assert text in card, text
    assert f"exported step 77 to {version}" in capsys.readouterr().out


def test_export_refuses_statistics_and_takes_a_limit(export_main, of_a_run, tmp_path):
    with pytest.raises(UsageError, match="--statistics is for BatchNorm"):
        export(export_main, f"--workdir={tmp_path}", "--statistics=moving")
    export(export_main, f"--workdir={tmp_path}", "--max_pixels=5000", "--nowarmup")
    assert "to 5000 pixels" in (tmp_path / "model_card.md").read_text()
