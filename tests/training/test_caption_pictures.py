import numpy as np

from tfgan_contra.training.caption_pictures import (
    MARGIN,
    attention_panel,
    caption_grid,
    labelled_grid,
)


def dark(picture):
    """Returns where something is written or drawn."""
    return (picture < 100).all(axis=-1)


def test_captions_stand_under_their_pictures():
    images = np.full((3, 2, 32, 32, 3), 200, np.uint8)
    grid = caption_grid(images, ["a star", "", "a ring"], columns=2)
    assert grid.ndim == 3 and grid.shape[2] == 3
    half = grid.shape[1] // 2
    written = dark(grid)
    rows = grid.shape[0] // 2
    assert written[:rows, :half].any() and not written[:rows, half:].any()
    assert written[rows:, :half].any() and not written[rows:, half:].any()


def test_small_pictures_are_enlarged_and_gray_ones_shown_in_colour():
    images = np.zeros((1, 1, 32, 32, 1), np.uint8)
    grid = caption_grid(images, [""])
    assert dark(grid).sum() == 96 * 96
    large = caption_grid(np.zeros((1, 1, 128, 128, 3), np.uint8), [""])
    assert dark(large).sum() == 128 * 128


def test_long_captions_are_broken_and_cut():
    picture = np.zeros((8, 60, 3), np.uint8)
    heights = [
        labelled_grid([picture], ["word " * count], 1).shape[0] for count in (1, 4, 99)
    ]
    assert heights[0] < heights[1] < heights[2] < 8 + 5 * 15 + 4 * MARGIN


def test_a_word_glows_where_it_was_read():
    weights = np.zeros((4, 4, 3), np.float32)
    weights[..., 0] = 1
    weights[0, 0] = 0, 1, 0
    image = np.full((96, 96, 3), 10, np.uint8)
    panel = attention_panel(image, weights, ["a", "star"], columns=3).astype(int)
    cell = 96 + MARGIN
    first, star = (
        panel[MARGIN : MARGIN + 96, MARGIN + i * cell : MARGIN + i * cell + 96, 0]
        for i in (1, 2)
    )
    assert star[:10, :10].min() > 200 and star[60:, 60:].max() < 10
    assert first[60:, 60:].min() > 200 and first[:10, :10].max() < 10
