"""Scenes of one or two coloured shapes: what is in them and how they are drawn by lot.

A scene is a pure function of `(seed, index)`. Some pairs of shape and colour are never
drawn for training, so that a split of them tests composition: a purple star where
purple things and stars were seen, but no purple star. No TensorFlow.

Lengths are parts of the picture's side; x grows to the right and y downwards.
"""

import dataclasses
from typing import Any, NamedTuple, Optional

import numpy as np

from tfgan_contra.data.ordering import SCENE_STREAM, uniform

SHAPES = ("circle", "square", "triangle", "diamond", "star", "cross")
COLORS = {
    "red": (215, 35, 40),
    "green": (40, 165, 60),
    "blue": (40, 75, 215),
    "yellow": (240, 220, 50),
    "orange": (242, 135, 25),
    "purple": (135, 50, 175),
    "cyan": (60, 205, 225),
    "pink": (248, 135, 190),
}
# No gray near the middle of the scale: that a generator draws by making nothing,
# tanh(0), and features that have died for it do not come back for other backgrounds.
BACKGROUNDS = {
    "white": (244, 244, 242),
    "black": (18, 18, 20),
    "gray": (164, 166, 168),
    "brown": (106, 74, 46),
}
# Radii, from the smallest to the largest of a size.
SIZES = {"small": (0.105, 0.12), "large": (0.16, 0.18)}
OPPOSITES = {"above": "below", "below": "above", "left": "right", "right": "left"}
# No point of a shape is further from its centre than this many radii.
REACH = 1.2
# Pictures of a family; see `scene_families`.
FAMILY = 4
# One shape of every colour that training never shows.
HELD_OUT_PAIRS = (
    *(("circle", "cyan"), ("square", "orange"), ("triangle", "green")),
    *(("diamond", "red"), ("star", "purple"), ("cross", "yellow")),
    *(("circle", "pink"), ("square", "blue")),
)
PAIRS = tuple((shape, color) for shape in SHAPES for color in COLORS)
SEEN_PAIRS = tuple(pair for pair in PAIRS if pair not in HELD_OUT_PAIRS)

_MARGIN = 0.03
_GAP = 0.06
# How far two objects may be out of line, as a part of their distance.
_SLANT = 0.4
_TWO_OBJECTS = 0.7
_DRAWS = 16
# What the scenes of a family have in common, beside the colours.
_SHARED = ("number", "background", "size", "other_size")


@dataclasses.dataclass(frozen=True)
class SceneObject:
    """One shape of a scene.

    Attributes:
        shape: one of `SHAPES`.
        color: one of `COLORS`.
        size: `small` or `large`.
        x: of the centre, in [0, 1] from the left.
        y: of the centre, in [0, 1] from the top.
    """

    shape: str
    color: str
    size: str
    x: float
    y: float


@dataclasses.dataclass(frozen=True)
class Scene:
    """Shapes before a background.

    Attributes:
        objects: one or two; pictures that are read may hold none or more.
        background: one of `BACKGROUNDS`.
    """

    objects: tuple[SceneObject, ...]
    background: str

    @property
    def relation(self) -> Optional[str]:
        """Where the first object is, seen from the second; None with fewer than two."""
        if len(self.objects) < 2:
            return None
        return relation_between(*self.objects[:2])


class _Draws(NamedTuple):
    """The random numbers of one scene, each in [0, 1)."""

    number: float
    background: float
    pair: float
    other_pair: float
    size: float
    other_size: float
    order: float
    relation: float
    distance: float
    along: float
    across: float
    slant: float


def relation_between(first: SceneObject, second: SceneObject) -> str:
    """Returns `above`, `below`, `left` or `right`: where the first is.

    The larger of the horizontal and the vertical distance decides.
    """
    right, down = first.x - second.x, first.y - second.y
    if abs(down) >= abs(right):
        return "above" if down < 0 else "below"
    return "left" if right < 0 else "right"


def random_scenes(
    seed: int, indices: np.ndarray, *, held_out: bool = False
) -> list[Scene]:
    """Returns scenes by number; 70 % have two objects, one above or beside the other.

    The two never share both shape and colour, so that a caption tells them apart.

    Args:
        seed: of the collection.
        indices: `[n]` integers from 0.
        held_out: whether every scene shows one of `HELD_OUT_PAIRS` (the second object
            of two may be of any pair); otherwise none does.
    """
    scenes = []
    for draws in _draws(seed, np.asarray(indices)):
        pair = _pick(HELD_OUT_PAIRS if held_out else SEEN_PAIRS, draws.pair)
        others = PAIRS if held_out else SEEN_PAIRS
        relation = _pick(tuple(OPPOSITES), draws.relation)
        scenes.append(_scene(draws, pair, _other_pair(draws, pair, others), relation))
    return scenes


