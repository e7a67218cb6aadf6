"""Forgetting: the numbers against loops, the batches, the variants, and resuming."""

import dataclasses
import json
from typing import ClassVar

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfgan_contra.data import load
from tfgan_contra.data.pipeline import scaled
from tfgan_contra.data.specs import ArraySource, ImageDataset
from tfgan_contra.errors import DataError
from tfgan_contra.experiments import forgetting, one_against_rest
from tfgan_contra.experiments.configs import ForgettingConfig
from tfgan_contra.experiments.forgetting import drops, held_out, summary
from tfgan_contra.experiments.one_against_rest import (
    OneAgainstRest,
    task_accuracy,
    task_batches,
)
from tfgan_contra.experiments.spread import spread_of
from tfgan_contra.types import DataSpec

SMALL = ForgettingConfig(
    max_classes=2,
    num_seeds=1,
    variants=("rotation",),
    steps_per_class=3,
    first_steps=2,
    eval_every=2,
    held_out_per_class=5,
    batch_size=4,
    width=1,
    projection_dim=2,
)


def images_of(labels):
    """Small images whose first pixel is their number."""
    images = np.zeros((len(labels), 32, 32, 1), np.uint8)
    images[:, 0, 0, 0] = np.arange(len(labels))
    return ArraySource(images, np.array(labels))


@pytest.fixture(scope="module")
def digits():
    return load(ForgettingConfig().data())


# The numbers.


def test_drops_equal_the_loops():
    random = np.random.default_rng(0)
    seeds, cycles, classes, offsets = 2, 3, 4, [0, 2, 4, 6]
    values = random.random((seeds, cycles, classes, len(offsets)))
    found = drops(values, offsets, first_steps=5)
    for seed in range(seeds):
        after, drop, at_switch = [], [], []
        for cycle in range(1, cycles):
            for k in range(classes):
                now, before = values[seed, cycle, k], values[seed, cycle - 1, k, 3]
                first = (now[1] + now[2]) / 2  # After 2 and 4 updates.
                after.append(first)
                drop.append(before - first)
                at_switch.append(before - now[0])
        ends = [values[seed, c, k, 3] for c in range(cycles) for k in range(classes)]
        expected = {
            "after_switch": after,
            "drop": drop,
            "drop_at_switch": at_switch,
            "end_of_turn": ends,
        }
        assert set(found) == set(expected)
        for name, numbers in expected.items():
            assert found[name][seed] == pytest.approx(np.mean(numbers))


def test_summary_pairs_the_seeds_with_none():
    forgets, keeps = np.zeros((2, 2, 2, 2, 2))
    forgets[:, 0, :, -1] = keeps[:, 0, :, -1] = 1
    keeps[0, 1] = 0.75
    keeps[1, 1] = 0.25
    found = summary({"none": forgets, "rotation": keeps}, [0, 1], 1)
    assert found["none"]["drop"]["seeds"] == [1, 1]
    assert "drop_below_none" not in found["none"]
    assert found["rotation"]["drop"]["seeds"] == [0.25, 0.75]
    below = found["rotation"]["drop_below_none"]
    assert below["seeds"] == [0.75, 0.25] and below["mean"] == 0.5
    assert found["curves"]["rotation"][1] == [[0.5, 0.5]] * 2
    alone = summary({"rotation": keeps}, [0, 1], 1)
    assert "drop_below_none" not in alone["rotation"]


def test_spread_is_that_of_a_sample():
    found = spread_of([1.0, 2.0, 6.0])
    assert found["mean"] == 3 and found["min"] == 1 and found["max"] == 6
    assert found["sd"] == pytest.approx(np.sqrt((4 + 1 + 9) / 2), abs=1e-6)
    assert spread_of([4.0])["sd"] == 0


def test_accuracy_weighs_the_class_and_the_rest_alike():
    labels = np.array([0, 0, 1, 1, 2, 2])
    logits = np.array([1.0, -1, -1, -1, 2, -3])
    assert task_accuracy(logits, labels, 0) == (1 / 2 + 3 / 4) / 2
    assert task_accuracy(logits, labels, 2) == (1 / 2 + 3 / 4) / 2
    assert task_accuracy(logits, labels, 1) == (0 + 2 / 4) / 2
    random = np.random.default_rng(1).normal(size=6)
    mean = np.mean([task_accuracy(random, labels, k) for k in range(3)])
    assert mean == pytest.approx(0.5)


# The images.


