"""The painted style: how it is made, taken apart again and told from others."""

import numpy as np
import pytest

from tfgan_contra.data.digit_styles import INK, PAPER, SHADOW, painted, style_fit


@pytest.fixture(scope="module")
def strokes():
    """Soft random blobs, black at the edges."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (6, 6, 6)) * (random.random((6, 6, 6)) < 0.4)
    blobs = np.kron(np.pad(coarse, ((0, 0), (1, 1), (1, 1))), np.ones((4, 4)))
    return blobs.astype(np.uint8)


def test_colours_of_paper_ink_and_shadow():
    strokes = np.zeros((1, 32, 32), np.uint8)
    strokes[0, 10, 10] = 255
    image = painted(strokes)[0]
    assert image.shape == (32, 32, 3) and image.dtype == np.uint8
    assert (image[10, 10] == INK).all() and (image[12, 12] == SHADOW).all()
    image[10, 10] = image[12, 12] = PAPER
    assert (image == PAPER).all()


def test_ink_covers_the_shadow():
    strokes = np.full((1, 16, 16), 255, np.uint8)
    assert (painted(strokes) == INK).all()


def test_a_painted_picture_gives_back_its_strokes(strokes):
    fit = style_fit(painted(strokes))
    assert fit.color_error.shape == fit.shadow_error.shape == (6,)
    assert fit.color_error.max() < 0.002 and fit.shadow_error.max() < 0.003
    assert np.abs(fit.strokes - strokes / 255).max() < 0.01


def test_plain_digits_do_not_have_the_colours(strokes):
    plain = np.repeat(strokes[..., None], 3, axis=-1)
    assert style_fit(plain).color_error.min() > 0.2


def test_colours_without_shadows_are_told_apart(strokes):
    ink = strokes[..., None] / 255
    flat = np.rint(ink * INK + (1 - ink) * PAPER).astype(np.uint8)
    fit = style_fit(flat)
    assert fit.color_error.max() < 0.002 and fit.shadow_error.min() > 0.03


def test_shadows_on_the_wrong_side_are_told_apart(strokes):
    turned = painted(strokes[:, ::-1, ::-1])[:, ::-1, ::-1]
    fit = style_fit(turned)
    assert fit.color_error.max() < 0.002 and fit.shadow_error.min() > 0.03
