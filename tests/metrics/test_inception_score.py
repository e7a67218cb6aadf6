"""Inception score: the reference, its bounds, bad input."""

import pathlib

import numpy as np
import pytest

from tfgan_contra.errors import DataError
from tfgan_contra.metrics import inception_score, inception_score_std

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "contragan"


def test_equals_the_reference():
    with np.load(GOLDEN / "metrics_fid_is_prdc.npz") as file:
        logits = file["logits"]
        one = float(file["inception_score_splits1/mean"])
        ten = float(file["inception_score_splits10/mean"])
        spread = float(file["inception_score_splits10/std"])
    assert inception_score(logits, 1) == pytest.approx(one, rel=1e-12)
    assert inception_score(logits, 10) == pytest.approx(ten, rel=1e-12)
    assert inception_score_std(logits, 10) == pytest.approx(spread, rel=1e-12)


def test_bounds_and_extreme_logits():
    sure = 1e4 * np.eye(8)[np.arange(80) % 8]
    assert inception_score(sure) == pytest.approx(8)
    assert inception_score(np.zeros((5, 8))) == pytest.approx(1)
    assert inception_score(sure[:1]) == pytest.approx(1)


def test_the_package_name_is_the_function_even_after_importing_the_module():
    import tfgan_contra.metrics
    import tfgan_contra.metrics.inception_score
    import tfgan_contra.metrics.prdc  # noqa: F401

    assert callable(tfgan_contra.metrics.inception_score)
    assert callable(tfgan_contra.metrics.prdc)


def test_refuses_what_has_no_score():
    with pytest.raises(DataError, match="1 to 4.* Received: 5"):
        inception_score(np.zeros((4, 3)), 5)
    with pytest.raises(DataError, match="2 or more. Received: 1"):
        inception_score_std(np.zeros((4, 3)), 1)
    with pytest.raises(DataError, match="1 of 2 rows"):
        inception_score(np.array([[0.0, 1.0], [np.inf, 0.0]]))
