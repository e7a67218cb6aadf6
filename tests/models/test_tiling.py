"""Tiles cover a picture, fade into one another and change nothing by themselves."""

import numpy as np
import pytest

from tfgan_contra.models.tiling import map_in_tiles, spans


def picture(height=77, width=100, channels=3):
    random = np.random.default_rng(0)
    return random.integers(0, 256, (height, width, channels), np.uint8)


@pytest.mark.parametrize(("tile", "overlap"), [(32, 8), (48, 16), (64, 0), (12, 4)])
def test_tiles_cover_a_side_and_overlap_two_by_two(tile, overlap):
    for length in range(1, 300, 7):
        found = spans(length, tile, overlap)
        assert found[0][0] == 0 and found[-1][1] == length
        assert all(end - begin <= tile for begin, end in found)
        assert all(begin % 4 == 0 for begin, _ in found)
        for (_, end), (begin, _) in zip(found, found[1:], strict=False):
            assert end - begin == overlap
        for (_, end), (begin, _) in zip(found, found[2:], strict=False):
            assert end <= begin


def test_tiles_are_even():
    assert spans(100, 60, 20) == ((0, 60), (40, 100))
    assert spans(101, 64, 16) == ((0, 60), (44, 101))


@pytest.mark.parametrize(("tile", "overlap"), [(30, 4), (32, 6), (32, 12), (32, -4)])
def test_tiles_that_do_not_fit_are_refused(tile, overlap):
    with pytest.raises(ValueError, match=f"a third.*Received: {tile}, {overlap}"):
        spans(100, tile, overlap)


@pytest.mark.parametrize("size", [(77, 100), (9, 300), (300, 9), (33, 65), (20, 20)])
def test_the_identity_gives_the_picture_back(size):
    whole = picture(*size)
    made = map_in_tiles(lambda tile: tile, whole, 3, 32, 8)
    assert made.dtype == np.uint8
    np.testing.assert_array_equal(made, whole)


def test_every_tile_is_a_part_of_the_picture_and_channels_may_change():
    whole = picture(40, 60)
    seen = []

    def first_channel(tile):
        seen.append(tile.shape)
        return tile[..., :1]

    made = map_in_tiles(first_channel, whole, 1, 32, 8)
    np.testing.assert_array_equal(made, whole[..., :1])
    assert seen == 2 * [(24, 28, 3), (24, 28, 3), (24, 20, 3)]


def test_neighbours_fade_into_one_another():
    """Tiles of 0, 90, 180 ...: a ramp between two levels, straight in both axes."""
    levels = iter(range(0, 256, 90))

    def next_level(tile):
        return np.full_like(tile, next(levels))

    row = map_in_tiles(next_level, picture(20, 56), 3, 32, 8)[:, :, 0]
    assert (row == row[0]).all()
    assert (row[0, :24] == 0).all() and (row[0, 32:] == 90).all()
    ramp = 90 * (np.arange(8) + 0.5) / 8
    np.testing.assert_array_equal(row[0, 24:32], np.rint(ramp))
    levels = iter(range(0, 256, 90))
    column = map_in_tiles(next_level, picture(56, 20), 3, 32, 8)[:, :, 0]
    np.testing.assert_array_equal(column, row.T)


def test_a_local_function_is_the_same_in_tiles_as_in_one_pass():
    """What reaches over the border of a tile is outweighed by its neighbour."""

    def blurred(pixels):
        padded = np.pad(pixels.astype(float), ((1, 1), (1, 1), (0, 0)), "edge")
        height, width = pixels.shape[:2]
        shifted = [
            padded[i : i + height, j : j + width] for i in (0, 2) for j in (0, 2)
        ]
        return np.rint(sum(shifted) / 4).astype(np.uint8)

    whole = picture(90, 120)
    expected = blurred(whole).astype(int)
    made = map_in_tiles(blurred, whole, 3, 48, 16)
    # A border pixel has 1/32 of the weight.
    assert np.abs(made - expected).max() <= 255 / 32 + 1
    apart = map_in_tiles(blurred, whole, 3, 48, 0)
    assert np.abs(apart - expected).max() > 60
