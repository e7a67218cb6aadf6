"""Crops of pictures against resizing the whole picture, and where crops may lie."""

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from tfgan_contra.data.ordering import INPUT_CROP_STREAMS, TARGET_CROP_STREAMS, uniform
from tfgan_contra.data.windows import (
    Draws,
    LoadAndCrop,
    Window,
    ZoomAndCell,
    cut_out,
    row_draws,
)

LOWEST = Draws(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
HIGHEST = Draws(*[1 - 2.0**-53] * 6)
BICUBIC, BILINEAR = Image.Resampling.BICUBIC, Image.Resampling.BILINEAR


@pytest.fixture(scope="module")
def photo():
    return Image.fromarray(load_sample_image("china.jpg"))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize(
    "window",
    [
        Window(286, 286, 0, 0, 256, BICUBIC),
        Window(286, 286, 30, 17, 256, BICUBIC),
        Window(700, 400, 444, 144, 256, BICUBIC),
        Window(300, 400, 236, 100, 64, BILINEAR),
        Window(640, 200, 64, 136, 64, BILINEAR),
        Window(640, 427, 576, 363, 64, BILINEAR),
    ],
)
def test_cut_out_is_resizing_the_whole_and_cropping(photo, window, mode):
    image = photo.convert(mode)
    whole = image.resize((window.width, window.height), window.filter)
    left, top, size = window.left, window.top, window.size
    expected = np.asarray(whole.crop((left, top, left + size, top + size)))
    pixels = cut_out(image, window)
    assert pixels.shape == (size, size, len(mode)) and pixels.dtype == np.uint8
    difference = np.abs(pixels.astype(int) - expected.reshape(pixels.shape))
    if window.filter == BICUBIC:
        assert not difference.any()
    assert difference.max() <= 1 and (difference > 0).mean() < 0.01


def test_an_unresized_window_holds_the_very_pixels(photo):
    pixels = cut_out(photo, Window(640, 427, 7, 11, 32, BICUBIC))
    assert (pixels == np.asarray(photo)[11:43, 7:39]).all()


@pytest.mark.parametrize(
    "resize, size, whole",
    [
        ("square", (500, 300), (286, 286)),
        ("width", (500, 600), (286, 343)),
        ("width", (500, 300), (286, 256)),
        ("none", (500, 300), (500, 300)),
    ],
)
def test_load_and_crop_reaches_every_place_and_no_further(resize, size, whole):
    plan = LoadAndCrop(286, 256, resize)
    first, last = plan.window(*size, LOWEST), plan.window(*size, HIGHEST)
    assert first == Window(*whole, 0, 0, 256, BICUBIC)
    assert last == Window(*whole, whole[0] - 256, whole[1] - 256, 256, BICUBIC)
    middle = LoadAndCrop(286, 256, resize, centered=True).window(*size, HIGHEST)
    assert abs(middle.left - (whole[0] - 256) / 2) <= 0.5
    assert abs(middle.top - (whole[1] - 256) / 2) <= 0.5


def test_places_of_crops_are_equally_likely():
    plan = LoadAndCrop(36, 32)
    draws = row_draws(3, INPUT_CROP_STREAMS, np.arange(5000))
    windows = [plan.window(100, 100, numbers) for numbers in draws]
    lefts = np.bincount([window.left for window in windows], minlength=5)
    tops = np.bincount([window.top for window in windows], minlength=5)
    assert len(lefts) == len(tops) == 5
    assert np.abs(np.concatenate([lefts, tops]) - 1000).max() < 120
    both = np.array([(window.left, window.top) for window in windows])
    assert abs(np.corrcoef(both.T)[0, 1]) < 0.05


def test_zoom_takes_whole_cells_between_a_third_and_full_size():
    plan = ZoomAndCell(64, 1 / 3)
    draws = row_draws(1, TARGET_CROP_STREAMS, np.arange(3000))
    windows = [plan.window(640, 427, numbers) for numbers in draws]
    widths, heights = (np.array([w[i] for w in windows]) for i in (0, 1))
    assert widths.min() >= 213 and widths.max() <= 640
    assert heights.min() >= 142 and heights.max() <= 427
    assert abs(widths.mean() - 640 * 2 / 3) < 10
    assert abs(heights.mean() - 427 * 2 / 3) < 10
    assert abs(np.corrcoef(widths, heights)[0, 1]) < 0.06
    assert all(w.left >= 0 and w.left + 64 <= w.width for w in windows)
    assert all(w.top >= 0 and w.top + 64 <= w.height for w in windows)
    assert {w.filter for w in windows} == {BILINEAR}


def test_zoom_counts_cells_column_by_column_from_a_shifted_corner():
    plan = ZoomAndCell(64, 1.0)
    corners = [
        plan.window(
            200, 150, LOWEST._replace(cell=(cell + 0.5) / 6, left=0.99, top=0.99)
        )
        for cell in range(6)
    ]
    places = [(window.left, window.top) for window in corners]
    columns = [8, 72, 136]
    assert places == [(left, top) for left in columns for top in (22, 86)]


def test_zoom_never_shrinks_below_the_crop():
    window = ZoomAndCell(64, 1 / 3).window(70, 64, LOWEST)
    assert window == Window(64, 64, 0, 0, 64, BILINEAR)


def test_draws_come_from_streams_of_their_own():
    positions = np.array([0, 7, 1 << 40])
    draws = row_draws(5, INPUT_CROP_STREAMS, positions)
    for purpose, name in enumerate(Draws._fields):
        expected = uniform(5, INPUT_CROP_STREAMS + purpose, positions)
        assert [getattr(row, name) for row in draws] == expected.tolist()
    assert INPUT_CROP_STREAMS + len(Draws._fields) <= TARGET_CROP_STREAMS
    assert row_draws(5, INPUT_CROP_STREAMS, positions[1:]) == draws[1:]
