"""bin/evaluate.py in its own process: scores, analyses, one-line errors."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from training.small import small_config

from tfgan_contra.config import DataConfig, from_json, to_json
from tfgan_contra.training import Trainer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    """A run of two steps on the digits."""
    folder = tmp_path_factory.mktemp("evaluate") / "run"
    config = small_config(num_steps=2)
    config.evaluation.num_images = 60
    Trainer(config, str(folder)).train()
    return folder


def evaluate(*arguments):
    command = [sys.executable, "bin/evaluate.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def with_data(workdir, folder, source):
    """Returns a copy of a run folder whose data lie elsewhere."""
    folder.mkdir()
    for name in ("checkpoints", "data_spec.json"):
        (folder / name).symlink_to(workdir / name)
    config = from_json((workdir / "config.json").read_text())
    config.data = DataConfig(source=source)
    (folder / "config.json").write_text(to_json(config))
    return folder


def test_scores_and_analyses_lie_in_the_run_folder(workdir):
    code, out, err = evaluate(
        f"--workdir={workdir}",
        "--checkpoint=last",
        "--num_images=40",
        "--analyses=intra_class,frequency_spectrum",
        "--option=frequency_spectrum.num_images=20",
    )
    assert code == 0, err
    scores = json.loads((workdir / "evaluation-last.json").read_text())
    assert scores["step"] == 2 and scores["protocol"]["n_fake"] == 40
    assert scores["evaluation"]["num_images"] == 40
    for name, value in scores["metrics"].items():
        assert f"{name:24} {value:.5g}" in out
    folder = workdir / "evaluation-last"
    names = {"intra_class.json", "intra_class.png"}
    names |= {"frequency_spectrum.json", "frequency_spectrum.png"}
    assert {path.name for path in folder.iterdir()} == names
    found = json.loads((folder / "intra_class.json").read_text())
    key = "conditional_accuracy"
    assert found["results"][key] == scores["metrics"][key]
    assert found["results"]["confusion"] == scores["confusion"]
    spectrum = json.loads((folder / "frequency_spectrum.json").read_text())
    assert spectrum["protocol"]["n_fake"] == 20
    assert out.index("[1/2] intra_class") < out.index("[2/2] frequency_spectrum")


def test_the_generator_alone_needs_no_data(workdir, tmp_path):
    moved = with_data(workdir, tmp_path / "run", "folder:/nowhere")
    code, out, err = evaluate(f"--workdir={moved}", "--noscores", "--analyses=all")
    assert code == 0, err
    written = {path.stem for path in (moved / "evaluation-best").iterdir()}
    assert written == {"interpolation", "semantic_directions"}
    reasons = [line for line in out.splitlines() if line.startswith("left out: ")]
    assert len(reasons) == 8 and all("nowhere" in line for line in reasons)
    assert not (moved / "evaluation-best.json").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--analyses=interpolatoin"], "did you mean 'interpolation'"),
        (["--option=interpolation.num_rows=2"], "add it to --analyses"),
        (["--noscores"], "--noscores leaves nothing to do"),
        (["--seed=-1"], "--seed=-1"),
        (["--truncation=2"], "evaluation.truncation must be in (0, 1]"),
        (
            [
                "--analyses=feature_embedding",
                "--option=feature_embedding.num_classes=12",
            ],
            "feature_embedding.num_classes must be at most 10, the classes of the data",
        ),
    ],
)
def test_usage_errors_are_one_line_and_exit_2(workdir, arguments, words):
    code, out, err = evaluate(f"--workdir={workdir}", *arguments)
    assert code == 2
    last = err.strip().splitlines()[-1]
    assert last.startswith("error: ") and words in last
    assert "Traceback" not in err and out == ""


def test_an_analysis_that_does_not_apply_ends_the_command_before_the_work(
    workdir, tmp_path
):
    moved = with_data(workdir, tmp_path / "run", "folder:/nowhere")
    code, out, err = evaluate(
        f"--workdir={moved}", "--noscores", "--analyses=statistics,interpolation"
    )
    assert code == 2 and out == ""
    last = err.strip().splitlines()[-1]
    assert last.startswith("error: statistics: no real images: ")
    assert not (moved / "evaluation-best").exists()


def test_help_lists_the_analyses():
    code, out, _ = evaluate("--help")
    assert code == 0
    assert "semantic_directions" in out and "--option" in out
