"""`bin/test-addons` explains itself, and only it knows of tensorflow-addons.

(The command itself installs gigabytes: it is no part of this suite.)
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_help_names_what_it_does():
    asked = subprocess.run(
        ["bin/test-addons", "--help"], cwd=ROOT, capture_output=True, text=True
    )
    assert asked.returncode == 0 and asked.stderr == ""
    for word in ("PYTHON=", "-k", "requirements.txt", "record.py", ".venv-addons"):
        assert word in asked.stdout
    assert "set -euo" not in asked.stdout


@pytest.mark.parametrize(
    ("command", "versions"), [("test-addons", "3.9 to 3.11"), ("test", "3.10 to 3.13")]
)
def test_one_line_where_no_python_will_do(tmp_path, command, versions):
    shutil.copytree(ROOT / "bin", tmp_path / "bin")
    done = subprocess.run(
        [tmp_path / "bin" / command],
        env=os.environ | {"PYTHON": "false"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: false is no Python {versions}; name one ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("folder", ["tfgan_contra", "bin", "export", "configs"])
def test_nothing_imports_it_at_run_time(folder):
    users = [
        path
        for path in (ROOT / folder).rglob("*.py")
        if "tensorflow_addons" in path.read_text()
    ]
    assert users == []
