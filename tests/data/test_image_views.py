"""Sources made of others: converted, joined, as classes."""

import numpy as np
import pytest

from tfgan_contra.data.image_views import (
    ConvertedImages,
    JoinedImages,
    converted_images,
    datasets_as_classes,
    with_channels,
)
from tfgan_contra.data.specs import ArraySource, ImageDataset
from tfgan_contra.types import DataSpec


def source(values, channels=3, size=4):
    images = np.stack([np.full((size, size, channels), v, np.uint8) for v in values])
    return ArraySource(images, np.arange(len(values)))


def dataset(train, test, channels):
    spec = DataSpec(4, channels, 2, ("x", "y"))
    return ImageDataset(spec, source(train, channels), source(test, channels), ["line"])


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("given", [1, 3, 4])
def test_images_get_other_channels(given, channels):
    images = source([10, 200], given).load(np.arange(2))
    converted = converted_images(images, channels)
    assert converted.shape == (2, 4, 4, channels) and converted.dtype == np.uint8
    # Gray has every colour's value; the alpha of what had none is opaque.
    assert (converted[1, ..., :3] == 200).all()
    if channels == 4:
        assert (converted[..., 3] == (images[..., 3] if given == 4 else 255)).all()


def test_colour_becomes_its_luminance():
    red = np.zeros((1, 2, 2, 3), np.uint8)
    red[..., 0] = 255
    assert converted_images(red, 1)[0, 0, 0, 0] == 76


def test_a_source_is_converted_as_it_is_loaded():
    gray = ConvertedImages(source([1, 2, 3]), 1)
    assert gray.image_shape == (4, 4, 1) and gray.labels.tolist() == [0, 1, 2]
    assert gray.load(np.array([2, 0]))[:, 0, 0, 0].tolist() == [3, 1]
    assert gray.failure is None


def test_a_data_set_keeps_everything_else():
    given = dataset([1, 2], [3], 3)
    gray = with_channels(given, 1)
    assert gray.spec == DataSpec(4, 1, 2, ("x", "y")) and gray.report == ["line"]
    assert gray.test.load(np.array([0])).shape == (1, 4, 4, 1)
    assert with_channels(given, 3) is given


def test_joined_sources_are_labelled_by_their_source():
    joined = JoinedImages([source([1, 2]), source([5, 6, 7])])
    assert len(joined) == 5 and joined.labels.tolist() == [0, 0, 1, 1, 1]
    images = joined.load(np.array([4, 0, 2, 1]))
    assert images[:, 0, 0, 0].tolist() == [7, 1, 5, 2]


def test_domains_become_classes_of_equal_frequency():
    both = datasets_as_classes(
        (dataset([1, 2], [3], 1), dataset([5, 6, 7, 8, 9], [10, 11], 3)), ("a", "b")
    )
    assert both.spec == DataSpec(4, 3, 2, ("a", "b"))
    assert np.bincount(both.train.labels).tolist() == [5, 5]
    shown = both.train.load(np.arange(10))
    assert shown.shape == (10, 4, 4, 3)
    assert shown[:, 0, 0, 0].tolist() == [1, 2, 1, 2, 1, 5, 6, 7, 8, 9]
    # What is tested on is not repeated.
    assert both.test.labels.tolist() == [0, 1, 1]
