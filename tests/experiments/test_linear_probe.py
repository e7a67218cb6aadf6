"""The linear probe on made-up runs: numbers, baselines, resuming, mistakes."""

import dataclasses
import json
import os

import numpy as np
import pytest
import tensorflow as tf
from experiments.probe_runs import (
    DCGAN,
    SPEC,
    quarters,
    small_config,
    write_run,
)
from PIL import Image
from sklearn.linear_model import LogisticRegression

from configs.smoke import fastcut
from tfgan_contra.errors import CheckpointError, DataError, UsageError
from tfgan_contra.experiments import linear_probe
from tfgan_contra.experiments.block_features import pixel_reader
from tfgan_contra.experiments.configs import LinearProbeConfig
from tfgan_contra.experiments.linear_probe import LinearProbe, chosen_images, summary
from tfgan_contra.experiments.logistic_regression import fit_lbfgs, standardise
from tfgan_contra.experiments.planning import plan_experiment
from tfgan_contra.experiments.probed_run import ProbedRun
from tfgan_contra.training.runs import RunFolder, load_run
from tfgan_contra.types import TranslationSpec

SMALL = LinearProbeConfig(num_train=60, num_test=40, max_features=16)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Two architectures, the first with three checkpoints and a best one."""
    folder = tmp_path_factory.mktemp("runs")
    write_run(folder / "sngan", [10, 20, 30], best=25)
    write_run(folder / "dcgan", [10], DCGAN)
    return {"a/sngan": folder / "sngan", "a_dcgan": folder / "dcgan"}


@pytest.fixture(autouse=True)
def planted(monkeypatch):
    """Classes that are a matter of where an image is bright."""
    monkeypatch.setattr(linear_probe, "load", lambda config: quarters())


@pytest.fixture(scope="module")
def probed(folders, tmp_path_factory):
    """The report of both runs and its folder."""
    output = tmp_path_factory.mktemp("probe")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear_probe, "load", lambda config: quarters())
        return LinearProbe(SMALL)(folders, output), output


def test_planted_classes_are_found_and_there_is_a_number_for_every_point(probed):
    report, output = probed
    results = report["results"]
    assert results["pixels"] == 1.0
    sngan, dcgan = results["runs"]["a/sngan"], results["runs"]["a_dcgan"]
    assert sngan["steps"] == [10, 20, 25, 30] and dcgan["steps"] == [10]
    assert list(sngan["over_steps"]) == [f"block{i}" for i in range(1, 5)]
    assert list(dcgan["over_steps"]) == [f"block{i}" for i in range(1, 8)]
    for run in (sngan, dcgan):
        assert run["best_accuracy"] > 0.9 and run["random_d"] > 0.9
        assert all(len(v) == len(run["steps"]) for v in run["over_steps"].values())
    assert sngan["random_d_by_block"] != dcgan["random_d_by_block"]
    protocol = report["protocol"]
    assert (protocol["n_train"], protocol["n_test"]) == (60, 40)
    # Width 1: 2 channels in 2x2 cells are 8 features, in 3x3 more than 16.
    assert set(protocol["features"]["a/sngan"].values()) == {8}
    assert protocol["regressions"] == 1 + 4 + 4 * 4 + 7 + 7
    assert json.loads((output / "linear_probe.json").read_text()) == report
    with Image.open(output / "linear_probe.png") as picture:
        assert picture.width > 1000


def test_one_point_equals_the_steps_done_by_hand(folders, probed):
    report, _ = probed
    gan = load_run(folders["a/sngan"], "20").gan
    images = chosen_images(quarters(), SMALL)
    vectors, labels = [], []
    for source, indices in (images.train, images.test):
        pixels = source.load(indices).astype(np.float32) / 127.5 - 1
        maps = gan.discriminator.block_outputs(tf.constant(pixels))[2].numpy()
        quarter = maps.reshape(len(pixels), 2, 4, 2, 4, 2).max(axis=(2, 4))
        vectors.append(quarter.reshape(len(pixels), -1).astype(np.float64))
        labels.append(source.labels[indices])
    mean, spread = vectors[0].mean(axis=0), vectors[0].std(axis=0)
    train, test = ((v - mean) / spread for v in vectors)
    model = LogisticRegression(C=1 / (SMALL.l2 * 60), max_iter=200)
    expected = model.fit(train, labels[0]).score(test, labels[1])
    found = report["results"]["runs"]["a/sngan"]["over_steps"]["block3"][1]
    assert found == pytest.approx(expected, abs=1 / 40 + 1e-9)
    assert expected > 0.5


def test_what_is_finished_is_not_done_again(folders, probed, monkeypatch):
    report, output = probed

    def fail(*_):
        raise AssertionError("probed again")

    monkeypatch.setattr(LinearProbe, "_probe", fail)
    assert LinearProbe(SMALL)(folders, output) == report
    with pytest.raises(CheckpointError, match="other options"):
        LinearProbe(dataclasses.replace(SMALL, pool="avg"))(folders, output)


def test_weights_saved_anew_are_probed_anew(tmp_path, monkeypatch, capsys):
    folder, titles = RunFolder(tmp_path / "run"), []
    folder.start(small_config(), SPEC)
    folder.checkpoints.mkdir()
    file = folder.checkpoints / "step-00000010.npz"
    file.touch()

    def probe(_, title, reader, images):
        """Finds the same, whatever it looks at."""
        titles.append(title)
        name = "pixels" if title == "pixels" else "block1"
        kinds = {"accuracy": 0.5, "features": 8, "solver": "sgd", "converged": None}
        return {kind: {name: value} for kind, value in kinds.items()}

    monkeypatch.setattr(LinearProbe, "_probe", probe)
    monkeypatch.setattr(ProbedRun, "reader", lambda *_: None)
    monkeypatch.setattr(ProbedRun, "random_reader", lambda *_: None)

    def probed():
        """Returns what has to be probed when the experiment runs."""
        titles.clear()
        LinearProbe(SMALL)({"run": folder.path}, tmp_path / "out")
        return list(titles)

    assert probed() == ["pixels", "random D of run", "run step 10"]
    # A single point is hardly a curve.
    shown = capsys.readouterr().out
    assert "run kept 1 checkpoints" in shown
    assert "--config.train.keep_checkpoints=20" in shown
    assert probed() == []
    os.utime(file, ns=(0, file.stat().st_mtime_ns + 1))
    assert probed() == ["run step 10"]


def test_without_anything_to_find_accuracy_is_chance(folders, tmp_path, monkeypatch):
    data = quarters(400, planted=False)
    monkeypatch.setattr(linear_probe, "load", lambda config: data)
    config = LinearProbeConfig(
        num_train=150, repeats=5, num_test=400, blocks=(4,), max_features=16
    )
    report = LinearProbe(config)({"dcgan": folders["a_dcgan"]}, tmp_path)
    found = report["results"]["runs"]["dcgan"]["last_accuracy"]
    assert found == pytest.approx(0.25, abs=0.1)
    # There are images for two regressions only; this is their mean.
    assert (report["protocol"]["repeats"], report["protocol"]["n_train"]) == (2, 150)
    images = chosen_images(data, config)
    reader = pixel_reader((32, 32, 1), 16)
    train, test = reader(*images.train), reader(*images.test)
    single = []
    for rows in (slice(0, 150), slice(150, 300)):
        x, y = standardise(train.features["pixels"][rows], test.features["pixels"])
        fitted = fit_lbfgs(x, train.labels[rows], config.l2, 200)
        single.append(fitted.accuracy(y, test.labels))
    assert report["results"]["pixels"] == pytest.approx(np.mean(single))
    assert single[0] != single[1]


def test_random_weights_follow_from_the_seed(folders):
    def weights(seed):
        """Returns those of one seed."""
        options = dataclasses.replace(SMALL, seed=seed)
        run = ProbedRun("run", folders["a/sngan"], options)
        return run.random_discriminator().get_weights()

    first, again, other = weights(0), weights(0), weights(1)
    for one, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, same)
    assert max(np.abs(a - b).max() for a, b in zip(first, other, strict=True)) > 0.1


# Images.


@pytest.mark.parametrize("split", ["train", "test"])
def test_no_image_is_both_learned_and_tested(split):
    data = quarters()
    config = LinearProbeConfig(split=split, num_train=10, repeats=3, num_test=50)
    images = chosen_images(data, config)
    (source, train), (test_source, test) = images.train, images.test
    assert source is (data.train if split == "train" else data.test)
    assert test_source is data.test
    assert images.repeats == 3 and len(set(train.tolist())) == 30
    assert len(set(test.tolist())) == (50 if split == "train" else 40)
    if split == "test":
        assert not set(train.tolist()) & set(test.tolist())


def test_one_class_is_nothing_to_learn():
    data = quarters()
    data.train.labels[:] = 3
    with pytest.raises(DataError, match="2 or more classes.*60 images of 1"):
        chosen_images(data, SMALL)


def test_a_summary_is_of_the_block_that_is_best_on_average():
    probed = {
        "steps": [5, 10, 15],
        "fits": [
            {"accuracy": {"block1": a, "block2": b}}
            for a, b in ((0.2, 0.5), (0.9, 0.7), (0.3, 0.6))
        ],
        "random": {"accuracy": {"block1": 0.4, "block2": 0.1}},
    }
    found = summary(probed)
    assert found["best_block"] == "block2"
    assert (found["best_step"], found["best_accuracy"]) == (10, 0.7)
    assert (found["last_step"], found["last_accuracy"]) == (15, 0.6)
    assert found["lost_since_best"] == pytest.approx(0.1)
    assert found["random_d"] == 0.4
    assert found["at_last_step"] == {"block1": 0.3, "block2": 0.6}
    assert found["over_steps"]["block1"] == [0.2, 0.9, 0.3]


# Mistakes.


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("checkpoints=lst", "all or last, a number or a list such as"),
        ("checkpoints=[10, 10]", "all or last"),
        ("checkpoints=[]", "all or last"),
        ("blocks=0", "must be all, a number or a list"),
        ("blocks=last", "must be all, a number or a list"),
        ("split=held_out", "split must be one of train, test"),
        ("pool=mean", "pool must be one of max, avg"),
        ("solver=lbgfs", "did you mean 'lbfgs'"),
        ("num_train=1", "2 or more"),
        ("repeats=0", "1 or more"),
        ("l2=0", "above 0"),
    ],
)
def test_wrong_options_are_one_line(option, words):
    with pytest.raises(UsageError, match=words):
        plan_experiment("linear_probe", [option], ["runs/a"], "out")


@pytest.mark.parametrize("value", ["all", "last", "[10, 20]", "20"])
def test_checkpoints_are_words_numbers_or_lists(value):
    plan = plan_experiment("linear_probe", [f"checkpoints={value}"], ["a"], "out")
    expected = {"[10, 20]": (10, 20), "20": 20}.get(value, value)
    assert plan.config.checkpoints == expected


def test_a_step_that_was_not_saved(folders):
    config = dataclasses.replace(SMALL, checkpoints=(10, 20))
    LinearProbe(config).check({"sngan": folders["a/sngan"]})
    with pytest.raises(UsageError, match="dcgan did not keep; it has 10 .*: 20"):
        LinearProbe(config).check(folders)


def test_runs_that_cannot_be_probed(folders, tmp_path):
    RunFolder(tmp_path / "new").start(small_config(), SPEC)
    translator = fastcut.get_config()
    RunFolder(tmp_path / "cut").start(translator, TranslationSpec(32, 1, 1))
    one_class = dataclasses.replace(SPEC, num_classes=1, class_names=("a",))
    RunFolder(tmp_path / "faces").start(small_config(), one_class)
    wide = small_config()
    wide.data.source = "folder:photos"
    RunFolder(tmp_path / "photos").start(wide, SPEC)
    (tmp_path / "photos" / "checkpoints").symlink_to(folders["a/sngan"] / "checkpoints")
    for name, error, words in (
        ("none", CheckpointError, "no run folder"),
        ("new", CheckpointError, "There is no checkpoint in"),
        ("cut", UsageError, "cut is a translator. Received: FastCUTConfig"),
        ("faces", DataError, "2 or more classes.*num_classes=1"),
        ("photos", UsageError, "same images.*Received: photos with .'folder:photos'"),
    ):
        runs = {"sngan": folders["a/sngan"], name: tmp_path / name}
        with pytest.raises(error, match=words) as caught:
            LinearProbe(SMALL).check(runs)
        assert "\n" not in str(caught.value)
