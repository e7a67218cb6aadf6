"""Quantisation and resizing as the authors' evaluation does them."""

import pathlib

import numpy as np
import pytest

from tfgan_contra.errors import DataError
from tfgan_contra.metrics.image_preparation import (
    quantize,
    resize,
    to_three_channels,
)

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "contragan"


@pytest.fixture(scope="module")
def reference() -> dict[str, np.ndarray]:
    with np.load(GOLDEN / "metrics_image_preparation.npz") as file:
        return dict(file)


def test_quantises_as_the_reference(reference):
    found = quantize(reference["quantise_in"])
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, reference["quantise_out_uint8"])


def test_every_byte_survives_the_way_through_floats():
    every = np.arange(256, dtype=np.uint8)
    scaled = every.astype(np.float32) / np.float32(127.5) - 1
    np.testing.assert_array_equal(quantize(scaled), every)


@pytest.mark.parametrize(
    ("method", "tolerance"), [("legacy", 5e-4), ("clean", 0), ("friendly", 1e-4)]
)
def test_resizes_as_the_reference(reference, method, tolerance):
    found = resize(reference["resize_in_uint8_nhwc"], 29, method)
    expected = reference[f"resize_to_29_{method}_InceptionV3_tf_nhwc"]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("method", ["legacy", "clean", "friendly"])
def test_same_size_changes_nothing(reference, method):
    square = reference["resize_in_uint8_nhwc"][:, :10]
    np.testing.assert_allclose(resize(square, 10, method), square, atol=1e-4)


def test_legacy_shrinks_without_antialiasing_and_clean_with():
    stripes = np.zeros((1, 16, 16, 1), np.uint8)
    stripes[:, :, ::4] = 255
    assert resize(stripes, 4, "legacy").std() == 0
    assert resize(stripes, 4, "legacy").mean() == 0
    assert resize(stripes, 4, "clean").mean() == pytest.approx(255 / 4, rel=0.1)


def test_grayscale_is_repeated():
    gray = np.arange(8, dtype=np.uint8).reshape(1, 2, 4, 1)
    np.testing.assert_array_equal(to_three_channels(gray)[..., 2], gray[..., 0])
    assert to_three_channels(np.zeros((1, 2, 2, 3))).shape[-1] == 3


def test_refuses_other_methods_and_floats():
    images = np.zeros((1, 4, 4, 1), np.uint8)
    with pytest.raises(DataError, match="legacy, clean, friendly.*'nearest'"):
        resize(images, 2, "nearest")
    with pytest.raises(DataError, match="float64"):
        resize(images.astype(float), 2)
