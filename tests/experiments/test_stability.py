"""Stability on made-up runs: numbers, the picture, what is missing, mistakes."""

import json

import pytest
import tensorflow as tf
from comparison.made_up import SPEC, evaluation, write_events
from experiments.probe_runs import small_config
from PIL import Image

from tfgan_contra.comparison.curves import Curves
from tfgan_contra.errors import CheckpointError, ConfigError, DataError
from tfgan_contra.experiments.configs import StabilityConfig
from tfgan_contra.experiments.planning import plan_experiment
from tfgan_contra.experiments.running import run_experiment
from tfgan_contra.experiments.stability import Stability, gaps, run_numbers, run_record
from tfgan_contra.models.self_supervised_configs import DualContrastiveGANConfig
from tfgan_contra.training.runs import RunFolder


def start(path, scores=(), config=None):
    """Writes a run that was evaluated every 10 steps and logged nothing."""
    folder = RunFolder(path)
    folder.start(config or small_config(), SPEC)
    rows = [evaluation(10 * (i + 1), score) for i, score in enumerate(scores)]
    lines = [json.dumps(row) + "\n" for row in rows]
    folder.evaluations_file.write_text("".join(lines))
    return folder


def write_rows(folder, rows):
    """Writes events: tag to value, by step."""
    writer = tf.summary.create_file_writer(str(folder.tensorboard))
    with writer.as_default():
        for step, values in rows.items():
            for tag, value in values.items():
                tf.summary.scalar(tag, value, step=step)
    writer.close()


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A steady run, one that collapses, and one whose loss has no middle."""
    folder = tmp_path_factory.mktemp("runs")
    steady = start(folder / "steady", [9.0, 5.0, 4.0])
    write_events(steady.tensorboard, [10, 20, 30])
    collapsing = start(folder / "collapsing", [9.0, 5.0, float("nan"), 30.0])
    # The gap and the norms are highest before the end.
    rows = {
        step: {
            "d_accuracy/train": train,
            "d_accuracy/held_out": held_out,
            "d_accuracy/fake": 0.5,
            "spectral_norm/a": norm,
            "spectral_norm/b": 1.0,
            "spectral_norm/c": 2.0,
        }
        for step, train, held_out, norm in (
            (10, 0.75, 0.75, 1.0),
            (20, 1.0, 0.25, 8.0),
            (30, 0.5, 0.625, 4.0),
        )
    }
    write_rows(collapsing, rows)
    config = small_config()
    config.method = DualContrastiveGANConfig(network=config.method.network)
    dual = start(folder / "dual", [], config)
    write_rows(dual, {10: {"losses/d_adversarial": 1.0}})
    return {name: folder / name for name in ("steady", "collapsing", "dual")}


@pytest.fixture(scope="module")
def report(runs, tmp_path_factory):
    output = tmp_path_factory.mktemp("stability")
    return Stability(StabilityConfig())(runs, output), output


def test_numbers_of_every_run(report):
    results = report[0]["results"]
    steady, collapsing = results["steady"], results["collapsing"]
    # The writer has 0.9 and 0.6, and a norm of 1 + step / 100.
    assert steady["last_gap"] == pytest.approx(0.3, abs=1e-6)
    assert steady["largest_gap"] == pytest.approx(0.3, abs=1e-6)
    assert steady["largest_norm"] == pytest.approx(1.3)
    assert steady["largest_norm_step"] == 30 and steady["collapse_step"] is None
    assert (steady["best_score"], steady["best_score_step"]) == (4.0, 30)
    assert steady["last_score"] == 4.0 and steady["notes"] == []
    assert collapsing["last_gap"] == -0.125
    assert (collapsing["largest_gap"], collapsing["largest_gap_step"]) == (0.75, 20)
    assert (collapsing["largest_norm"], collapsing["largest_norm_step"]) == (8.0, 20)
    assert collapsing["collapse_step"] == 30  # The score that is no number.
    assert (collapsing["best_score"], collapsing["best_score_step"]) == (5.0, 20)
    assert collapsing["last_score"] == 30.0
    curves = collapsing["curves"]
    assert curves["d_accuracy"]["held_out"] == [(10, 0.75), (20, 0.25), (30, 0.625)]
    assert curves["median_norm"] == [(10, 1.0), (20, 2.0), (30, 2.0)]


def test_a_loss_without_a_middle_leaves_out_the_accuracy_and_says_so(report):
    dual = report[0]["results"]["dual"]
    numbers = ("last_gap", "largest_gap", "largest_norm", "best_score", "last_score")
    assert all(dual[name] is None for name in numbers)
    accuracy, norms, scores = dual["notes"]
    assert accuracy == (
        "no accuracy: a logit of the dual contrastive loss alone says nothing"
    )
    assert "no layer is spectrally normalised" in norms and "not evaluated" in scores


def test_the_files_are_strict_json_and_a_picture(report):
    whole, output = report
    text = (output / "stability.json").read_text()
    stored = json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert stored["results"]["steady"]["largest_norm"] == pytest.approx(1.3)
    assert stored["runs"] == whole["runs"]
    with Image.open(output / "stability.png") as picture:
        assert picture.width > 1000 and picture.height > 600


def test_the_picture_marks_the_collapse_and_says_what_is_missing(runs):
    findings = Stability(StabilityConfig()).measure(runs, None)
    scores, norms, steady, collapsing, dual = findings.figure.axes

    def marks(axes):
        """Returns where upright dotted lines stand."""
        dotted = [line for line in axes.lines if line.get_linestyle() == ":"]
        return [list(line.get_xdata()) for line in dotted]

    # The score of the collapse is no number: it has no place but a line.
    assert marks(scores) == marks(norms) == marks(collapsing) == [[30, 30]]
    assert marks(steady) == []
    assert "collapse at step 30" in collapsing.get_title()
    assert "gap -0.12, largest +0.75 at step 20" in collapsing.get_title()
    labels = [text.get_text() for text in norms.get_legend().get_texts()]
    assert labels == ["largest", "median", "collapse"]
    words = " ".join(dual.texts[0].get_text().split())
    assert words.startswith("no accuracy: a logit of the dual contrastive loss")


def test_the_factor_decides_what_is_a_collapse(tmp_path):
    folder = start(tmp_path / "run", [4.0, 9.0])
    write_events(folder.tensorboard, [10])
    curves = Curves(
        {"train": {10: 1.0}, "held_out": {}, "fake": {}}, {10: 1.0}, {}, None
    )
    for factor, step in ((None, None), (2.0, 20), (2.5, None)):
        record = run_record("run", folder, curves, factor)
        assert record["collapse_step"] == step
        assert record["collapse_factor"] == (factor or 3.0)
    assert record["num_steps"] == 20
    assert run_numbers(record, curves)["largest_gap"] is None


def test_gaps_are_where_both_were_measured():
    series = {"train": {1: 0.9, 2: 0.8}, "held_out": {2: 0.5, 3: 0.1}, "fake": {}}
    assert gaps(Curves(series, {}, {}, None)) == pytest.approx({2: 0.3})


def test_the_command_prints_the_numbers(runs, tmp_path, capsys):
    folders = [f"one={runs['steady']}", f"two={runs['collapsing']}"]
    plan = plan_experiment("stability", [], folders, str(tmp_path / "out"))
    run_experiment(plan)
    shown = capsys.readouterr().out
    assert "two.collapse_step" in shown and "one.last_gap" in shown
    assert "curves" not in shown


def test_mistakes_are_one_line(tmp_path):
    start(tmp_path / "silent")
    begun = start(tmp_path / "begun")
    write_rows(begun, {0: {"losses/d_adversarial": 1.0}})
    for name, error, words in (
        ("none", CheckpointError, "no run folder"),
        ("silent", DataError, "silent has no rows for TensorBoard in"),
        ("begun", DataError, "begun has logged no accuracy of D in"),
    ):
        with pytest.raises(error, match=words) as caught:
            Stability(StabilityConfig())({name: tmp_path / name}, tmp_path / "out")
        assert "\n" not in str(caught.value)
    with pytest.raises(ConfigError, match="above 1. Received: 1.0"):
        plan_experiment("stability", ["collapse_factor=1"], ["a"], "out")
