"""Reads scenes of shapes back from pictures, without any network; no TensorFlow.

The method, made for pictures that may be blurred or a little wrong:

1. Pictures are averaged down to 32 pixels a side.
2. The median colour of the border is the background, named by the nearest of the four.
3. Connected pixels further from it than `_CONTRAST` are an object, if they are enough.
   A colour is named by the nearest of the eight lines from the background to a colour,
   since blurred edges and pale objects lie on their colour's line. A group whose inside
   has two names is two objects that touch.
4. The place along the line is a pixel's coverage. Its sum is the area and its centre of
   mass the position; both survive a blur. Every shape is drawn there with that area,
   sharp and blurred; the drawing that differs least from the coverage names the shape.
5. The radius of that drawing tells small from large.

`N` pictures of side `S`, `M` objects, `W` the side of a window in pixels, `C` colours.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import ndimage

from tfgan_contra.data.shape_scenes import (
    BACKGROUNDS,
    COLORS,
    REACH,
    SHAPES,
    SIZES,
    Scene,
    SceneObject,
)
from tfgan_contra.data.shapes import coverages

_SIDE = 32
# Noise and blotches stay below; the palest object that a blur leaves is above.
_CONTRAST = 50.0
_LEAST_PIXELS = 8
# The share that the second colour inside a group needs to be an object of its own.
_SECOND_SHARE = 0.25
# A distance in colour; full strength is a little likelier than a pale or blurred one.
_PALENESS = 20.0
_PALEST = 0.3
_DIVIDING_RADIUS = _SIDE * (SIZES["small"][1] + SIZES["large"][0]) / 2
_WINDOW = 21
_HALO = np.ones((5, 5), bool)
_BLURS = (0.0, 0.6, 0.9)
_TEMPLATE_SAMPLES = 3
_COLOR_NAMES, _COLOR_VALUES = tuple(COLORS), np.array(list(COLORS.values()), float)
_BACKGROUND_NAMES = tuple(BACKGROUNDS)
_BACKGROUND_VALUES = np.array(list(BACKGROUNDS.values()), float)


class _Found(NamedTuple):
    """One object in a picture.

    Attributes:
        picture: its number.
        color: a name of `COLORS`.
        coverage: `[W, W]`, 0 outside and about 1 inside.
        corner: x and y of the window's first pixel.
    """

    picture: int
    color: str
    coverage: np.ndarray
    corner: tuple[int, int]


def read_scene(image: np.ndarray) -> Scene:
    """Returns what uint8 `[S, S, 3]` shows; see `read_scenes`."""
    return read_scenes(image[None])[0]


def read_scenes(images: np.ndarray) -> list[Scene]:
    """Returns what pictures show: any number of objects each, the largest first.

    Args:
        images: uint8 `[N, S, S, 3]`, S a multiple of 32.
    """
    count, size = images.shape[:2]
    blocks = images.reshape(count, _SIDE, size // _SIDE, _SIDE, size // _SIDE, 3)
    pixels = blocks.mean(axis=(2, 4))
    backgrounds = _border_colors(pixels)
    found = [
        item
        for number in range(count)
        for item in _found_objects(number, pixels[number], backgrounds[number])
    ]
    objects: list[list[tuple[float, SceneObject]]] = [[] for _ in images]
    for item, named in zip(found, _named(found), strict=True):
        objects[item.picture].append(named)
    distances = np.linalg.norm(backgrounds[:, None] - _BACKGROUND_VALUES, axis=-1)
    return [
        Scene(
            tuple(thing for _, thing in sorted(things, key=lambda pair: -pair[0])),
            _BACKGROUND_NAMES[nearest],
        )
        for things, nearest in zip(objects, distances.argmin(axis=1), strict=True)
    ]


def _border_colors(pixels: np.ndarray) -> np.ndarray:
    """Returns the median colour of the pictures' outermost pixels, `[N, 3]`."""
    border = np.ones((_SIDE, _SIDE), bool)
    border[1:-1, 1:-1] = False
    return np.median(pixels[:, border], axis=1)


def _found_objects(
    number: int, pixels: np.ndarray, background: np.ndarray
) -> Iterator[_Found]:
    """Yields the objects of one picture."""
    offsets = pixels - background
    groups = _groups(offsets, background)
    # Windows may reach beyond the picture.
    around = np.pad(groups, _WINDOW)
    wide = np.pad(offsets, ((_WINDOW, _WINDOW), (_WINDOW, _WINDOW), (0, 0)))
    for label, box in enumerate(ndimage.find_objects(groups), start=1):
        inside = offsets[box][groups[box] == label]
        lengths = np.linalg.norm(inside, axis=-1)
        distinct = np.median(inside[lengths >= np.median(lengths)], axis=0)
        color = int(_color_names(distinct, background))
        top, left = (
            (side.start + side.stop + 1) // 2 - _WINDOW // 2 + _WINDOW for side in box
        )
        view = slice(top, top + _WINDOW), slice(left, left + _WINDOW)
        way = _COLOR_VALUES[color] - background
        coverage = np.clip(wide[view] @ way / (way @ way), -0.5, 1.0)
        coverage *= _own_surroundings(around[view], label)
        yield _Found(
            number, _COLOR_NAMES[color], coverage, (left - _WINDOW, top - _WINDOW)
        )