def test_batches_are_balanced_and_go_on_where_a_turn_ended():
    labels = [0] * 6 + [1] * 4 + [2] * 8 + [3] * 5
    source = images_of(labels)

    def numbers(steps, task=1, seed=0):
        batches = list(task_batches(source, task, 3, steps, seed, 4))
        for images, targets in batches:
            assert targets.tolist() == [1, 0, 1, 0]
            own = [labels[i] == task for i in images[:, 0, 0, 0]]
            assert own == [True, False, True, False]
            assert max(labels[i] for i in images[:, 0, 0, 0]) < 3
        return [images[:, 0, 0, 0].tolist() for images, _ in batches]

    whole = numbers(range(7))
    assert numbers(range(3)) + numbers(range(3, 7)) == whole
    assert numbers(range(7), seed=1) != whole
    # No image comes twice before all have come.
    rest = [number for batch in whole for number in batch[1::2]]
    assert len(set(rest)) == 14
    own = [number for batch in whole[:2] for number in batch[::2]]
    assert sorted(own) == [6, 7, 8, 9]


def test_held_out_takes_as_many_of_each_class_as_there_are():
    source = images_of([0] * 9 + [1] * 2 + [2] * 9 + [3] * 9)
    chosen = held_out(source, 3, 4)
    assert np.bincount(source.labels[chosen]).tolist() == [4, 2, 4]
    assert sorted(set(chosen)) == chosen.tolist()


# The classifiers.


def test_variants_start_from_one_trunk_and_add_their_loss(digits):
    images = scaled(tf.constant(digits.train.load(np.arange(8))))
    double = dataclasses.replace(SMALL, rotation_weight=2.0, info_nce_weight=0.4)
    seen = {}
    for variant in one_against_rest.AUXILIARIES:
        classifier = OneAgainstRest(digits.spec, SMALL, variant, seed=3)
        outputs, loss = classifier.auxiliary(images)
        seen[variant] = outputs["global_features"].numpy()
        # Turned images are no part of the task.
        np.testing.assert_allclose(seen[variant], seen["none"], rtol=1e-5)
        assert seen[variant].shape == (8, 2) and seen[variant].any()
        assert (float(loss) > 0) == (variant != "none")
        classifier.auxiliary.config = double
        _, twice = classifier.auxiliary(images)
        assert float(twice) == pytest.approx(2 * float(loss), rel=1e-3)


# The experiment.


class Guesser:
    """In the place of a classifier: it says what its seed and its updates say."""

    made: ClassVar[list] = []

    def __init__(self, spec, config, variant, seed):
        self.made.append((variant, seed))
        self.updates = 0
        self.random = np.random.default_rng([seed, len(variant)])

    def update(self, images, targets):
        assert len(images) == 2 * int(np.sum(targets)) == 4
        self.updates += 1

    def logits(self, images):
        return self.random.normal(size=len(images)) + self.updates


def test_it_runs_and_writes(tmp_path, capsys):
    report = SMALL.build()({}, tmp_path)
    assert json.loads((tmp_path / "forgetting.json").read_text()) == report
    assert report["protocol"]["offsets"] == [0, 2, 3]
    assert report["protocol"]["held_out_images"] == 10
    assert report["protocol"]["updates_of_each_classifier"] == 12
    curve = np.array(report["results"]["curves"]["rotation"])
    assert curve.shape == (2, 2, 3) and (0 <= curve).all() and (curve <= 1).all()
    with Image.open(tmp_path / "forgetting.png") as image:
        assert min(image.size) > 500


def test_killed_it_goes_on_after_the_last_part(tmp_path, monkeypatch):
    monkeypatch.setattr(forgetting, "OneAgainstRest", Guesser)
    config = dataclasses.replace(SMALL, variants=("none", "info_nce"), num_seeds=2)
    whole = config.build()({}, tmp_path)
    expected = [(v, s) for s in range(2) for v in ("none", "info_nce")]
    assert Guesser.made == expected
    (tmp_path / "forgetting_parts" / "none-seed-1.json").unlink()
    (tmp_path / "forgetting.json").unlink()
    again = config.build()({}, tmp_path)
    assert Guesser.made == [*expected, ("none", 1)]
    assert again == whole
    for name in ("none", "info_nce"):
        assert len(again["results"][name]["drop"]["seeds"]) == 2


@pytest.mark.parametrize(
    ("labels", "num_classes", "words"),
    [
        ([0, 0], 1, "needs images of 2 or more classes; bundled:digits has 1"),
        ([0, 0], 0, "bundled:digits has 0"),
        ([1, 1, 2], 3, "has no image of class 0 to train on"),
    ],
)
def test_one_line_where_there_is_nothing_to_tell_apart(
    tmp_path, monkeypatch, labels, num_classes, words
):
    source = images_of(labels)
    spec = DataSpec(32, 1, num_classes)
    dataset = ImageDataset(spec, source, source)
    monkeypatch.setattr(forgetting, "load", lambda config: dataset)
    with pytest.raises(DataError, match=words) as error:
        SMALL.build()({}, tmp_path / "none")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "none").exists()
