"""Kernel distance against an independent twin in plain loops."""

import numpy as np
import pytest

from tfgan_contra.errors import DataError
from tfgan_contra.metrics import kernel_distance, kernel_distance_and_std


def mmd_in_loops(real: np.ndarray, fake: np.ndarray) -> float:
    def k(a: np.ndarray, b: np.ndarray) -> float:
        return (float(np.dot(a, b)) / len(a) + 1.0) ** 3

    def within(rows: np.ndarray) -> float:
        n = len(rows)
        pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
        return sum(k(rows[i], rows[j]) for i, j in pairs) / len(pairs)

    across = np.mean([k(a, b) for a in real for b in fake])
    return within(real) + within(fake) - 2 * float(across)


@pytest.fixture
def sides() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return random.normal(size=(30, 6)), random.normal(size=(30, 6)) * 1.5 + 0.4


def test_equals_the_twin(sides):
    result = kernel_distance_and_std(*sides, subset_size=30)
    assert result.mean == pytest.approx(mmd_in_loops(*sides), rel=1e-10)
    assert (result.std, result.num_subsets, result.subset_size) == (0.0, 1, 30)


def test_subsets_average_to_the_whole(sides):
    result = kernel_distance_and_std(*sides, num_subsets=400, subset_size=15)
    whole = mmd_in_loops(*sides)
    error = result.std / np.sqrt(400)
    assert result.num_subsets == 400 and result.std > 0
    assert abs(result.mean - whole) < 4 * error
    assert kernel_distance(*sides, num_subsets=400, subset_size=15) == result.mean


def test_the_smaller_side_limits_the_subset(sides):
    real, fake = sides
    result = kernel_distance_and_std(real[:11], fake, num_subsets=3)
    assert result.subset_size == 11 and result.num_subsets == 3


def test_is_unbiased_for_equal_distributions():
    random = np.random.default_rng(5)
    values = [
        kernel_distance(*random.normal(size=(2, 20, 4)), subset_size=20)
        for _ in range(300)
    ]
    assert min(values) < 0 < max(values)
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(300)


def test_the_seed_decides(sides):
    draws = [
        kernel_distance(*sides, num_subsets=2, subset_size=5, seed=s) for s in (0, 0, 1)
    ]
    assert draws[0] == draws[1] != draws[2]


def test_refuses_impossible_subsets(sides):
    with pytest.raises(DataError, match="Received: 0 and 10"):
        kernel_distance(*sides, num_subsets=0, subset_size=10)
    with pytest.raises(DataError, match="Received: 5 and 1"):
        kernel_distance(*sides, num_subsets=5, subset_size=1)
