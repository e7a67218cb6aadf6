"""The classifier for small sets: accuracy, cache, side effects, errors."""

import dataclasses
import glob
import os
import random

import keras
import numpy as np
import pytest

from tfgan_contra.config import DataConfig
from tfgan_contra.errors import ConfigError
from tfgan_contra.metrics import classifier
from tfgan_contra.types import DataSpec


def test_learns_the_classes_and_says_so(dataset, cache):
    extractor = classifier.trained_classifier(dataset, cache, 50)
    assert extractor.accuracy is not None and extractor.accuracy >= 0.97
    assert extractor.held_out_images == 150
    described = extractor.describe()
    assert described["classifier_accuracy_on_real"] == extractor.accuracy
    features, logits = extractor.extract(dataset.test.images[:7])
    assert features.shape == (7, 64) and features.dtype == np.float32
    assert logits.shape == (7, 3)
    np.testing.assert_array_equal(extractor(dataset.test.images[:7]), features)


def test_batches_and_padding_change_nothing(dataset, cache):
    small = classifier.trained_classifier(dataset, cache, 4)
    large = classifier.trained_classifier(dataset, cache, 32)
    images = dataset.test.images[:10]
    np.testing.assert_allclose(small(images), large(images), atol=1e-4)


def test_the_second_use_trains_nothing(dataset, cache, monkeypatch):
    first = classifier.trained_classifier(dataset, cache, 50)

    def fail(*_arguments):
        raise AssertionError("trained again")

    monkeypatch.setattr(classifier, "train_classifier", fail)
    again = classifier.trained_classifier(dataset, cache, 50)
    images = dataset.test.images[:20]
    np.testing.assert_array_equal(again.logits(images), first.logits(images))
    assert again.digest == first.digest and again.accuracy == first.accuracy
    dataset.train.labels = dataset.train.labels[::-1].copy()
    with pytest.raises(AssertionError, match="trained again"):
        classifier.trained_classifier(dataset, cache, 50)


def test_a_torn_cache_is_trained_over(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(classifier, "_EPOCHS", 1)
    monkeypatch.setattr(classifier, "_TRUSTED_ACCURACY", 0)
    first = classifier.trained_classifier(dataset, str(tmp_path), 50)
    (path,) = glob.glob(os.path.join(tmp_path, "*"))
    with open(path, "rb+") as file:
        file.truncate(5000)
    again = classifier.trained_classifier(dataset, str(tmp_path), 50)
    images = dataset.test.images[:20]
    # One seed, one classifier: nothing else decides the training.
    np.testing.assert_allclose(
        again.logits(images), first.logits(images), rtol=1e-2, atol=1e-2
    )
    assert os.path.getsize(path) > 5000
    assert os.listdir(tmp_path) == [os.path.basename(path)]


def test_global_randomness_and_precision_are_left_alone(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(classifier, "_EPOCHS", 1)
    monkeypatch.setattr(classifier, "_TRUSTED_ACCURACY", 0)
    np.random.seed(3)
    random.seed(3)
    expected = np.random.rand(), random.random()
    np.random.seed(3)
    random.seed(3)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        extractor = classifier.trained_classifier(dataset, str(tmp_path), 50)
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
    finally:
        keras.config.set_dtype_policy("float32")
    assert (np.random.rand(), random.random()) == expected
    assert {layer.compute_dtype for layer in extractor.network.layers} == {"float32"}


def test_an_unreliable_classifier_is_warned_about(
    dataset, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(classifier, "_EPOCHS", 1)
    dataset.train.labels = np.random.default_rng(0).integers(0, 3, 600, np.int32)
    classifier.trained_classifier(dataset, str(tmp_path), 50)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("warning: the classifier is right on ")
    assert "model:<path>" in line


def test_images_without_classes_are_refused(dataset, tmp_path):
    dataset.spec = dataclasses.replace(dataset.spec, num_classes=0, class_names=())
    with pytest.raises(ConfigError, match="needs images of 2 .* Received: 0 classes"):
        classifier.trained_classifier(dataset, str(tmp_path), 50)


@pytest.mark.parametrize(
    ("size", "channels"), [(32, 1), (64, 3), (128, 3), (256, 3), (28, 1)]
)
def test_the_network_fits_every_image_size(size, channels):
    network = classifier.classifier_network(DataSpec(size, channels, 7), 0)
    features, logits = network(np.zeros((2, size, size, channels), np.float32))
    assert features.shape == (2, 64) and logits.shape == (2, 7)
    assert network.count_params() < 700_000


@pytest.mark.slow
def test_digits_are_told_apart(tmp_path):
    from tfgan_contra.data import load

    digits = load(DataConfig(source="bundled:digits"))
    extractor = classifier.trained_classifier(digits, str(tmp_path), 100)
    assert extractor.held_out_images == 297
    assert extractor.accuracy >= 0.97
