"""The evaluator end to end: what it must see, name, say and remember."""

import dataclasses
import json
import os

import numpy as np
import pytest

from tfgan_contra.config import EvaluationConfig
from tfgan_contra.errors import ConfigError, DataError
from tfgan_contra.metrics import Evaluator, classifier
from tfgan_contra.metrics.features import BatchedExtractor, Outputs


class Pixels(BatchedExtractor):
    """Features anyone can recompute: the mean of every fourth row, and a bias."""

    def __init__(self, is_fid: bool = False, logits: int = 0) -> None:
        super().__init__("pixels", "1", "none", 10)
        self.is_fid, self.num_logits, self.calls = is_fid, logits, 0

    def forward(self, images: np.ndarray) -> Outputs:
        self.calls += 1
        features = images[:, ::4].mean(axis=(2, 3)) / 255
        logits = features[:, :1] * np.arange(self.num_logits)
        return Outputs(features, logits if self.num_logits else None)


@pytest.fixture
def config(cache) -> EvaluationConfig:
    return EvaluationConfig(num_images=300, batch_size=50, cache_dir=cache)


@pytest.fixture
def own_cache(tmp_path) -> EvaluationConfig:
    return EvaluationConfig(num_images=90, batch_size=20, cache_dir=str(tmp_path))


def test_real_images_score_well(config, dataset):
    evaluator = Evaluator(config, dataset)
    result = evaluator.evaluate(dataset.sample)
    metrics = result["metrics"]
    assert metrics["conditional_accuracy"] > 0.97
    assert metrics["coverage"] > 0.9 and metrics["precision"] > 0.8
    assert metrics["recall"] > 0.8 and metrics["density"] > 0.7
    assert set(result["per_class"]) == {"bar", "corner", "cross"}
    assert min(result["per_class"].values()) > 0.95
    assert result["relabelling"] == {}
    assert np.sum(result["confusion"]) == 300
    name = evaluator.headline.name
    assert name == "frechet_classifier" and evaluator.headline.lower_is_better
    noise = np.random.default_rng(0).integers(0, 256, (50, 16, 16, 1), np.uint8)
    worse = evaluator.evaluate(lambda _labels, _seeds: noise)["metrics"]
    assert worse[name] > 5 * metrics[name]
    assert worse["coverage"] < 0.2 and worse["conditional_accuracy"] < 0.5


def test_permuted_classes_are_seen(config, dataset):
    result = Evaluator(config, dataset).evaluate(
        lambda labels, seeds: dataset.sample((labels + 1) % 3, seeds)
    )
    metrics = result["metrics"]
    assert metrics["conditional_accuracy"] < 0.03
    assert metrics["permuted_accuracy"] > 0.97
    assert result["relabelling"] == {"bar": "corner", "corner": "cross", "cross": "bar"}
    # Each class is as far from its own as classes are from one another.
    assert metrics["intra_frechet_classifier"] > 5 * metrics["frechet_classifier"]


def test_one_class_for_all_is_neither_right_nor_a_permutation(config, dataset):
    result = Evaluator(config, dataset).evaluate(
        lambda labels, seeds: dataset.sample(np.zeros_like(labels), seeds)
    )
    assert result["metrics"]["conditional_accuracy"] == pytest.approx(1 / 3, abs=0.02)
    assert result["metrics"]["permuted_accuracy"] == pytest.approx(1 / 3, abs=0.02)


def test_the_protocol_says_how_it_was_done(config, dataset):
    result = Evaluator(config, dataset).evaluate(dataset.sample, seed=7)
    protocol = result["protocol"]
    expected = {
        "extractor": "classifier",
        "extractor_name": "classifier",
        "n_real": 150,
        "n_fake": 300,
        "reference_split": "test",
        "resize": "none",
        "nearest_k": 5,
        "seed": 7,
        "labels": "balanced",
        "num_features": 64,
        "prdc_real": 150,
        "prdc_fake": 300,
        "kernel_subset_size": 150,
        "classifier_held_out_images": 150,
    }
    assert {name: protocol[name] for name in expected} == expected
    assert protocol["classifier_accuracy_on_real"] >= 0.97
    assert protocol["notes"] == [
        "split test has 150 images, fewer than num_images=300; all were used"
    ]
    assert json.loads(json.dumps(result)) == result


