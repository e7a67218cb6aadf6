"""Modes covered and the divergence of their shares, against loops in plain Python."""

import math

import numpy as np
import pytest

from tfgan_contra.metrics import mode_coverage


def twin(modes, reference):
    counts = {}
    for mode in modes:
        counts[int(mode)] = counts.get(int(mode), 0) + 1
    total = sum(reference)
    divergence = 0.0
    for mode, count in counts.items():
        share = count / len(modes)
        divergence += share * math.log(share / (reference[mode] / total))
    return len(counts), divergence


@pytest.mark.parametrize("size", [1, 7, 400])
def test_equals_the_twin(size):
    random = np.random.default_rng(size)
    reference = random.integers(1, 50, 30)
    modes = random.integers(0, 30, size) // random.integers(1, 4)
    covered, divergence = mode_coverage(modes, reference)
    expected = twin(modes, list(reference))
    assert covered == expected[0]
    assert divergence == pytest.approx(expected[1], rel=1e-12)


def test_known_values():
    even = np.ones(1000)
    assert mode_coverage(np.arange(1000), even) == (1000, 0.0)
    assert mode_coverage(np.full(9, 7), even) == (1, pytest.approx(math.log(1000)))
    half = mode_coverage(np.arange(500), even)
    assert half == (500, pytest.approx(math.log(2)))
    assert mode_coverage([0, 0, 1], [2, 1]).kl == pytest.approx(0)


def test_a_sample_of_the_data_has_about_the_kl_that_the_docstring_says():
    modes = np.random.default_rng(0).integers(0, 1000, 10_000)
    assert mode_coverage(modes, np.ones(1000)).kl == pytest.approx(0.05, rel=0.15)


@pytest.mark.parametrize(
    ("modes", "reference", "words"),
    [
        ([], [1, 1], "one or more numbers from 0 to 1"),
        ([2], [1, 1], "from 0 to 1"),
        ([-1], [1, 1], "from 0 to 1"),
        ([0], [1, 0], "above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(modes, reference, words):
    with pytest.raises(ValueError, match=words):
        mode_coverage(np.array(modes, int), reference)
