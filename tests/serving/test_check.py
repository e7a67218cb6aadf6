"""The check of a finished export: what passes, and that every kind of damage fails.

The commands' tests run it in its own process; here its parts run in this one.
"""

import argparse
import json
import os
import runpy
import shutil
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra.errors import UsageError, UserError
from tfgan_contra.serving import checking
from tfgan_contra.serving.checking import PROGRAM, newest_version
from tfgan_contra.serving.standalone import behaviour


class Loaded:
    """A version's signatures, facts and reference pictures, loaded once."""

    def __init__(self, path):
        """Loads `path`."""
        self.names, self.run = behaviour.load(path)
        with open(os.path.join(path, "assets.extra/model.json")) as file:
            self.known = json.load(file)
        with np.load(os.path.join(path, "assets.extra/reference.npz")) as archive:
            self.reference = dict(archive)

    def failures(self, change=lambda signature, outputs: outputs):
        """Names of the checks that fail when `change` spoils the outputs."""
        failed = []
        lines = behaviour.check_behaviour(
            self.names,
            lambda signature, inputs: change(signature, self.run(signature, inputs)),
            self.known,
            self.reference,
            1e-4,
        )
        try:
            failed.extend(name for name, passed, _ in lines if not passed)
        except (ValueError, IndexError):
            failed.append("the check could not go on")
        return failed


@pytest.fixture(scope="module")
def loaded(version_dir):
    return Loaded(version_dir)


def test_untouched_models_pass(loaded, unconditional_dir):
    assert loaded.failures() == []
    assert Loaded(os.path.join(unconditional_dir, "1")).failures() == []


def test_noise_by_place_fails(loaded):
    def by_place(signature, outputs):
        if signature == "serving_default":
            shift = 9 * np.arange(len(outputs["images"])).reshape(-1, 1, 1, 1)
            return {"images": (outputs["images"] + shift).astype(np.uint8)}
        return outputs

    failed = loaded.failures(by_place)
    assert "serving_default: same picture at another place" in failed
    assert "serving_default: same picture alone and in a batch" in failed
    assert "png: as serving_default" in failed


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda image: image.astype(np.float32), "serving_default: batch 3"),
        (lambda image: image[:, :4], "serving_default: batch 17"),
        (lambda image: image[:1], "serving_default: batch 17"),
        (np.zeros_like, "serving_default: other seeds give other pictures"),
        (lambda image: image ^ 8, "serving_default: equal to the Keras model"),
    ],
)
def test_spoilt_pictures_fail(loaded, change, expected):
    def spoil(signature, outputs):
        if signature == "serving_default":
            return {"images": change(outputs["images"])}
        return outputs

    assert expected in loaded.failures(spoil)


def test_floats_out_of_range_fail(loaded):
    def double(signature, outputs):
        return {k: v * 2 if v.dtype == np.float32 else v for k, v in outputs.items()}

    failed = loaded.failures(double)
    assert "latents: batch 1" in failed
    assert "latents: equal to the Keras model" in failed


def test_a_missing_signature_fails(loaded, monkeypatch):
    fewer = {name: inputs for name, inputs in loaded.names.items() if name != "png"}
    monkeypatch.setattr(loaded, "names", fewer)
    assert loaded.failures() == ["has every promised signature and no other"]


def test_accepting_wrong_input_fails(loaded):
    def accept(signature, inputs):
        return {}

    lines = list(behaviour._refusal_checks(loaded.names, accept, loaded.known))
    assert len(lines) == 13
    assert not any(passed for _, passed, _ in lines)


def run_program(version_dir, monkeypatch):
    """Runs the standalone program's main in this process; returns its exit code."""
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.syspath_prepend(PROGRAM)
    program = runpy.run_path(os.path.join(PROGRAM, "__main__.py"))
    arguments = argparse.Namespace(
        version_dir=str(version_dir), reference="", tolerance=0.0
    )
    return program["main"](arguments)


def test_an_unreadable_model_is_a_failure(version_dir, tmp_path, monkeypatch, capsys):
    shutil.copytree(version_dir, tmp_path / "1")
    (tmp_path / "1/saved_model.pb").write_bytes(b"torn")
    assert run_program(tmp_path / "1", monkeypatch) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("FAIL the check could not go on") for line in lines)
    assert lines[-1].startswith("1 of 2 checks passed")


def test_a_crash_of_the_check_is_told(version_dir, monkeypatch, tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import sys; sys.exit('noise' + chr(10) + 'out of memory')")
    monkeypatch.setattr(checking, "PROGRAM", str(program))
    with pytest.raises(UserError, match="failed its check"):
        checking.check_in_fresh_process(version_dir)
    program.write_text("import nowhere_to_be_found")
    with pytest.raises(UserError, match="code 1: ModuleNotFoundError: .*nowhere"):
        checking.check_in_fresh_process(version_dir)
    program.write_text("import os; os.abort()")
    with pytest.raises(UserError, match="ended with code -6: no message"):
        checking.check_in_fresh_process(version_dir)


def test_the_package_is_out_of_reach_of_the_program():
    program = (
        "import runpy, sys\n"
        f"main = runpy.run_path({PROGRAM!r} + '/__main__.py')\n"
        "sys.meta_path.insert(0, main['Blocker']())\n"
        "import tfgan_contra\n"
    )
    environment = os.environ | {"PYTHONPATH": os.path.join(PROGRAM, "..", "..", "..")}
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert "out of reach here on purpose" in result.stderr.splitlines()[-1]


def test_refusals_are_those_of_the_graph(loaded):
    with pytest.raises(tf.errors.InvalidArgumentError, match="from 0 to 3"):
        loaded.run("png", {"labels": np.array([4]), "seeds": np.array([0])})


def test_newest_version_is_the_highest_number(tmp_path):
    for name in ("2", "10", "9", "notes", ".tmp-export-x"):
        (tmp_path / name).mkdir()
    assert newest_version(str(tmp_path)) == str(tmp_path / "10")
    (tmp_path / "9" / "saved_model.pb").write_text("")
    assert newest_version(str(tmp_path / "9")) == str(tmp_path / "9")
    with pytest.raises(UsageError, match="--model_dir must hold"):
        newest_version(str(tmp_path / "2"))
    with pytest.raises(UsageError, match="--model_dir must hold"):
        newest_version(str(tmp_path / "absent"))
