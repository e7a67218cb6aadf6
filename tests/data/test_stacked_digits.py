"""Three digits in one picture: 1,000 modes by their labels."""

import numpy as np
import pytest

from tfgan_contra import data
from tfgan_contra.config import DataConfig
from tfgan_contra.errors import ConfigError


@pytest.fixture(scope="module")
def stacked():
    return data.load(DataConfig(source="bundled:stacked_digits"))


@pytest.fixture(scope="module")
def digits():
    return data.load(DataConfig(source="bundled:digits"))


def test_sizes_and_classes(stacked):
    assert (len(stacked.train), len(stacked.test)) == (128_000, 26_000)
    assert stacked.spec.image_shape == (32, 32, 3)
    assert stacked.spec.num_classes == 1000
    assert stacked.spec.class_names[45] == "045"
    assert stacked.train.labels.dtype == np.int32


def test_every_mode_has_about_its_share(stacked):
    for source in (stacked.train, stacked.test):
        counts = np.bincount(source.labels, minlength=1000)
        mean = len(source) / 1000
        assert counts.size == 1000 and counts.min() > 0
        # Chi square over its degrees of freedom; a little more than 1, for the digits
        # themselves are not quite equally many.
        assert 0.9 < ((counts - mean) ** 2 / mean).mean() < 1.4


@pytest.mark.parametrize("split", ["train", "test"])
def test_each_colour_is_a_digit_of_the_split_and_the_label_says_which(
    stacked, digits, split
):
    source, single = getattr(stacked, split), getattr(digits, split)
    singles = single.load(np.arange(len(single)))[..., 0]
    known = {
        image.tobytes(): label
        for image, label in zip(singles, single.labels, strict=True)
    }
    chosen = np.array([0, 5, 77, len(source) - 1])
    images = source.load(chosen)
    assert images.shape == (4, 32, 32, 3) and images.dtype == np.uint8
    for image, label in zip(images, source.labels[chosen], strict=True):
        found = [known[image[..., c].tobytes()] for c in range(3)]
        assert found[0] * 100 + found[1] * 10 + found[2] == label


def test_stacks_are_always_the_same_and_differ_from_each_other(stacked):
    again = data.load(DataConfig(source="bundled:stacked_digits"))
    assert (again.train.labels == stacked.train.labels).all()
    assert len({image.tobytes() for image in again.train.load(np.arange(100))}) == 100


def test_gray_stacks_are_refused():
    with pytest.raises(ConfigError, match="must be 3 or None.* Received: 1"):
        data.load(DataConfig(source="bundled:stacked_digits", channels=1))
