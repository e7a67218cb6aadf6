"""Rendered shapes with captions: `bundled:shapes` and `bundled:unrelated_shapes`.

Everything follows from `(seed, index)`: the scene, its captions, and the picture with
its jitter and noise. Pictures are rendered when they are first used, at any size. No
TensorFlow.

`N` pictures, `M` objects, `S` the picture's side and `W` a window's side in pixels.
"""

from collections.abc import Callable, Sequence

import numpy as np

from tfgan_contra.config import nearest_name
from tfgan_contra.data.caption_configs import RENDERED_SHAPES, CaptionDataConfig
from tfgan_contra.data.captions import CaptionedDataset, CaptionedImages, caption_report
from tfgan_contra.data.ordering import PIXEL_STREAM, RENDER_STREAM, random_bits, uniform
from tfgan_contra.data.shape_captions import captions_of
from tfgan_contra.data.shape_scenes import (
    BACKGROUNDS,
    COLORS,
    FAMILY,
    REACH,
    SIZES,
    Scene,
    random_scenes,
    scene_families,
)
from tfgan_contra.data.specs import ImageSource
from tfgan_contra.errors import ConfigError
from tfgan_contra.types import DataSpec

TRAIN_IMAGES, TEST_IMAGES, HELD_OUT_IMAGES = 14_000, 500, 500

# The seeds of the three splits; picture i of a split has number `i + seed * 2**20`.
_SPLIT_SEEDS = {"train": 0, "test": 1, "held_out": 2}
_NUMBERS_PER_SPLIT = 1 << 20
_SUPERSAMPLED_SIDE = 128
_ROTATION = np.deg2rad(6)
_OBJECT_TINT, _BACKGROUND_TINT = 12.0, 4.0
# No more: a generator draws from a few numbers and cannot make noise of its own at
# every pixel. With 8 grey levels a discriminator told fakes by its absence.
_PIXEL_NOISE = 2.0
_DRAWS_PER_OBJECT = 5
# Arrays that fit a processor's cache; more at once is slower.
_VALUES_AT_ONCE = 1 << 18