def test_requests_are_balanced_and_repeatable(own_cache, dataset):
    asked: list[tuple[np.ndarray, np.ndarray]] = []

    def sample(labels, seeds):
        asked.append((labels, seeds))
        return dataset.sample(labels, seeds)

    evaluator = Evaluator(own_cache, dataset, extractor=Pixels())
    first = evaluator.evaluate(sample, seed=3)
    half = len(asked)
    labels, seeds = (np.concatenate(parts) for parts in zip(*asked, strict=True))
    assert [len(part) for part, _ in asked] == [20, 20, 20, 20, 10]
    assert np.bincount(labels).tolist() == [30, 30, 30]
    assert seeds.dtype == np.int64 and seeds.min() >= 0
    assert len(np.unique(seeds)) == 90
    assert evaluator.evaluate(sample, seed=3) == first
    np.testing.assert_array_equal(asked[half][1], asked[0][1])
    assert evaluator.evaluate(sample, seed=4) != first


def test_only_the_fid_graph_is_called_fid(own_cache, dataset):
    fid = Evaluator(own_cache, dataset, extractor=Pixels(is_fid=True))
    assert fid.headline.name == "fid"
    assert {"fid", "kid", "kid_std", "intra_fid"} <= set(
        fid.evaluate(dataset.sample)["metrics"]
    )
    other = Evaluator(own_cache, dataset, extractor=Pixels(logits=5))
    result = other.evaluate(dataset.sample)
    names = set(result["metrics"])
    assert {"frechet_pixels", "kernel_pixels", "inception_score_pixels"} <= names
    assert not [name for name in names if "fid" in name or "kid" in name]
    assert "inception_score" not in names
    # Five logits say nothing about three classes.
    assert "conditional_accuracy" not in names and result["per_class"] == {}


def test_any_extractor_with_the_data_sets_classes_measures_accuracy(own_cache, dataset):
    evaluator = Evaluator(own_cache, dataset, extractor=Pixels(logits=3))
    metrics = evaluator.evaluate(dataset.sample)["metrics"]
    # The stand-in always sees the last class.
    assert metrics["conditional_accuracy"] == pytest.approx(1 / 3)


def test_the_headline_is_the_frechet_distance_of_the_features(own_cache, dataset):
    from tfgan_contra.metrics import frechet_distance

    evaluator = Evaluator(own_cache, dataset, extractor=Pixels())
    drawn = []

    def sample(labels, seeds):
        drawn.append(dataset.sample(labels, seeds))
        return drawn[-1]

    metrics = evaluator.evaluate(sample)["metrics"]
    real = dataset.test.images[evaluator.reference_indices()]
    fake = np.concatenate(drawn)
    expected = frechet_distance(
        *(side[:, ::4].mean(axis=(2, 3)) / 255 for side in (real, fake))
    )
    assert metrics["frechet_pixels"] == pytest.approx(expected, rel=1e-4)


def test_real_features_are_computed_once_and_kept(own_cache, dataset):
    extractor = Pixels()
    evaluator = Evaluator(own_cache, dataset, extractor=extractor)
    first = evaluator.evaluate(dataset.sample)
    calls = extractor.calls
    evaluator.evaluate(dataset.sample)
    fake_calls = extractor.calls - calls
    assert calls > fake_calls
    again = Pixels()
    assert (
        Evaluator(own_cache, dataset, extractor=again).evaluate(dataset.sample) == first
    )
    assert again.calls == fake_calls
    (kept,) = os.listdir(own_cache.cache_dir)
    assert kept.startswith("real-pixels-1-") and kept.endswith("-test-90.npz")
    other = dataclasses.replace(own_cache, reference_split="train")
    Evaluator(other, dataset, extractor=again).evaluate(dataset.sample)
    assert len(os.listdir(own_cache.cache_dir)) == 2


