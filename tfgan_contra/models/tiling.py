"""Large pictures in overlapping tiles, blended by linear ramps; no TensorFlow."""

from collections.abc import Callable

import numpy as np

# Tiles begin at multiples of what the generators halve the size by, so that each sees
# its pixels in the same groups as a pass over the whole picture does.
GRID = 4

Function = Callable[[np.ndarray], np.ndarray]
Span = tuple[int, int]


def spans(length: int, tile: int, overlap: int) -> tuple[Span, ...]:
    """Returns the begin and end of the tiles along one side, as even as possible.

    Neighbours share exactly `overlap` pixels, no pixel lies in more than two, and all
    begin at multiples of `GRID`.

    Args:
        length: of the side.
        tile: most pixels of a tile, a multiple of `GRID`.
        overlap: a multiple of `GRID`, at most a third of `tile`.

    Raises:
        ValueError: for a tile or an overlap that does not fit.
    """
    if tile % GRID or overlap % GRID or not 0 <= 3 * overlap <= tile:
        raise ValueError(
            f"tile and overlap must be multiples of {GRID}, the overlap at most a "
            f"third of the tile. Received: {tile}, {overlap}"
        )
    if length <= tile:
        return ((0, length),)
    count = -(-(length - overlap) // (tile - overlap))
    step = GRID * -(-(length - overlap) // (count * GRID))
    begins = range(0, length - overlap, step)
    return tuple((begin, min(begin + step + overlap, length)) for begin in begins)


def map_in_tiles(
    function: Function, picture: np.ndarray, channels: int, tile: int, overlap: int
) -> np.ndarray:
    """Applies a function to a picture tile by tile and blends where tiles overlap.

    From one tile to the next the weights fall and rise linearly. Besides the picture
    and the result, memory holds one row of tiles.

    Args:
        function: maps uint8 `[h, w, C]` to uint8 `[h, w, channels]`.
        picture: uint8 `[H, W, C]`.
        channels: of the result.
        tile: most pixels of a tile's side; see `spans`.
        overlap: pixels that neighbours share.

    Returns:
        uint8 `[H, W, channels]`.
    """
    height, width, _ = picture.shape
    columns, rows = (spans(side, tile, overlap) for side in (width, height))
    result = np.empty((height, width, channels), np.uint8)
    shared = np.empty((0, width, channels), np.float32)
    for top, bottom in rows:
        strip = np.empty((bottom - top, width, channels), np.float32)
        _fill_strip(strip, function, picture[top:bottom], columns)
        _blend(shared, strip[: len(shared)], axis=0)
        done = len(strip) - (overlap if bottom < height else 0)
        result[top : top + done] = np.rint(strip[:done])
        shared = strip[done:].copy()
    return result


def _fill_strip(
    strip: np.ndarray,
    function: Function,
    pixels: np.ndarray,
    columns: tuple[Span, ...],
) -> None:
    """Writes a row of tiles, blended from left to right."""
    filled = 0
    for left, right in columns:
        made = function(pixels[:, left:right]).astype(np.float32)
        shared = max(filled - left, 0)
        _blend(strip[:, left : left + shared], made[:, :shared], axis=1)
        strip[:, left:right] = made
        filled = right


def _blend(before: np.ndarray, after: np.ndarray, axis: int) -> None:
    """Replaces `after` by what lies between both, more of it from pixel to pixel."""
    count = after.shape[axis]
    shape = [1, 1, 1]
    shape[axis] = count
    weights = ((np.arange(count, dtype=np.float32) + 0.5) / max(count, 1)).reshape(
        shape
    )
    # In this form two equal values give exactly that value.
    after += (1 - weights) * (before - after)
