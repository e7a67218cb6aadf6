"""Precision, recall, density, coverage: the reference, the prdc package, blocks."""

import pathlib

import numpy as np
import pytest

from tfgan_contra.errors import DataError
from tfgan_contra.metrics import prdc

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "contragan"
NAMES = ("precision", "recall", "density", "coverage")


@pytest.mark.parametrize(
    ("prefix", "rows", "nearest_k"),
    [
        ("prdc_k5", (1500, 1200), 5),
        ("prdc_k3", (1500, 1200), 3),
        ("prdc_k5_first300real_first200fake", (300, 200), 5),
    ],
)
def test_equals_the_reference(prefix, rows, nearest_k):
    with np.load(GOLDEN / "metrics_fid_is_prdc.npz") as file:
        real, fake = file["real_features"], file["fake_features"]
        expected = [float(file[f"{prefix}/{name}"]) for name in NAMES]
    values = prdc(real[: rows[0]], fake[: rows[1]], nearest_k)
    # Counts divided by counts: nothing but the last bit of the division may differ.
    assert [values[name] for name in NAMES] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("nearest_k", [1, 4, 9])
def test_equals_the_prdc_package(nearest_k):
    package = pytest.importorskip("prdc")
    random = np.random.default_rng(nearest_k)
    real = random.normal(size=(120, 7)) + 50
    fake = 0.8 * random.normal(size=(90, 7)) + 50.3
    expected = package.compute_prdc(real, fake, nearest_k)
    values = prdc(real, fake, nearest_k)
    assert values == pytest.approx({name: float(expected[name]) for name in NAMES})


def test_blocks_change_nothing():
    random = np.random.default_rng(0)
    real, fake = random.normal(size=(130, 5)), random.normal(size=(70, 5)) + 0.5
    whole = prdc(real, fake, 3, block_rows=1000)
    for rows in (1, 7, 64):
        assert prdc(real, fake, 3, block_rows=rows) == whole


def test_far_apart_gives_nothing_and_a_sharp_copy_only_precision():
    random = np.random.default_rng(1)
    real = random.normal(size=(100, 4))
    assert set(prdc(real, real + 1000, 5).values()) == {0.0}
    sharp = prdc(real, np.repeat(real[:1], 50, axis=0), 5)
    assert sharp["precision"] == 1.0
    assert sharp["recall"] == 0.0 and sharp["coverage"] < 0.2


@pytest.mark.parametrize("nearest_k", [0, 10])
def test_refuses_a_neighbour_that_is_not_there(nearest_k):
    rows = np.random.default_rng(2).normal(size=(10, 3))
    with pytest.raises(DataError, match=f"below the 10 .* Received: {nearest_k}"):
        prdc(rows, rows, nearest_k)