def _groups(offsets: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Returns the number of every pixel's object, from 1; 0 where there is none.

    Args:
        offsets: `[32, 32, 3]`, the pixels less the background.
        background: `[3]`.
    """
    labels, count = ndimage.label(
        np.linalg.norm(offsets, axis=-1) > _CONTRAST, np.ones((3, 3))
    )
    result, number = np.zeros_like(labels), 0
    for label in range(1, count + 1):
        group = labels == label
        if group.sum() < _LEAST_PIXELS:
            continue
        for part in _parts(offsets, group, background):
            number += 1
            result[part] = number
    return result


def _parts(
    offsets: np.ndarray, group: np.ndarray, background: np.ndarray
) -> list[np.ndarray]:
    """Divides a group of pixels where its inside has two colours."""
    inside = offsets[ndimage.binary_erosion(group)]
    counts = np.bincount(_color_names(inside, background), minlength=len(COLORS))
    first, second = np.argsort(-counts, kind="stable")[:2]
    if counts[second] < max(_SECOND_SHARE * counts.sum(), _LEAST_PIXELS / 2):
        return [group]
    costs = _color_costs(offsets, background)
    nearer = costs[..., second] < costs[..., first]
    return [group & ~nearer, group & nearer]


def _color_names(offsets: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Returns the number of the colour of each of `[..., 3]` offsets."""
    return _color_costs(offsets, background).argmin(axis=-1)


def _color_costs(offsets: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Returns how far offsets are from the line to every colour, `[..., C]`."""
    ways = _COLOR_VALUES - background
    strengths = offsets @ ways.T / (ways**2).sum(axis=-1)
    strengths = np.clip(strengths, _PALEST, 1)
    rest = offsets[..., None, :] - strengths[..., None] * ways
    return np.linalg.norm(rest, axis=-1) + _PALENESS * (1 - strengths)


def _own_surroundings(groups: np.ndarray, label: int) -> np.ndarray:
    """Returns which pixels of a window are an object's or fade out around it."""
    own = groups == label
    others = (groups > 0) & ~own
    return ndimage.binary_dilation(own, _HALO) & ~others


def _named(found: list[_Found]) -> Iterator[tuple[float, SceneObject]]:
    """Yields the area and the attributes of objects, in order."""
    if not found:
        return
    seen = np.stack([item.coverage for item in found])
    corners = np.array([item.corner for item in found])
    areas = np.maximum(seen.sum(axis=(1, 2)), 1.0)
    steps = np.arange(_WINDOW) + 0.5
    centers = corners + np.stack(
        [seen.sum(axis=axis) @ steps / areas for axis in (1, 2)], axis=-1
    )
    errors = np.stack([_misfit(s, seen, areas, centers, corners) for s in SHAPES])
    best = errors.argmin(axis=0)
    radii = np.sqrt(areas / _UNIT_AREAS[best])
    for item, shape, radius, (x, y), area in zip(
        found, best, radii, centers / _SIDE, areas, strict=True
    ):
        size = "small" if radius < _DIVIDING_RADIUS else "large"
        yield area, SceneObject(SHAPES[shape], item.color, size, float(x), float(y))


def _misfit(
    shape: str,
    seen: np.ndarray,
    areas: np.ndarray,
    centers: np.ndarray,
    corners: np.ndarray,
) -> np.ndarray:
    """Returns the least squared difference of a shape from coverages, `[M]`."""
    radii = np.sqrt(areas / _UNIT_AREAS[SHAPES.index(shape)])
    sharp = coverages(
        [shape] * len(areas),
        centers,
        radii,
        corners,
        _WINDOW,
        samples=_TEMPLATE_SAMPLES,
    )
    drawings = (ndimage.gaussian_filter(sharp, (0, blur, blur)) for blur in _BLURS)
    misfits = [((drawing - seen) ** 2).sum(axis=(1, 2)) for drawing in drawings]
    return np.min(misfits, axis=0)


def _unit_areas() -> np.ndarray:
    """Returns the area of every shape of radius 1."""
    radius = 100.0
    side = int(2 * REACH * radius) + 2
    covered = coverages(
        SHAPES,
        np.full((len(SHAPES), 2), side / 2),
        np.full(len(SHAPES), radius),
        np.zeros((len(SHAPES), 2), np.int64),
        side,
        samples=1,
    )
    return covered.sum(axis=(1, 2)) / radius**2


_UNIT_AREAS = _unit_areas()
