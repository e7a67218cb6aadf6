"""bin/evaluate.py on a translation run, in its own process."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from configs.smoke import cut
from tfgan_contra.config import from_json, to_json
from tfgan_contra.training import Trainer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def workdir(tmp_path_factory):
    """A run of two steps on the digits."""
    folder = tmp_path_factory.mktemp("evaluate") / "run"
    config = cut.get_config()
    config.train.num_steps = 2
    config.evaluation.num_images = 30
    Trainer(config, str(folder)).train()
    return folder


def evaluate(*arguments):
    command = [sys.executable, "bin/evaluate.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_a_run_shows_itself_while_it_trains(workdir):
    (row,) = map(json.loads, (workdir / "evaluations.jsonl").read_text().splitlines())
    assert row["step"] == 2 and row["headline"] == "frechet_classifier"
    assert row["protocol"]["n_fake"] == 30 and "style_color_error" in row["metrics"]
    (curves,) = (workdir / "curves.jsonl").read_text().splitlines()
    assert json.loads(curves)["step"] == 2
    assert (workdir / "samples" / "step-00000002.png").exists()
    assert (workdir / "checkpoints" / "best.npz").exists()
    page = (workdir / "results.html").read_text()
    assert "Translations at step 2" in page and "Evaluation at step 2" in page


def test_scores_have_the_runs_protocol_with_the_changes_asked_for(workdir):
    code, out, err = evaluate(
        f"--workdir={workdir}", "--num_images=40", "--reference_split=train", "--seed=3"
    )
    assert code == 0, err
    scores = json.loads((workdir / "evaluation-best.json").read_text())
    protocol = scores["protocol"]
    assert scores["step"] == 2 and scores["evaluation"]["num_images"] == 40
    expected = {
        "task": "translation",
        "n_fake": 40,
        "n_real": 750,
        "reference_split": "train",
        "seed": 3,
    }
    assert {name: protocol[name] for name in expected} == expected
    assert set(scores["per_class"]) >= {"zero", "nine"}
    for name, value in scores["metrics"].items():
        assert f"{name:24} {value:.5g}" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--statistics=standing"], "--statistics is for methods that make images"),
        (["--truncation=0.5"], "--truncation is for methods that make images"),
        (["--analyses=all"], "this is a CUT run, which translates pictures"),
        (["--noscores"], "--noscores leaves nothing to do"),
        (["--extractor=magic"], "'magic'"),
    ],
)
def test_usage_errors_are_one_line_and_exit_2(workdir, arguments, words):
    code, out, err = evaluate(f"--workdir={workdir}", *arguments)
    assert code == 2 and out == ""
    last = err.strip().splitlines()[-1]
    assert last.startswith("error: ") and words in last and "Traceback" not in err


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"source": "unpaired:/nowhere/a,/nowhere/b"}, "/nowhere/a"),
        (
            {"channels_in": 1},
            "[32, 32, 1] and [32, 32, 3], the model translates",
        ),
    ],
)
def test_data_that_are_gone_or_others_are_one_line(workdir, tmp_path, changes, words):
    moved = tmp_path / "run"
    moved.mkdir()
    for name in ("checkpoints", "data_spec.json"):
        (moved / name).symlink_to(workdir / name)
    config = from_json((workdir / "config.json").read_text())
    for name, value in changes.items():
        setattr(config.data, name, value)
    (moved / "config.json").write_text(to_json(config))
    code, _, err = evaluate(f"--workdir={moved}")
    last = err.strip().splitlines()[-1]
    assert code == 1 and last.startswith("error: ") and words in last
    assert not (moved / "evaluation-best.json").exists()
