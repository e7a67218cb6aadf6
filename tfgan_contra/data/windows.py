"""Which part of a picture a training crop shows: resized and cut, or zoomed and cut.

A plan turns a picture's size and a row's random numbers into a `Window`; `cut_out`
makes the pixels. No TensorFlow, and no random state: the numbers come from outside.
"""

import dataclasses
from typing import NamedTuple, Protocol

import numpy as np
from PIL import Image

from tfgan_contra.data.ordering import uniform

# What the translation networks can still halve twice and pad by reflection.
SMALLEST_SIDE = 8


class Draws(NamedTuple):
    """The random numbers in [0, 1) of one row and one domain, one per purpose.

    Attributes:
        flip: below 0.5: mirror the crop, where the config says so.
        left: the place of the crop, or of the grid, from left to right.
        top: the same from top to bottom.
        zoom_width: the width of the zoomed picture.
        zoom_height: the height of the zoomed picture.
        cell: the cell of the grid.
    """

    flip: float
    left: float
    top: float
    zoom_width: float
    zoom_height: float
    cell: float


class Window(NamedTuple):
    """A square of a resized picture.

    Attributes:
        width: of the whole picture after resizing.
        height: of the whole picture after resizing.
        left: first column of the square.
        top: first row of the square.
        size: side of the square.
        filter: how the picture is resized.
    """

    width: int
    height: int
    left: int
    top: int
    size: int
    filter: Image.Resampling


class WindowPlan(Protocol):
    """Says where the crop of a picture lies."""

    def window(self, width: int, height: int, draws: Draws) -> Window:
        """Returns the window of a picture of `width` x `height` pixels."""


@dataclasses.dataclass(frozen=True)
class LoadAndCrop:
    """Resizes a picture bicubically and cuts a random square out of it.

    As the authors' `resize_and_crop`, `scale_width_and_crop` and `crop`.

    Attributes:
        load_size: what the picture is resized to.
        crop_size: side of the square, at most `load_size`.
        resize: `square`: to `load_size` both ways, whatever the shape; `width`: the
            width to `load_size` and the height in proportion, but never below the
            crop; `none`: not at all.
        centered: cut the square out of the middle instead.

    Reference: Park et al., Contrastive Learning for Unpaired Image-to-Image
    Translation, ECCV 2020 (arXiv 2007.15651), and its authors' code.
    """

    load_size: int
    crop_size: int
    resize: str = "square"
    centered: bool = False

    def window(self, width: int, height: int, draws: Draws) -> Window:
        """Returns the window; every place of the square is equally likely."""
        size = self.crop_size
        if self.resize == "square":
            width = height = self.load_size
        elif self.resize == "width":
            height = max(self.load_size * height // width, size)
            width = self.load_size
        left, top = (0.5, 0.5) if self.centered else (draws.left, draws.top)
        return Window(
            width,
            height,
            int(left * (width - size + 1)),
            int(top * (height - size + 1)),
            size,
            Image.Resampling.BICUBIC,
        )


@dataclasses.dataclass(frozen=True)
class ZoomAndCell:
    """Shrinks a picture by random factors and cuts a random cell out of a grid.

    Width and height shrink bilinearly, each by its own factor from `smallest_zoom` to
    1, but never below the crop. A grid of whole cells is shifted at random within the
    room that is left, and one cell taken.

    Attributes:
        crop_size: side of a cell.
        smallest_zoom: the smallest factor; the authors' 1/3.

    Reference: SinCUT in Park et al., ECCV 2020 (arXiv 2007.15651), and the authors'
    `zoom_and_patch`. The authors number the cells through a shuffled list, which their
    loader shuffles again; here every crop draws its cell by itself.
    """

    crop_size: int
    smallest_zoom: float

    def window(self, width: int, height: int, draws: Draws) -> Window:
        """Returns the window of one cell."""
        size = self.crop_size
        width = self._zoomed(width, draws.zoom_width)
        height = self._zoomed(height, draws.zoom_height)
        columns, rows = width // size, height // size
        column, row = divmod(int(draws.cell * columns * rows), rows)
        return Window(
            width,
            height,
            int(draws.left * (width - columns * size + 1)) + column * size,
            int(draws.top * (height - rows * size + 1)) + row * size,
            size,
            Image.Resampling.BILINEAR,
        )

    def _zoomed(self, side: int, draw: float) -> int:
        zoom = self.smallest_zoom + (1 - self.smallest_zoom) * draw
        return max(self.crop_size, round(side * zoom))


def row_draws(seed: int, first_stream: int, positions: np.ndarray) -> list[Draws]:
    """Returns the numbers of every stream position, from streams of their own."""
    columns = [
        uniform(seed, first_stream + purpose, positions)
        for purpose in range(len(Draws._fields))
    ]
    return [Draws(*row) for row in np.stack(columns, axis=1).tolist()]


def cut_out(image: Image.Image, window: Window) -> np.ndarray:
    """Resizes a picture and returns the window.

    Bilinear windows, small parts of large photographs, are computed alone (measured: 28
    times faster for 64x64 of 400x300). Bicubic ones are cut out of the resized whole:
    they are most of it, and Pillow clips between its two passes, in an order that
    depends on the sizes.

    Args:
        image: a PIL image of mode L, RGB or RGBA.
        window: the square.

    Returns:
        uint8 `[size, size, C]`: what resizing the whole picture and cropping gives;
        in under a hundredth of a bilinear window's pixels up to one level beside it.
    """
    left, top, size = window.left, window.top, window.size
    right, bottom = left + size, top + size
    target = (window.width, window.height)
    if window.filter == Image.Resampling.BILINEAR:
        x_scale, y_scale = image.width / target[0], image.height / target[1]
        box = (left * x_scale, top * y_scale, right * x_scale, bottom * y_scale)
        image = image.resize((size, size), window.filter, box)
    else:
        whole = image if image.size == target else image.resize(target, window.filter)
        image = whole.crop((left, top, right, bottom))
    return np.asarray(image).reshape(size, size, -1)
