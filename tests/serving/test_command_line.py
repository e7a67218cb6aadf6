"""How commands report what was wrong: one line, the right exit code, no TensorFlow."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[2]
PROGRAM = '''"""Bakes bread.

Second line.
"""
import sys
from absl import flags
from ml_collections import config_flags
from tfgan_contra import command_line
from tfgan_contra.errors import DataError

CONFIG = config_flags.DEFINE_config_file("config")
OVEN = flags.DEFINE_string("oven", "", "Which oven.")
COUNT = flags.DEFINE_integer("count", 1, "How many.", lower_bound=1)

def main(argv):
    assert "tensorflow" not in sys.modules
    if OVEN.value == "cold":
        raise DataError("the oven\\nis cold")
    if OVEN.value == "interrupted":
        raise KeyboardInterrupt
    if OVEN.value == "code":
        return 5
    if CONFIG.value is not None:
        print("steps", CONFIG.value.train.num_steps, "source", CONFIG.value.data.source)

if __name__ == "__main__":
    command_line.run(main, argv_required=("oven",))
'''
CONFIG = """
from tfgan_contra.config import Config, ConfigNode

class Method(ConfigNode):
    pass

def get_config():
    return Config(method=Method())
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("commands")
    (path / "bake.py").write_text(PROGRAM)
    (path / "good.py").write_text(CONFIG)
    (path / "broken.py").write_text("import nowhere_to_be_found\n")
    (path / "torn.py").write_text("def get_config(:\n")
    (path / "odd.py").write_text("def get_config():\n    return {}['x']\n")
    return path


def bake(folder, *arguments):
    return subprocess.run(
        [sys.executable, "bake.py", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def test_help_shows_the_docstring_and_own_flags(folder):
    for word in ("--help", "-h", "--helpfull"):
        result = bake(folder, "--count=0", word)
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout.startswith("Bakes bread.\n\nSecond line.")
        for text in ("--oven: Which oven.", "--count: How many.", "--config:"):
            assert text in result.stdout
        assert "--pdb" not in result.stdout


def test_overrides_reach_the_config(folder):
    result = bake(
        folder,
        "--oven=hot",
        "--config=good.py",
        "--config.train.num_steps=7",
        "--config.data.source=folder:x",
    )
    assert (result.returncode, result.stdout) == (0, "steps 7 source folder:x\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "--oven is required"),
        (["--oven"], 2, "Missing value for flag --oven"),
        (["--ovn=hot"], 2, "there is no flag --ovn (did you mean 'oven'?)"),
        (["--oven=hot", "loaf"], 2, "Received: 'loaf'"),
        (["--oven=hot", "--count=0"], 2, "--count=0"),
        (["--oven=hot", "--count=many"], 2, "--count=many"),
        (["--oven=cold"], 1, "the oven is cold"),
        (["--oven=interrupted"], 130, "interrupted"),
        (["--oven=hot", "--config=absent.py"], 2, "No such file or directory"),
        (["--oven=hot", "--config=torn.py"], 2, "invalid syntax (torn.py, line 1)"),
        (["--oven=hot", "--config=broken.py"], 2, "nowhere_to_be_found' (broken.py:1)"),
        (["--oven=hot", "--config=odd.py"], 2, "KeyError: 'x' (odd.py:2)"),
        (
            ["--oven=hot", "--config=good.py", "--config.train.num_step=3"],
            2,
            "config.train.num_step is not a field of the configuration "
            "(did you mean 'config.train.num_steps'?)",
        ),
        (
            ["--oven=hot", "--config", "good.py", "--config.trane.num_steps=3"],
            2,
            "config.trane.num_steps is not a field of the configuration",
        ),
        (
            ["--oven=hot", "--config=good.py", "--config.seed.low=3"],
            2,
            "config.seed.low is not a field",
        ),
        (
            ["--oven=hot", "--config=good.py", "--config.train.num_steps=few"],
            2,
            "--config.train.num_steps=few",
        ),
        (["--oven=hot", "--config.seed=3"], 2, "no flag --config.seed"),
    ],
)
def test_errors_are_one_line(folder, arguments, code, message):
    result = bake(folder, *arguments)
    assert result.returncode == code
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    assert message in line


def test_the_commands_own_exit_code_is_kept(folder):
    assert bake(folder, "--oven=code").returncode == 5
