"""Frechet distance: the reference's numbers, closed forms, streaming, bad input."""

import pathlib

import numpy as np
import pytest
import scipy.linalg

from tfgan_contra.errors import DataError
from tfgan_contra.metrics import (
    Moments,
    frechet_distance,
    frechet_distance_from_moments,
    intra_class_frechet_distances,
)

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "contragan"


@pytest.fixture(scope="module")
def reference() -> dict[str, np.ndarray]:
    with np.load(GOLDEN / "metrics_fid_is_prdc.npz") as file:
        return dict(file)


def moments_of(features: np.ndarray, batch: int = 100) -> Moments:
    moments = Moments(features.shape[1])
    for start in range(0, len(features), batch):
        moments.update(features[start : start + batch])
    return moments


def test_equals_the_reference(reference):
    value = frechet_distance(reference["real_features"], reference["fake_features"])
    assert value == pytest.approx(float(reference["fid"]), rel=1e-9)


def test_equals_the_reference_for_a_rank_deficient_side(reference):
    few = reference["fake_features"][:40]
    expected = float(reference["fid_fake_first_40_rank_deficient"])
    value = frechet_distance(reference["real_features"], few)
    assert value == pytest.approx(expected, rel=1e-7)
    streamed = frechet_distance_from_moments(
        moments_of(reference["real_features"]), moments_of(few)
    )
    assert streamed == pytest.approx(value, rel=1e-9)


def test_against_itself_is_about_zero(reference):
    real = reference["real_features"]
    assert 0 <= frechet_distance(real, real) < 1e-10
    streamed = frechet_distance_from_moments(moments_of(real), moments_of(real, 37))
    assert 0 <= streamed < 1e-10


def test_equals_scipys_matrix_root_on_random_data():
    random = np.random.default_rng(0)
    real = random.normal(size=(200, 12)) @ random.normal(size=(12, 12)) + 3
    fake = random.normal(size=(150, 12)) @ random.normal(size=(12, 12))
    one, two = np.cov(real, rowvar=False), np.cov(fake, rowvar=False)
    root = scipy.linalg.sqrtm(one @ two)
    shift = real.mean(axis=0) - fake.mean(axis=0)
    expected = shift @ shift + np.trace(one + two) - 2 * np.trace(root).real
    assert frechet_distance(real, fake) == pytest.approx(expected, rel=1e-9)


def test_fewer_images_than_features_is_finite():
    random = np.random.default_rng(1)
    real, fake = random.normal(size=(9, 50)), random.normal(size=(7, 50)) + 1
    direct = frechet_distance(real, fake)
    streamed = frechet_distance_from_moments(moments_of(real, 4), moments_of(fake, 4))
    assert np.isfinite(direct) and direct > 0
    assert streamed == pytest.approx(direct, rel=1e-6)


def test_images_all_alike_give_the_squared_distance_of_the_means():
    ones = np.ones((5, 4))
    assert frechet_distance(ones, ones + 2) == pytest.approx(16)
    value = frechet_distance_from_moments(moments_of(ones), moments_of(ones + 2))
    assert value == pytest.approx(16)


def test_moments_equal_numpy_and_do_not_depend_on_the_batches(reference):
    features = reference["real_features"]
    moments = moments_of(features, 33)
    np.testing.assert_allclose(moments.mean, reference["real_mu"], rtol=1e-9)
    # The reference summed means of float32 features; NumPy's float64 is the judge.
    exact = np.cov(features.astype(np.float64), rowvar=False)
    np.testing.assert_allclose(moments.covariance, exact, rtol=0, atol=1e-13)
    np.testing.assert_allclose(
        moments.covariance, reference["real_sigma"], rtol=0, atol=1e-9
    )


def test_moments_merge_like_one_stream(reference):
    features = reference["fake_features"]
    left, right = moments_of(features[:700]), moments_of(features[700:])
    left.merge(right)
    left.merge(Moments(features.shape[1]))
    whole = moments_of(features)
    assert left.count == whole.count == len(features)
    np.testing.assert_allclose(left.mean, whole.mean, rtol=1e-12)
    np.testing.assert_allclose(left.covariance, whole.covariance, atol=1e-13)


def test_moments_survive_a_large_common_offset():
    random = np.random.default_rng(2)
    features = random.normal(size=(4000, 3))
    moments = moments_of(features + 1e7, 50)
    np.testing.assert_allclose(
        moments.covariance, np.cov(features, rowvar=False), atol=1e-7
    )


def test_intra_class_is_the_distance_within_each_class():
    random = np.random.default_rng(3)
    real, fake = random.normal(size=(60, 5)), random.normal(size=(90, 5)) + 1
    labels_real, labels_fake = np.arange(60) % 3, np.arange(90) % 4
    distances = intra_class_frechet_distances(real, labels_real, fake, labels_fake)
    assert sorted(distances) == [0, 1, 2]
    expected = frechet_distance(real[labels_real == 1], fake[labels_fake == 1])
    assert distances[1] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("real", "fake", "message"),
    [
        (np.zeros((1, 3)), np.zeros((5, 3)), "real images must be .* 2 or more"),
        (np.zeros((5, 3)), np.zeros((5, 4)), "same number of features.*3 and 4"),
        (np.zeros((5, 3)), np.full((5, 3), np.nan), "fake images.*5 of 5 rows"),
        (np.zeros(5), np.zeros((5, 3)), r"real images must be \[N, D\]"),
    ],
)
def test_bad_features_are_named_in_one_line(real, fake, message):
    with pytest.raises(DataError, match=message) as caught:
        frechet_distance(real, fake)
    assert "\n" not in str(caught.value)


def test_moments_refuse_other_widths_and_single_rows():
    moments = Moments(3)
    with pytest.raises(DataError, match="3 features per image. Received: 4"):
        moments.update(np.zeros((2, 4)))
    with pytest.raises(DataError, match="Received: 4 features"):
        moments.merge(Moments(4))
    moments.update(np.zeros((1, 3)))
    with pytest.raises(DataError, match="2 or more rows. Received: 1"):
        frechet_distance_from_moments(moments, moments)
