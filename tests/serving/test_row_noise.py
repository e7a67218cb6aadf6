"""The per-row generator against published vectors, TensorFlow's own and SciPy."""

import numpy as np
import pytest
import scipy.special
import tensorflow as tf

from tfgan_contra.row_noise import philox_4x32_10, row_bits, row_latents

# philox 4x32, 10 rounds, from the known-answer file of Random123: counter, key, result.
KNOWN_ANSWERS = [
    (
        (0, 0, 0, 0),
        (0, 0),
        (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
    ),
    (
        (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
        (0xFFFFFFFF, 0xFFFFFFFF),
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]
SEEDS = np.array([0, 1, -1, 2**40 + 17, -(2**63), 2**63 - 1], np.int64)


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN_ANSWERS)
def test_philox_gives_the_published_answers(counter, key, expected):
    words = philox_4x32_10(
        tuple(tf.constant(c, tf.uint64) for c in counter),
        tuple(tf.constant(k, tf.uint64) for k in key),
    )
    assert tuple(int(word) for word in words) == expected


def test_bits_equal_an_independent_implementation():
    bits = row_bits(SEEDS, 13).numpy()
    for seed, row in zip(SEEDS, bits, strict=True):
        theirs = tf.raw_ops.StatelessRandomUniformFullIntV2(
            shape=[16],
            key=np.array([seed], np.int64).view(np.uint64),
            counter=np.zeros([2], np.uint64),
            alg=1,
            dtype=tf.uint32,
        )
        assert row.tolist() == theirs.numpy()[:13].tolist()


def test_a_longer_row_starts_with_the_shorter_one():
    np.testing.assert_array_equal(row_bits(SEEDS, 19)[:, :6], row_bits(SEEDS, 6))


@pytest.mark.parametrize("truncation", [None, 0.683])
def test_latents_are_the_normal_quantile_of_the_bits(truncation):
    uniform = (row_bits(SEEDS, 7).numpy().astype(np.float64) + 0.5) / 2.0**32
    kept = 1.0 if truncation is None else np.float64(np.float32(truncation))
    expected = scipy.special.ndtri(0.5 + kept * (uniform - 0.5))
    given = None if truncation is None else np.full(len(SEEDS), truncation, np.float32)
    latents = row_latents(SEEDS, 7, given)
    np.testing.assert_allclose(latents, expected, rtol=1e-6, atol=1e-7)


def test_extreme_bits_stay_finite():
    uniform = (np.array([0.0, 2.0**32 - 1]) + 0.5) / 2.0**32
    assert np.all(np.isfinite(tf.math.ndtri(tf.constant(uniform)).numpy()))


def test_latents_do_not_depend_on_place_or_batch_bit_for_bit():
    seeds = np.arange(101, dtype=np.int64)
    truncation = np.linspace(0.2, 1.0, 101, dtype=np.float32)
    graph = tf.function(lambda s, t: row_latents(s, 7, t))
    together = row_latents(seeds, 7, truncation).numpy()
    order = np.random.default_rng(1).permutation(101)
    moved = graph(seeds[order], truncation[order]).numpy()
    assert moved.tobytes() == together[order].tobytes()
    for row in (0, 50, 100):
        alone = graph(seeds[row : row + 1], truncation[row : row + 1]).numpy()
        assert alone.tobytes() == together[row : row + 1].tobytes()


def test_latents_are_standard_normal():
    latents = row_latents(np.arange(4000), 50).numpy().ravel()
    moments = [latents.mean(), latents.std(), (latents**3).mean(), (latents**4).mean()]
    np.testing.assert_allclose(moments, [0.0, 1.0, 0.0, 3.0], atol=0.05)
    rows = row_latents(np.arange(4000), 2).numpy()
    assert abs(np.corrcoef(rows.T)[0, 1]) < 0.05
    assert abs(np.corrcoef(rows[1:, 0], rows[:-1, 0])[0, 1]) < 0.05


def test_truncation_bounds_the_latents_and_one_changes_nothing():
    seeds = np.arange(2000)
    full = row_latents(seeds, 10).numpy()
    ones = row_latents(seeds, 10, np.ones(2000, np.float32)).numpy()
    assert ones.tobytes() == full.tobytes()
    truncated = row_latents(seeds, 10, np.full(2000, 0.9545, np.float32)).numpy()
    assert 1.9 < np.abs(truncated).max() < 2.01
    assert np.all(np.sign(truncated) == np.sign(full))
