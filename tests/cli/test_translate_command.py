"""bin/translate.py in its own process: pictures in, pictures out, one-line errors."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image
from training.small import small_config
from training.translation_runs import make_translation_run

from tfgan_contra.training.runs import RunFolder
from tfgan_contra.types import DataSpec

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    """The run folder of a translator with untrained weights."""
    folder = tmp_path_factory.mktemp("translate") / "run"
    make_translation_run(folder)
    return folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A folder with a photograph, a grayscale picture and one that is broken."""
    folder = tmp_path_factory.mktemp("photos")
    photo = Image.fromarray(load_sample_image("china.jpg"))
    photo.save(folder / "china.jpg")
    (folder / "deep").mkdir()
    photo.convert("L").resize((61, 47)).save(folder / "deep" / "small.png")
    return folder


def run(command, *arguments):
    command = [sys.executable, f"bin/{command}.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_a_folder_of_photographs(workdir, photos, tmp_path):
    out = tmp_path / "out"
    code, said, err = run(
        "translate",
        f"--workdir={workdir}",
        f"--input={photos}",
        f"--output={out}",
        "--side_by_side",
    )
    assert code == 0, err
    assert said.splitlines()[-1] == f"wrote 2 pictures to {out}"
    assert "1 picture converted (grayscale to colour)" in said
    with Image.open(out / "china.png") as made, Image.open(photos / "china.jpg") as a:
        assert made.size == a.size == (640, 427) and made.mode == "RGB"
        assert np.array(made).std() > 5
    with Image.open(out / "deep" / "small.png") as made:
        assert made.size == (61, 47)
    with Image.open(out / "side_by_side" / "china.png") as shown:
        assert shown.size == (1280, 427)


def test_a_broken_picture_ends_the_command_with_1_after_the_others(
    workdir, photos, tmp_path
):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "bad.jpg").write_bytes((photos / "china.jpg").read_bytes()[:9000])
    Image.new("RGB", (30, 20)).save(folder / "good.webp")
    out = tmp_path / "out"
    code, said, err = run(
        "translate", f"--workdir={workdir}", f"--input={folder}", f"--output={out}"
    )
    assert code == 1
    last = err.strip().splitlines()[-1]
    assert last.startswith("error: 1 of 2 pictures could not be translated")
    assert f"{folder / 'bad.jpg'} cannot be read" in said and "Traceback" not in err
    assert [path.name for path in out.iterdir()] == ["good.png"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--model_dir=x"], "give either --workdir or --model_dir"),
        (["--resize=big"], "--resize must be the longer side"),
        (["--memory_limit_mb=0"], "--memory_limit_mb=0"),
        (["--output="], "--output is required"),
        (["--checkpoint=9"], "--checkpoint must be best, last or a saved step"),
        (["--output={photos}/made"], "--output must not lie in the folder"),
    ],
)
def test_usage_errors_are_one_line_and_exit_2(
    workdir, photos, tmp_path, arguments, words
):
    options = [f"--workdir={workdir}", f"--input={photos}", f"--output={tmp_path}/out"]
    given = [argument.format(photos=photos) for argument in arguments]
    code, said, err = run("translate", *options, *given)
    last = err.strip().splitlines()[-1]
    assert code == 2 and last.startswith("error: ") and words in last
    assert "Traceback" not in err and "wrote" not in said
    assert not (tmp_path / "out").exists()


def test_what_is_not_there_is_one_line_and_exit_1(workdir, tmp_path):
    code, _, err = run(
        "translate",
        f"--workdir={workdir}",
        f"--input={tmp_path / 'none.jpg'}",
        f"--output={tmp_path / 'out'}",
    )
    assert code == 1
    assert err.strip() == (
        f"error: {tmp_path / 'none.jpg'} does not exist; name a picture"
    )


def test_each_command_names_the_other_for_its_kind_of_run(workdir, tmp_path):
    other = tmp_path / "other"
    RunFolder(other).start(small_config(), DataSpec(32, 1, 10))
    code, _, err = run(
        "translate", f"--workdir={other}", "--input=x", f"--output={tmp_path / 'out'}"
    )
    assert code == 2 and f"{other} is a ContraGAN run; use bin/generate.py" in err
    code, _, err = run(
        "generate", f"--workdir={workdir}", f"--output={tmp_path / 'out'}"
    )
    last = err.strip().splitlines()[-1]
    assert code == 2 and "is a CUT run" in last and "use bin/translate.py" in last


def test_help_says_how():
    code, said, _ = run("translate", "--help")
    assert code == 0
    assert "side_by_side" in said and "--memory_limit_mb" in said
