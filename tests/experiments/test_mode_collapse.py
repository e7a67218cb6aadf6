"""Mode collapse: batches of few classes, modes of stacks, runs, parts and errors."""

import dataclasses
import json
import types
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfgan_contra.config import Config, DataConfig
from tfgan_contra.data import load
from tfgan_contra.data.pipeline import scaled
from tfgan_contra.data.specs import ArraySource
from tfgan_contra.errors import DataError, UsageError
from tfgan_contra.experiments import mode_collapse
from tfgan_contra.experiments.configs import COLLAPSE_METHODS, ModeCollapseConfig
from tfgan_contra.experiments.diversity import (
    batch_of_classes,
    diversity_curve,
    large_classes,
)
from tfgan_contra.experiments.mode_collapse import mean_of_seeds
from tfgan_contra.experiments.progress import Progress
from tfgan_contra.experiments.stacked_gans import (
    METHODS,
    contrast_alone,
    method_config,
    modes_of,
    trained_gan,
)
from tfgan_contra.losses import info_nce_loss
from tfgan_contra.metrics.classifier import ClassifierExtractor, classifier_network
from tfgan_contra.models.configs import UnconditionalGANConfig
from tfgan_contra.models.self_supervised_configs import InfoMaxGANConfig
from tfgan_contra.training.runs import LoadedRun, RunFolder
from tfgan_contra.types import DataSpec

SMALL = ModeCollapseConfig(
    methods=("infomax",),
    num_seeds=1,
    num_steps=2,
    batch_size=4,
    g_width=1,
    d_widths=(1,),
    latent_dim=2,
    projection_dim=2,
    num_generated=12,
    class_counts=(1, 4),
    contrast_batch_size=8,
    contrast_batches=2,
)
NAME = "infomax, D 1"


class ClassReader:
    """A discriminator whose features are the class that the image's pixel says."""

    def __init__(self, scale):
        self.config = types.SimpleNamespace(negatives="other_images")
        self.scale = scale

    def discriminate(self, images, training):
        pixel = tf.cast(tf.round((images[:, 0, 0, 0] + 1.0) * 127.5), tf.int32)
        whole = self.scale * tf.one_hot(pixel, 16)
        local = tf.tile(tf.one_hot(pixel, 16)[:, None, None], [1, 2, 2, 1])
        return {"local_projections": local, "global_projections": whole}


def classes_of(count, each):
    labels = np.repeat(np.arange(count), each)
    images = np.zeros((len(labels), 2, 2, 1), np.uint8)
    images[:, 0, 0, 0] = labels
    return ArraySource(images, labels)


@pytest.fixture
def untrained_classifier(monkeypatch):
    """Spares the training of the classifier of digits."""
    network = classifier_network(DataSpec(32, 1, 10), seed=0)
    extractor = ClassifierExtractor(network, "untrained", 100)
    monkeypatch.setattr(mode_collapse, "trained_classifier", lambda *_: extractor)
    return extractor


# Batches of few classes.


def test_images_of_one_class_cannot_be_told_apart_by_their_class():
    scale = 3.0
    reader, source = ClassReader(scale), classes_of(10, 9)
    counts = (1, 2, 8, 9, 64)
    found = diversity_curve(reader, source, counts, batch_size=8, num_batches=3)
    # More classes than images in a batch, or than there are, are left out.
    assert list(found) == ["1", "2", "8", "copies"]
    assert [found[kind]["accuracy"] for kind in found] == [0, 0, 1, 0]
    for kind, alike in (("1", 8), ("2", 4), ("8", 1), ("copies", 8)):
        # Four places per image; the own image's stand in with -10.
        others = 4 * ((alike - 1) * np.exp(scale) + 8 - alike + np.exp(-10))
        loss = np.log(np.exp(scale) + others) - scale
        assert found[kind]["loss"] == pytest.approx(loss, rel=1e-5)
        bound = np.log(7 * 4 + 1) - loss
        assert found[kind]["bound"] == pytest.approx(bound, rel=1e-5, abs=1e-5)


def test_batches_have_their_classes_in_equal_parts_and_no_image_twice():
    labels = np.arange(60) % 6
    random = np.random.default_rng(0)
    by_class = large_classes(labels, 10)
    for count in (1, 3, 4, 6):
        chosen = batch_of_classes(by_class, count, 10, random)
        assert len(set(chosen)) == 10
        parts = np.bincount(labels[chosen], minlength=6)
        assert (parts > 0).sum() == count
        assert parts.max() - parts[parts > 0].min() <= 1


def test_small_classes_are_left_out_and_too_few_are_an_error():
    labels = np.array([0] * 5 + [1] * 2 + [3] * 6)
    assert [len(images) for images in large_classes(labels, 3)] == [5, 6]
    with pytest.raises(DataError, match="batches of 6 .* there are 1. Choose a"):
        large_classes(labels, 6)


# Stacks.


class Brightest:
    """A classifier that takes the digit from the first pixel."""

    def logits(self, images):
        return np.eye(10)[images[:, 0, 0, 0]]


def test_a_mode_is_three_digits():
    images = np.zeros((3, 4, 4, 3), np.uint8)
    images[:, 0, 0] = [[0, 0, 7], [1, 2, 3], [9, 0, 9]]
    assert modes_of(images, Brightest()).tolist() == [7, 123, 909]


def test_every_method_can_be_asked_for():
    assert tuple(METHODS) == COLLAPSE_METHODS
    for name in METHODS:
        config = method_config(SMALL, name, d_width=3)
        config.validate("method")
        assert (config.network.g_width, config.network.d_width) == (1, 3)


