"""What holds for all analyses: files, protocol, repeatability, what does not apply."""

import json

import numpy as np
import pytest
from PIL import Image

from tfgan_contra.analyses import ANALYSES, Subject
from tfgan_contra.analyses.planning import NotApplicable, plan_analyses
from tfgan_contra.analyses.running import make_subject, ready_analyses, run_analyses
from tfgan_contra.config import DataConfig, from_json, to_json
from tfgan_contra.errors import ConfigError, DataError
from tfgan_contra.metrics import classifier
from tfgan_contra.types import DataSpec

WITH_CLASSES = {"intra_class", "classifier_accuracy_score"}
WITHOUT_DATA = {"interpolation", "semantic_directions"}
SMALL = {
    "statistics": {"statistics": ("moving", "batch")},
    "inception_score": {"splits": (1, 3)},
    "truncation_sweep": {"truncations": (1.0, 0.3)},
    "feature_embedding": {"num_images": 40, "perplexity": 5.0},
    "interpolation": {"num_rows": 2, "num_steps": 3},
    "semantic_directions": {"num_directions": 2, "num_steps": 3},
}


def small(name):
    return ANALYSES[name](**SMALL.get(name, {}))


@pytest.fixture
def short_training(monkeypatch):
    """Two steps for every classifier, which then is no good and says so."""
    monkeypatch.setattr(classifier, "_MAX_STEPS", 2)
    monkeypatch.setattr(classifier, "_TRUSTED_ACCURACY", 0.0)
    monkeypatch.setattr(classifier, "_RECIPE", "two-steps")


@pytest.mark.usefixtures("short_training")
@pytest.mark.parametrize("name", ANALYSES)
def test_files_numbers_and_protocol(name, subject, tmp_path):
    config = small(name)
    report = config.build()(subject, tmp_path)
    stored = json.loads((tmp_path / f"{name}.json").read_text())
    assert stored == report
    assert stored["analysis"] == name
    assert from_json(json.dumps(stored["options"])) == config
    protocol = stored["protocol"]
    assert protocol["checkpoint"] == "step-00000000.npz"
    assert protocol["seed"] == 0 and "statistics" in protocol
    numbers = [v for v in stored["results"].values() if isinstance(v, float)]
    assert numbers and np.isfinite(numbers).all()
    picture = np.asarray(Image.open(tmp_path / f"{name}.png").convert("L"))
    assert min(picture.shape) > 250 and len(np.unique(picture)) > 10
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"{name}.json", f"{name}.png"]


def test_the_same_seed_gives_the_same_numbers(subject, tmp_path):
    analysis = small("intra_class").build()
    first, second = (analysis(subject, tmp_path) for _ in range(2))
    assert first == second
    moved = Subject(subject.run, subject.config, subject.evaluator, seed=1)
    assert analysis(moved, tmp_path)["results"] != first["results"]


@pytest.mark.parametrize("name", sorted(ANALYSES.keys() - WITH_CLASSES))
def test_an_unconditional_model(name, unconditional, tmp_path):
    report = small(name).build()(unconditional, tmp_path)
    assert (tmp_path / f"{name}.png").exists() and report["results"]


def test_what_does_not_apply_is_left_out_of_all_and_named(
    unconditional, tmp_path, capsys
):
    ready = ready_analyses(plan_analyses(["all"]), unconditional)
    assert {a.name for a in ready} == ANALYSES.keys() - WITH_CLASSES
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "left out: intra_class: this model has no classes",
        "left out: classifier_accuracy_score: this model has no classes",
    ]


def test_what_does_not_apply_is_an_error_where_it_was_named(unconditional):
    with pytest.raises(NotApplicable, match="intra_class: this model has no classes"):
        ready_analyses(plan_analyses(["intra_class"]), unconditional)


def test_without_real_images_the_generator_alone_is_analysed(subject, capsys):
    alone = Subject(subject.run, subject.config, why_no_data="the disk is gone")
    ready = ready_analyses(plan_analyses(["all"]), alone)
    assert {a.name for a in ready} == WITHOUT_DATA
    assert "statistics: no real images: the disk is gone" in capsys.readouterr().out
    with pytest.raises(NotApplicable, match="the disk is gone"):
        ready_analyses(plan_analyses(["statistics"]), alone)


@pytest.mark.parametrize("name", ["nearest_neighbours", "feature_embedding"])
def test_more_classes_than_there_are(name, subject, unconditional):
    plan = plan_analyses([name], [f"{name}.num_classes=11"])
    with pytest.raises(ConfigError) as error:
        ready_analyses(plan, subject)
    assert str(error.value) == (
        f"{name}.num_classes must be at most 10, the classes of the data. Received: 11"
    )
    with pytest.raises(ConfigError, match="at most 0, .* unconditional"):
        ready_analyses(plan, unconditional)


def test_progress_is_told(subject, tmp_path, capsys):
    plan = plan_analyses(["interpolation"], ["interpolation.num_steps=3"])
    ready = ready_analyses(plan, subject)
    reports = run_analyses(ready, subject, tmp_path / "new" / "folder")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "[1/1] interpolation ..."
    assert "interpolation.png and .json" in lines[-1]
    assert any("latents_jump" in line for line in lines)
    assert reports[0]["results"]["latents_jump"] >= 1


def test_data_that_do_not_fit_the_model_are_refused(subject, monkeypatch):
    plan = plan_analyses(["interpolation", "statistics"])
    spec = DataSpec(32, 1, 5)
    fewer = type("Dataset", (), {"spec": spec})
    monkeypatch.setattr("tfgan_contra.analyses.running.load", lambda config: fewer)
    with pytest.raises(DataError, match="data have 5 classes, the model draws 10"):
        make_subject(subject.run, subject.config, plan)
    without = make_subject(subject.run, subject.config, plan, scores=False)
    assert without.evaluator is None and "5 classes" in without.why_no_data


def test_data_are_not_loaded_for_nothing(subject):
    config = from_json(to_json(subject.config))
    config.data = DataConfig(source="folder:/nowhere")
    plan = plan_analyses(["interpolation"])
    assert make_subject(subject.run, config, plan, scores=False).evaluator is None
    with pytest.raises(DataError, match="nowhere"):
        make_subject(subject.run, config, plan)