_Inside = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _star(u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Five points; a tenth of the circle, mirrored, tells inside from outside."""
    tenth, inner = np.pi / 5, 0.52
    angle = np.abs((np.arctan2(u, -v) + tenth) % (2 * tenth) - tenth)
    radius = np.hypot(u, v)
    ahead, aside = radius * np.cos(angle), radius * np.sin(angle)
    corner_ahead, corner_aside = inner * np.cos(tenth), inner * np.sin(tenth)
    edge = (corner_ahead - REACH) * aside - corner_aside * (ahead - REACH)
    return edge >= 0


# Whether points in units of the radius, from the centre of mass, lie inside.
_INSIDE: dict[str, _Inside] = {
    "circle": lambda u, v: u**2 + v**2 <= 1,
    "square": lambda u, v: np.maximum(np.abs(u), np.abs(v)) <= 0.88,
    "triangle": lambda u, v: np.maximum(v, 0.75**0.5 * np.abs(u) - v / 2) <= REACH / 2,
    "diamond": lambda u, v: np.abs(u) / 0.92 + np.abs(v) / REACH <= 1,
    "star": _star,
    "cross": lambda u, v: (
        (np.minimum(np.abs(u), np.abs(v)) <= 0.36)
        & (np.maximum(np.abs(u), np.abs(v)) <= 1.08)
    ),
}


class RenderedShapes(ImageSource):
    """Scenes that are rendered when they are first used, and then kept."""

    def __init__(
        self, scenes: Sequence[Scene], image_size: int, seeds: np.ndarray
    ) -> None:
        """Takes scenes with the seed `[N]` of each; see `render`."""
        self._scenes, self._seeds = tuple(scenes), seeds
        self.image_shape = (image_size, image_size, 3)
        self.labels = np.zeros(len(scenes), np.int32)
        self._images = np.empty((len(scenes), *self.image_shape), np.uint8)
        self._rendered = np.zeros(len(scenes), bool)

    def load(self, indices: np.ndarray, crops: np.ndarray | None = None) -> np.ndarray:
        """Returns uint8 `[n, S, S, 3]`; there is nothing to crop."""
        fresh = np.unique(indices[~self._rendered[indices]])
        if len(fresh):
            scenes = [self._scenes[index] for index in fresh]
            size = self.image_shape[0]
            self._images[fresh] = render_scenes(scenes, size, self._seeds[fresh])
            self._rendered[fresh] = True
        return self._images[indices]


def load(name: str, config: CaptionDataConfig) -> CaptionedDataset:
    """Loads `shapes` or `unrelated_shapes`.

    14,000 pictures to train on, 500 to test, 500 held out. One or two shapes (of 6, in
    8 colours and 2 sizes) before one of 4 backgrounds, five captions each. Those of
    `shapes` to train on come in families of four that are hard to tell apart
    (`scene_families`). The test pictures show pairs of shape and colour that training
    shows too; every held-out picture shows a pair that it never does. Pictures that
    have been used stay in memory, 43 MB of 32 pixels, 2.8 GB of 256.

    Raises:
        ConfigError: for any other name.
    """
    source = f"bundled:{name}"
    if source not in RENDERED_SHAPES:
        raise ConfigError(
            "config.data.source names no bundled captioned set"
            f"{nearest_name(name, [s.partition(':')[2] for s in RENDERED_SHAPES])};"
            " there are"
            f" {' and '.join(RENDERED_SHAPES)}. Received: {source!r}"
        )
    size = config.image_size
    families = source == "bundled:shapes"
    train = shape_images("train", TRAIN_IMAGES, size, families=families)
    test = shape_images("test", TEST_IMAGES, size)
    held_out = shape_images("held_out", HELD_OUT_IMAGES, size)
    report = caption_report(train, config)
    return CaptionedDataset(DataSpec(size, 3, 0), train, test, held_out, report)


def shape_images(
    split: str, count: int, image_size: int, *, families: bool = True
) -> CaptionedImages:
    """Returns the first pictures of a split with their scenes and captions.

    Args:
        split: `train`, `test` or `held_out`.
        count: how many, at most 2**20.
        image_size: side in pixels, from 32.
        families: whether those of `train` come in families of four; the others never
            do.
    """
    seed, indices = _SPLIT_SEEDS[split], np.arange(count)
    in_families = families and split == "train"
    scenes = (
        scene_families(seed, indices)
        if in_families
        else random_scenes(seed, indices, held_out=split == "held_out")
    )
    source = RenderedShapes(scenes, image_size, indices + seed * _NUMBERS_PER_SPLIT)
    captions = [captions_of(scene) for scene in scenes]
    return CaptionedImages(source, captions, scenes, FAMILY if in_families else 1)


def render(scene: Scene, image_size: int, seed: int) -> np.ndarray:
    """Draws a scene, uint8 `[S, S, 3]`.

    Args:
        scene: what to draw.
        image_size: S, from 32.
        seed: of the jitter (radii within their size, 6 degrees of rotation, tints) and
            of the noise.
    """
    return render_scenes([scene], image_size, np.array([seed]))[0]


def render_scenes(
    scenes: Sequence[Scene], image_size: int, seeds: np.ndarray
) -> np.ndarray:
    """Draws many scenes, uint8 `[N, S, S, 3]`; see `render`.

    Args:
        scenes: N of them.
        image_size: S, from 32.
        seeds: `[N]` integers from 0; each decides its own picture alone.
    """
    images = np.empty((len(scenes), image_size, image_size, 3), np.uint8)
    chunk = max(1, _VALUES_AT_ONCE // (3 * image_size**2))
    for start in range(0, len(scenes), chunk):
        part = slice(start, start + chunk)
        images[part] = _drawn(scenes[part], image_size, np.asarray(seeds[part]))
    return images


def coverages(
    shapes: Sequence[str],
    centers: np.ndarray,
    radii: np.ndarray,
    corners: np.ndarray,
    side: int,
    *,
    angles: np.ndarray | None = None,
    samples: int = 4,
) -> np.ndarray:
    """Returns which part of every pixel of a window an object covers.

    Args:
        shapes: M names, each of `SHAPES`.
        centers: `[M, 2]`, x and y in pixels.
        radii: `[M]` in pixels.
        corners: `[M, 2]` integers, x and y of each window's first pixel.
        side: W, of the windows, in pixels.
        angles: `[M]` clockwise, in radians; None: upright.
        samples: points per pixel each way.

    Returns:
        float32 `[M, W, W]` in [0, 1].
    """
    points = ((np.arange(side * samples) + 0.5) / samples).astype(np.float32)
    starts = ((corners - centers) / radii[:, None]).astype(np.float32)
    scale = (1 / radii[:, None]).astype(np.float32)
    x = (starts[:, :1] + points * scale)[:, None, :]
    y = (starts[:, 1:] + points * scale)[:, :, None]
    turns = np.zeros(len(radii)) if angles is None else angles
    cos, sin = (f(turns).astype(np.float32)[:, None, None] for f in (np.cos, np.sin))
    covered = np.empty((len(radii), side, side), np.float32)
    names = np.array(shapes)
    for name, inside in _INSIDE.items():
        rows = np.flatnonzero(names == name)
        u = cos[rows] * x[rows] + sin[rows] * y[rows]
        v = cos[rows] * y[rows] - sin[rows] * x[rows]
        hits = inside(u, v).reshape(len(rows), side, samples, side, samples)
        covered[rows] = hits.mean(axis=(2, 4), dtype=np.float32)
    return covered


def _drawn(scenes: Sequence[Scene], side: int, seeds: np.ndarray) -> np.ndarray:
    """Draws a few scenes at once, float32 `[N, S, S, 3]`, whole numbers."""
    colors = np.array([BACKGROUNDS[scene.background] for scene in scenes], np.float32)
    colors += _BACKGROUND_TINT * _signed_draws(seeds, 0, 3)
    images = np.tile(colors[:, None, None], (1, side, side, 1))
    for place in range(max(len(scene.objects) for scene in scenes)):
        rows = np.array([i for i, s in enumerate(scenes) if len(s.objects) > place])
        _draw_objects(images, scenes, rows, place, seeds)
    images += _PIXEL_NOISE * _noise(seeds, images[0].size).reshape(images.shape)
    return np.clip(np.rint(images), 0, 255)


def _draw_objects(
    images: np.ndarray,
    scenes: Sequence[Scene],
    rows: np.ndarray,
    place: int,
    seeds: np.ndarray,
) -> None:
    """Draws the objects at one place of their scenes over float `images`."""
    objects = [scenes[row].objects[place] for row in rows]
    side = images.shape[1]
    draws = _signed_draws(seeds[rows], 3 + place * _DRAWS_PER_OBJECT, _DRAWS_PER_OBJECT)
    bounds = np.array([SIZES[item.size] for item in objects])
    radii = side * (bounds.mean(axis=1) + draws[:, 0] * np.ptp(bounds, axis=1) / 2)
    centers = side * np.array([(item.x, item.y) for item in objects])
    window = min(side, int(np.ceil(2 * REACH * SIZES["large"][1] * side)) + 2)
    corners = np.rint(centers - window / 2).astype(np.int64)
    corners = np.clip(corners, 0, side - window)
    covered = coverages(
        [item.shape for item in objects],
        centers,
        radii,
        corners,
        window,
        angles=_ROTATION * draws[:, 1],
        samples=max(2, _SUPERSAMPLED_SIDE // side),
    )[..., None]
    colors = np.array([COLORS[item.color] for item in objects], np.float32)
    colors += _OBJECT_TINT * draws[:, 2:]
    steps = np.arange(window)
    window_rows = corners[:, 1, None, None] + steps[:, None]
    window_columns = corners[:, 0, None, None] + steps
    places = rows[:, None, None], window_rows, window_columns
    images[places] += covered * (colors[:, None, None] - images[places])


def _noise(seeds: np.ndarray, values: int) -> np.ndarray:
    """Returns random numbers in [-1, 1] of every picture, float32 `[N, values]`."""
    # Every word gives eight values, in the same order on every machine.
    words = -(-values // 8)
    bits = random_bits(0, PIXEL_STREAM, seeds[:, None] * words + np.arange(words))
    octets = bits.astype("<u8").view(np.uint8)[:, :values]
    return octets.astype(np.float32) / 127.5 - 1


def _signed_draws(seeds: np.ndarray, first: int, count: int) -> np.ndarray:
    """Returns random numbers in [-1, 1) of every picture, float32 `[N, count]`."""
    counters = seeds[:, None] * 64 + first + np.arange(count)
    return (2 * uniform(0, RENDER_STREAM, counters) - 1).astype(np.float32)