def test_mean_of_seeds():
    curves = [
        {"1": {"loss": 1.0}, "2": {"loss": 4.0}},
        {"1": {"loss": 2.0}, "2": {"loss": 0.0}},
    ]
    assert mean_of_seeds(curves) == {"1": {"loss": 1.5}, "2": {"loss": 2.0}}


# The experiment.


def test_it_counts_writes_and_resumes(
    tmp_path, monkeypatch, untrained_classifier, capsys
):
    made = []

    def untrained(config, dataset, method, *, d_width, seed, progress):
        """A GAN that costs seconds less."""
        made.append((method, d_width, seed))
        return method_config(config, method, d_width).build(dataset.spec)

    def learned_nothing(config, dataset, d_width, progress):
        """Likewise."""
        made.append(("alone", d_width))
        return method_config(config, "infomax", d_width).build(dataset.spec)

    monkeypatch.setattr(mode_collapse, "trained_gan", untrained)
    monkeypatch.setattr(mode_collapse, "contrast_alone", learned_nothing)
    report = SMALL.build()({}, tmp_path)
    assert f"{NAME}, seed 0: " in capsys.readouterr().out
    assert json.loads((tmp_path / "mode_collapse.json").read_text()) == report
    coverage = report["results"]["coverage"]
    assert list(coverage) == ["real", NAME]
    assert 1 <= coverage[NAME]["covered"]["mean"] <= 12
    contrasts = report["results"]["contrast"]
    assert list(contrasts) == ["InfoNCE alone, D 1", NAME]
    assert list(contrasts[NAME]) == ["1", "4", "copies"]
    assert report["protocol"]["images_counted"] == 12
    with Image.open(tmp_path / "mode_collapse.png") as image:
        assert min(image.size) > 500
    (tmp_path / "mode_collapse_parts" / "real.json").unlink()
    (tmp_path / "mode_collapse.json").unlink()
    assert SMALL.build()({}, tmp_path)["results"] == report["results"]
    assert made == [("infomax", 1, 0), ("alone", 1)]


def test_a_gan_trains_so_many_steps_from_its_seed(capsys):
    dataset = load(SMALL.data())
    progress = Progress()
    gan = trained_gan(
        SMALL, dataset, "unconditional", d_width=1, seed=5, progress=progress
    )
    assert int(gan.step) == 2
    start = method_config(SMALL, "unconditional", 1)
    keras.utils.set_random_seed(5)
    untrained = start.build(dataset.spec)
    pairs = zip(gan.trainable_variables, untrained.trainable_variables, strict=True)
    changed = [not np.array_equal(ours, before) for ours, before in pairs]
    # Hinge losses leave the bias of a balanced batch alone.
    assert sum(changed) >= len(changed) - 1


@pytest.mark.slow
def test_the_contrast_alone_falls_from_where_it_starts():
    dataset = load(SMALL.data())
    config = dataclasses.replace(SMALL, num_steps=25, batch_size=8, learning_rate=3e-3)
    trained = contrast_alone(config, dataset, 2, Progress())
    keras.utils.set_random_seed(0)
    untrained = method_config(config, "infomax", 2).build(dataset.spec)
    images = scaled(tf.constant(dataset.train.load(np.arange(8))))
    losses = []
    for gan in (untrained, trained):
        outputs = gan.discriminate(images)
        projections = (outputs["local_projections"], outputs["global_projections"])
        losses.append(float(info_nce_loss(*projections)))
    assert losses[1] < losses[0] - 0.01


def started(folder: Path, method):
    config = Config(method=method, data=DataConfig())
    RunFolder(folder).start(config, DataSpec(32, 1, 0))
    return config


def test_with_runs_alone_nothing_is_trained(tmp_path, monkeypatch):
    config = started(tmp_path / "run", InfoMaxGANConfig())
    run = LoadedRun(ClassReader(1.0), config, None, 0, {}, tmp_path / "none")
    monkeypatch.setattr(mode_collapse, "load_run", lambda folder: run)
    dataset = types.SimpleNamespace(train=classes_of(10, 9))
    monkeypatch.setattr(mode_collapse, "load", lambda config: dataset)
    options = ModeCollapseConfig(methods=(), contrast_batch_size=8, contrast_batches=1)
    report = options.build()({"mine": tmp_path / "run"}, tmp_path / "out")
    assert report["results"]["coverage"] == {}
    assert list(report["results"]["contrast"]) == ["mine"]
    assert list(report["results"]["contrast"]["mine"]) == ["1", "2", "4", "8", "copies"]
    assert (tmp_path / "out" / "mode_collapse.png").exists()


def test_runs_of_other_methods_are_refused_before_anything_is_done(tmp_path):
    started(tmp_path / "run", UnconditionalGANConfig())
    with pytest.raises(UsageError, match="is a UnconditionalGAN run, without") as error:
        SMALL.build()({"mine": tmp_path / "run"}, tmp_path / "out")
    assert "\n" not in str(error.value) and not (tmp_path / "out").exists()


def test_nothing_to_do(tmp_path):
    with pytest.raises(UsageError, match="has nothing to look at"):
        ModeCollapseConfig(methods=()).build()({}, tmp_path / "out")


def test_progress_is_silent_most_of_the_time(capsys):
    progress = Progress()
    progress("at once")
    progress("done", always=True)
    assert capsys.readouterr().out.endswith("s] done\n")
    progress("at once again")
    assert capsys.readouterr().out == ""
