"""Pictures of any size in memory, in flat arrays, as subsets and at one size."""

import numpy as np
import pytest
from PIL import Image

from tfgan_contra.data.pictures import (
    FixedSizeImages,
    FlatPictures,
    MemoryPictures,
    PictureSubset,
)

SIZES = ((5, 7), (9, 4), (6, 6))


def pictures(channels):
    random = np.random.default_rng(channels)
    return [random.integers(0, 256, (*size, channels), np.uint8) for size in SIZES]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_memory_and_flat_arrays_give_whole_pictures(channels):
    originals = pictures(channels)
    flat = np.concatenate([picture.ravel() for picture in originals])
    sources = (
        MemoryPictures(originals, ["a", "b", "c"]),
        FlatPictures(flat, np.array(SIZES), channels),
    )
    for source in sources:
        assert len(source) == 3 and source.channels == channels
        assert source.labels is None and source.failure is None
        for index, original in enumerate(originals):
            assert source.picture(index).dtype == np.uint8
            assert source.picture(index).tolist() == original.tolist()
    assert sources[1].names == ("000000", "000001", "000002")


def test_what_callers_get_is_theirs():
    source = MemoryPictures(pictures(3), "abc")
    before = source.picture(1)
    source.picture(1)[:] = 0
    assert (source.picture(1) == before).all() and before.any()


def test_subset_keeps_names_and_labels():
    originals = pictures(1)
    source = MemoryPictures(originals, "abc", np.array([4, 5, 6]))
    subset = PictureSubset(source, np.array([2, 0]))
    assert subset.names == ("c", "a") and subset.labels.tolist() == [6, 4]
    assert subset.labels.dtype == np.int32
    assert subset.picture(0).tolist() == originals[2].tolist()
    assert PictureSubset(MemoryPictures(originals, "abc"), np.array([1])).labels is None


@pytest.mark.parametrize("channels", [1, 3])
def test_fixed_size_is_a_bicubic_resize_of_the_whole(channels):
    originals = pictures(channels)
    images = FixedSizeImages(MemoryPictures(originals, "abc"), 6)
    assert images.image_shape == (6, 6, channels)
    assert images.labels.tolist() == [0, 0, 0]
    loaded = images.load(np.array([2, 0, 2]))
    assert loaded.shape == (3, 6, 6, channels) and loaded.dtype == np.uint8
    assert (loaded[0] == originals[2]).all() and (loaded[2] == originals[2]).all()
    whole = Image.fromarray(originals[0].squeeze())
    resized = np.asarray(whole.resize((6, 6), Image.Resampling.BICUBIC))
    assert (loaded[1] == resized.reshape(6, 6, channels)).all()


def test_fixed_size_keeps_labels():
    source = MemoryPictures(pictures(1), "abc", np.array([1, 0, 1]))
    assert FixedSizeImages(source, 8).labels.tolist() == [1, 0, 1]
