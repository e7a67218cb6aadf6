"""How far pictures of shapes show what captions name; no TensorFlow.

`shape_captions` says what a caption names, `shape_reading` what a picture shows.
"""

from collections.abc import Sequence
from typing import NamedTuple, Optional

import numpy as np
from scipy.optimize import linear_sum_assignment

from tfgan_contra.data.ordering import SUBSET_STREAM, permutation
from tfgan_contra.data.shape_captions import CaptionFacts, NamedObject, parse_caption
from tfgan_contra.data.shape_reading import read_scenes
from tfgan_contra.data.shape_scenes import Scene, SceneObject, relation_between

ATTRIBUTES = ("shape", "color", "size", "position", "background", "count", "all")
_OBJECT_ATTRIBUTES = ("shape", "color", "size")
_SHUFFLES = 10


class AttributeScore(NamedTuple):
    """How often pictures show one attribute as their captions name it.

    Attributes:
        accuracy: mean over the captions that name it; None if none does.
        chance: the same with the captions shuffled among the pictures; None if none
            does, or for a single picture.
        share: the part of the captions that name it.
    """

    accuracy: Optional[float]
    chance: Optional[float]
    share: float


def attribute_accuracy(
    captions: Sequence[str], images: np.ndarray
) -> dict[str, AttributeScore]:
    """Returns how often pictures of shapes show what their captions name.

    Chance is measured, as the mean over ten shuffles in which no picture keeps its own
    caption; alike captions among the given ones raise it.

    Args:
        captions: one for every picture.
        images: uint8 `[N, S, S, 3]`, S a multiple of 32.

    Returns:
        A score for each of `ATTRIBUTES`: `shape`, `color` and `size` of the objects,
        `position` (the relation of the first two), `background`, `count` (as many
        objects as are named), and `all` that a caption names, at once.
    """
    facts = [parse_caption(caption) for caption in captions]
    scenes = read_scenes(images)
    own = [agreement(*pair) for pair in zip(facts, scenes, strict=True)]
    order = permutation(0, SUBSET_STREAM, len(facts))
    shuffled = [
        agreement(facts[row], scenes[other])
        for shift in range(1, min(len(facts), _SHUFFLES + 1))
        for row, other in zip(order, np.roll(order, shift), strict=True)
    ]
    return {
        name: AttributeScore(
            _mean(own, name),
            _mean(shuffled, name),
            sum(name in row for row in own) / len(own),
        )
        for name in ATTRIBUTES
    }


def agreement(facts: CaptionFacts, scene: Scene) -> dict[str, float]:
    """Returns how far a scene has what a caption names, from 0 to 1 each.

    The objects named are matched with as many of the scene's first objects (the largest
    ones of a picture) so that most attributes agree; a missing object has none of them.

    Args:
        facts: what the caption names.
        scene: as it was read from the picture, or as it was rendered.

    Returns:
        Values for those of `ATTRIBUTES` that the caption names.
    """
    matched = _matched(facts.objects, scene.objects[: len(facts.objects)])
    result = {}
    for name in _OBJECT_ATTRIBUTES:
        right = [
            getattr(item, name) == getattr(thing, name, None)
            for item, thing in zip(facts.objects, matched, strict=True)
            if getattr(item, name) is not None
        ]
        if right:
            result[name] = float(np.mean(right))
    if facts.relation is not None:
        pair = [thing for thing in matched[:2] if thing is not None]
        related = len(pair) == 2 and relation_between(*pair) == facts.relation
        result["position"] = float(related)
    if facts.background is not None:
        result["background"] = float(facts.background == scene.background)
    if facts.objects:
        result["count"] = float(len(facts.objects) == len(scene.objects))
    if result:
        result["all"] = float(min(result.values()) == 1)
    return result


def _matched(
    named: tuple[NamedObject, ...], found: tuple[SceneObject, ...]
) -> list[Optional[SceneObject]]:
    """Returns the object found for every object named, or None."""
    alike = np.array(
        [
            [
                sum(getattr(item, n) == getattr(thing, n) for n in _OBJECT_ATTRIBUTES)
                for thing in found
            ]
            for item in named
        ]
    ).reshape(len(named), len(found))
    matched: list[Optional[SceneObject]] = [None] * len(named)
    for row, column in zip(*linear_sum_assignment(-alike), strict=True):
        matched[row] = found[column]
    return matched


def _mean(rows: list[dict[str, float]], name: str) -> Optional[float]:
    values = [row[name] for row in rows if name in row]
    return float(np.mean(values)) if values else None
