"""Handwritten digits in a painted style, and how well pictures meet it.

The style: crimson ink on yellow paper, with an olive shadow that the strokes cast to
the lower right. Every pixel is a mixture of the three colours, so that a picture can be
taken apart again: how much of its colours the style explains, whether the shadows lie
where its own strokes cast them, and what the strokes are. Black, white and gray are no
such mixtures. No TensorFlow.

`N` pictures, `H` and `W` pixels; the last axis of images is the colour.
"""

from typing import NamedTuple

import numpy as np

PAPER = np.array([250.0, 208.0, 96.0])
INK = np.array([176.0, 16.0, 90.0])
SHADOW = np.array([110.0, 160.0, 40.0])
# The shadow falls this part of the picture's side to the right and down.
_SHADOW_PART = 16


class StyleFit(NamedTuple):
    """How pictures meet the painted style.

    Attributes:
        color_error: `[N]`, root mean square distance of the pixels from the nearest
            mixture of paper, ink and shadow, in [0, 1]; rounding alone gives 0.001.
        shadow_error: `[N]`, mean absolute difference between the shadow seen and the
            one that the strokes seen would cast, in [0, 1].
        strokes: `[N, H, W]` float in [0, 1], the ink seen: the digit, white on black.
    """

    color_error: np.ndarray
    shadow_error: np.ndarray
    strokes: np.ndarray


def painted(strokes: np.ndarray) -> np.ndarray:
    """Returns digits in the painted style.

    Args:
        strokes: uint8 `[N, H, W]`, white on black.

    Returns:
        uint8 `[N, H, W, 3]`: paper, the shadow over it, the ink over both.
    """
    ink = strokes.astype(np.float64) / 255
    shadow = _cast_shadow(ink)
    paper = 1 - ink - shadow
    weights = np.stack([paper, ink, shadow], axis=-1)
    return np.rint(weights @ np.stack([PAPER, INK, SHADOW])).astype(np.uint8)


def style_fit(images: np.ndarray) -> StyleFit:
    """Takes pictures apart into paper, ink and shadow, and says what is left over.

    Least squares give the weights of ink and shadow of every pixel; they are clipped
    at 0 and scaled to a sum of at most 1, and the paper is the rest.

    Args:
        images: uint8 `[N, H, W, 3]`.
    """
    colors = np.stack([INK - PAPER, SHADOW - PAPER])
    weights = (images - PAPER) @ np.linalg.pinv(colors)
    weights = np.maximum(weights, 0)
    weights /= np.maximum(weights.sum(axis=-1, keepdims=True), 1)
    rest = (images - PAPER - weights @ colors) / 255
    ink, shadow = weights[..., 0], weights[..., 1]
    return StyleFit(
        np.sqrt((rest**2).mean(axis=(1, 2, 3))),
        np.abs(shadow - _cast_shadow(ink)).mean(axis=(1, 2)),
        ink,
    )


def _cast_shadow(ink: np.ndarray) -> np.ndarray:
    """Returns the shadow that is seen beside the ink, `[N, H, W]` in [0, 1]."""
    shift = max(1, ink.shape[1] // _SHADOW_PART)
    cast = np.zeros_like(ink)
    cast[:, shift:, shift:] = ink[:, :-shift, :-shift]
    return cast * (1 - ink)