def scene_families(seed: int, indices: np.ndarray) -> list[Scene]:
    """Returns scenes by number, of which four that follow each other are a family.

    Each scene by itself is as likely as in `random_scenes`. A family shares number,
    colours and sizes of the objects and the background. Of two objects, scenes 0 and 1
    show the same ones in opposite relations, and so do scenes 2 and 3, with other
    shapes for both and a relation of their own; a single object has another shape in
    each. Where something is drawn does not follow from the family. The one caption in
    five that leaves out the relation belongs to two scenes of a family.

    In batches of unrelated scenes colours alone tell nearly all captions apart, and
    contrasts teach neither shapes nor which object is above the other.

    Args:
        seed: of the collection.
        indices: `[n]` integers from 0; scene i is of family `i // 4`.
    """
    numbers = np.asarray(indices)
    leaders = _draws(seed, numbers - numbers % FAMILY)
    twins = _draws(seed, numbers - numbers % 2)
    scenes = []
    for member, leader, twin, draws in zip(
        numbers % FAMILY, leaders, twins, _draws(seed, numbers), strict=True
    ):
        pair = _pick(SEEN_PAIRS, leader.pair)
        other_pair = _other_pair(leader, pair, SEEN_PAIRS)
        turns = int(member if leader.number >= _TWO_OBJECTS else member // 2)
        relation = _pick(tuple(OPPOSITES), twin.relation)
        shared = {name: getattr(leader, name) for name in _SHARED}
        scenes.append(
            _scene(
                draws._replace(order=twin.order, **shared),
                _turned(pair, turns),
                _turned(other_pair, turns),
                OPPOSITES[relation] if member % 2 else relation,
            )
        )
    return scenes


def _draws(seed: int, numbers: np.ndarray) -> list[_Draws]:
    counters = numbers[:, None] * _DRAWS + np.arange(_DRAWS)
    rows = uniform(seed, SCENE_STREAM, counters)[:, : len(_Draws._fields)]
    return [_Draws(*row) for row in rows.tolist()]


def _turned(pair: tuple[str, str], turns: int) -> tuple[str, str]:
    """Returns the colour with one of the next shapes that training shows in it."""
    shapes = [shape for shape, color in SEEN_PAIRS if color == pair[1]]
    return shapes[(shapes.index(pair[0]) + turns) % len(shapes)], pair[1]


def _other_pair(
    draws: _Draws, pair: tuple[str, str], choices: tuple[tuple[str, str], ...]
) -> tuple[str, str]:
    return _pick(tuple(other for other in choices if other != pair), draws.other_pair)


def _scene(
    draws: _Draws, pair: tuple[str, str], other_pair: tuple[str, str], relation: str
) -> Scene:
    background = _pick(tuple(BACKGROUNDS), draws.background)
    size = _pick(tuple(SIZES), draws.size)
    if draws.number >= _TWO_OBJECTS:
        low = _MARGIN + _outer_radius(size)
        x, y = (low + draw * (1 - 2 * low) for draw in (draws.across, draws.along))
        return Scene((SceneObject(pair[0], pair[1], size, x, y),), background)
    things = [(*pair, size), (*other_pair, _pick(tuple(SIZES), draws.other_size))]
    if draws.order < 0.5:
        things.reverse()
    places = _two_places((things[0][2], things[1][2]), draws, relation)
    first, second = (
        SceneObject(shape, color, size, x, y)
        for (shape, color, size), (x, y) in zip(things, places, strict=True)
    )
    return Scene((first, second), background)


def _two_places(
    sizes: tuple[str, str], draws: _Draws, relation: str
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Returns the centres of two objects that do not touch, nearly in line."""
    swapped = relation in ("below", "right")
    near, far = (_outer_radius(size) for size in sizes)
    if swapped:
        near, far = far, near
    least, most = near + far + _GAP, 1 - 2 * _MARGIN - near - far
    distance = least + draws.distance * (most - least)
    start = _MARGIN + near + draws.along * (most - distance)
    side = _MARGIN + near + draws.across * (1 - 2 * (_MARGIN + near))
    other_side = side + (2 * draws.slant - 1) * _SLANT * distance
    other_side = min(max(other_side, _MARGIN + far), 1 - _MARGIN - far)
    places = (side, start), (other_side, start + distance)
    if relation in ("left", "right"):
        places = places[0][::-1], places[1][::-1]
    return places[::-1] if swapped else places


def _outer_radius(size: str) -> float:
    return REACH * SIZES[size][1]


def _pick(choices: tuple, draw: float) -> Any:
    return choices[int(draw * len(choices))]