def test_a_cache_that_cannot_be_written_is_a_warning(own_cache, dataset, tmp_path):
    (tmp_path / "file").write_text("")
    config = dataclasses.replace(own_cache, cache_dir=str(tmp_path / "file" / "below"))
    evaluator = Evaluator(config, dataset, extractor=Pixels())
    with pytest.warns(UserWarning, match="was not written.*evaluation.cache_dir"):
        result = evaluator.evaluate(dataset.sample)
    assert result["metrics"]["frechet_pixels"] >= 0


@pytest.mark.parametrize("labelled", [True, False])
def test_unconditional_generators_are_asked_for_nothing(own_cache, dataset, labelled):
    if not labelled:
        dataset.spec = dataclasses.replace(dataset.spec, num_classes=0, class_names=())
    seen = []

    def sample(labels, seeds):
        seen.append(labels)
        return dataset.sample(labels, seeds)

    evaluator = Evaluator(own_cache, dataset, extractor=Pixels(logits=3))
    result = evaluator.evaluate(sample, conditional=False if labelled else None)
    assert set(seen) == {None}
    assert result["protocol"]["labels"] == "none"
    assert "conditional_accuracy" not in result["metrics"]
    assert not [name for name in result["metrics"] if "intra" in name]


def test_bad_samples_are_refused(own_cache, dataset):
    evaluator = Evaluator(own_cache, dataset, extractor=Pixels())
    for bad in (np.zeros((20, 16, 16, 1)), np.zeros((20, 8, 8, 1), np.uint8)):
        with pytest.raises(DataError, match=r"must return uint8 \[20, 16, 16, 1\]"):
            evaluator.evaluate(lambda _labels, _seeds, bad=bad: bad)


def test_bad_configs_are_refused_before_anything_is_trained(dataset, monkeypatch):
    monkeypatch.setattr(classifier, "train_classifier", None)
    with pytest.raises(ConfigError, match="nearest_k must be below the 150.*: 150"):
        Evaluator(EvaluationConfig(nearest_k=150), dataset)
    with pytest.raises(ConfigError, match="did you mean 'classifier'"):
        Evaluator(EvaluationConfig(extractor="classfier"), dataset)


def in_batches(images, size=20):
    return (images[start : start + size] for start in range(0, len(images), size))


def test_given_images_are_measured_as_requested_ones_are(own_cache, dataset):
    evaluator = Evaluator(own_cache, dataset, extractor=Pixels(logits=3))
    drawn = []

    def sample(labels, seeds):
        drawn.append((labels, dataset.sample(labels, seeds)))
        return drawn[-1][1]

    expected = evaluator.evaluate(sample, seed=5)
    labels = np.concatenate([labels for labels, _ in drawn])
    images = np.concatenate([images for _, images in drawn])
    result = evaluator.evaluate_images(in_batches(images), labels=labels, seed=5)
    assert result.pop("protocol") == expected.pop("protocol") | {"labels": "given"}
    assert result == expected
    assert "conditional_accuracy" in result["metrics"]
    unlabelled = evaluator.evaluate_images(in_batches(images, 33), seed=5)
    assert unlabelled["protocol"]["labels"] == "none"
    assert unlabelled["metrics"]["density"] == expected["metrics"]["density"]
    assert "conditional_accuracy" not in unlabelled["metrics"]


def test_given_images_are_checked(own_cache, dataset):
    evaluator = Evaluator(own_cache, dataset, extractor=Pixels())
    images = dataset.test.images
    with pytest.raises(DataError, match=r"must return uint8 \[20, 16, 16, 1\]"):
        evaluator.evaluate_images(in_batches(images[:, ::2]))
    with pytest.raises(DataError, match="one for each of the 150 images. Received: 2"):
        evaluator.evaluate_images(in_batches(images), labels=np.zeros(2, int))
    with pytest.raises(DataError, match="no images to measure"):
        evaluator.evaluate_images([])
