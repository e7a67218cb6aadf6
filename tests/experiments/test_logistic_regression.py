"""Both solvers against the objective written out, and against each other."""

import numpy as np
import pytest

from tfgan_contra.experiments import logistic_regression
from tfgan_contra.experiments.logistic_regression import (
    choose_solver,
    fit_lbfgs,
    fit_sgd,
    standardise,
)


def clusters(classes, count=240, features=6, distance=1.0, seed=0):
    """Overlapping Gaussian clusters, one per class."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes, count)
    centres = distance * random.standard_normal((classes, features))
    images = centres[labels] + random.standard_normal((count, features))
    return standardise(images.astype(np.float32), images[:1])[0], labels


def gradient_of(fitted, features, labels, l2):
    """That of mean cross entropy + l2 / 2 * |W|^2, row by row."""
    weights = np.asarray(fitted.weights, np.float64)
    total, biases = l2 * weights, np.zeros(len(fitted.biases))
    for x, label in zip(features.astype(np.float64), labels, strict=True):
        logits = x @ weights + fitted.biases
        shares = np.exp(logits) / np.exp(logits).sum()
        shares[list(fitted.classes).index(label)] -= 1
        total = total + np.outer(x, shares) / len(labels)
        biases = biases + shares / len(labels)
    return max(np.abs(total).max(), np.abs(biases).max())


@pytest.mark.parametrize("classes", [2, 4])
def test_both_solvers_find_the_minimum(classes):
    # More than a batch.
    features, labels = clusters(classes, count=300)
    l2 = 0.02
    by_lbfgs = fit_lbfgs(features, labels, l2, 200)
    by_sgd = fit_sgd(features, labels, l2, 300, seed=0)
    at_zero = by_sgd._replace(weights=0 * by_sgd.weights, biases=0 * by_sgd.biases)
    assert gradient_of(at_zero, features, labels, l2) > 0.05
    for fitted in (by_lbfgs, by_sgd):
        assert gradient_of(fitted, features, labels, l2) < 1e-3
    np.testing.assert_allclose(by_sgd.weights, by_lbfgs.weights, atol=0.02)
    others, _ = clusters(classes, seed=1)
    agree = by_sgd.predict(others) == by_lbfgs.predict(others)
    assert agree.mean() > 0.98
    assert by_lbfgs.converged and by_lbfgs.passes < 200 and by_sgd.passes == 300


def test_more_features_than_images_agree_too():
    features, labels = clusters(3, count=60, features=200)
    tests, true = features[40:], labels[40:]
    by_lbfgs = fit_lbfgs(features[:40], labels[:40], 0.1, 200)
    by_sgd = fit_sgd(features[:40], labels[:40], 0.1, 200, seed=0)
    difference = by_lbfgs.accuracy(tests, true) - by_sgd.accuracy(tests, true)
    assert abs(difference) <= 0.05


def test_labels_may_have_gaps():
    features, labels = clusters(3, distance=6.0)
    renamed = np.array([7, 2, 30])[labels]
    for fitted in (
        fit_lbfgs(features, renamed, 0.01, 100),
        fit_sgd(features, renamed, 0.01, 50, seed=0),
    ):
        assert list(fitted.classes) == [2, 7, 30]
        assert fitted.accuracy(features, renamed) > 0.99
        assert fitted.accuracy(features, np.roll(renamed, 1)) < 0.6


def test_what_is_random_follows_from_the_seed():
    # More than a batch, so that the order matters.
    features, labels = clusters(3, count=300)
    first, again, other = (
        fit_sgd(features, labels, 0.01, 2, seed).weights for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-4


def test_a_fit_that_stops_early_says_so_and_warns_nobody():
    features, labels = clusters(4)
    stopped = fit_lbfgs(features, labels, 1e-4, 2)
    assert stopped.converged is False and stopped.passes == 2


def test_standardising_equals_the_loops():
    random = np.random.default_rng(0)
    scale = np.array([1.0, 30.0, 0.01, 0.0])
    train, test = (
        (5 + scale * random.standard_normal((rows, 4))).astype(np.float32)
        for rows in (50, 7)
    )
    test[:, 3] = 9.0
    kept = train.copy()
    x, y = standardise(train, test)
    for i in range(3):
        mean = sum(train[:, i].tolist()) / 50
        variance = sum((v - mean) ** 2 for v in train[:, i].tolist()) / 50
        for found, given in ((x, train), (y, test)):
            expected = (given[:, i] - mean) / np.sqrt(variance)
            np.testing.assert_allclose(found[:, i], expected, atol=2e-3)
    # What is constant in training tells nothing, whatever it is in testing.
    assert not x[:, 3].any() and not y[:, 3].any()
    np.testing.assert_array_equal(train, kept)


def test_auto_takes_lbfgs_where_features_are_few(monkeypatch):
    monkeypatch.setattr(logistic_regression, "FEW_VALUES", 100)
    assert choose_solver("auto", 100) == "lbfgs"
    assert choose_solver("auto", 101) == "sgd"
    assert choose_solver("lbfgs", 101) == "lbfgs"
    assert choose_solver("sgd", 1) == "sgd"
