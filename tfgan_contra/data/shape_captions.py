"""Captions of scenes of shapes, and what a caption names; no TensorFlow.

"a small red circle above a large blue square on a white background"

A small closed language: `VOCABULARY` has every word. A caption is read word by word,
not by its grammar, so that people's own captions in these words are understood too.
"""

import dataclasses
import itertools
import re
from typing import Optional

from tfgan_contra.data.shape_scenes import (
    BACKGROUNDS,
    COLORS,
    OPPOSITES,
    SHAPES,
    SIZES,
    Scene,
    SceneObject,
)

_OTHER_WORDS = (
    *("a", "an", "the", "of", "to", "on", "with", "and", "is", "there"),
    "background",
)
VOCABULARY = (*SHAPES, *COLORS, *SIZES, *BACKGROUNDS, *OPPOSITES, *_OTHER_WORDS)
# What stands before one of these belongs to an object.
_DESCRIBING = (*SHAPES, *COLORS, *SIZES)
_WORD = re.compile(r"[\w'-]+")


@dataclasses.dataclass(frozen=True)
class NamedObject:
    """An object as a caption names it.

    Attributes:
        shape: one of `SHAPES`.
        color: one of `COLORS`, or None where the caption leaves it open.
        size: `small`, `large` or None.
    """

    shape: str
    color: Optional[str] = None
    size: Optional[str] = None


@dataclasses.dataclass(frozen=True)
class CaptionFacts:
    """What a caption says of a picture.

    Attributes:
        objects: in the order of the caption.
        relation: where the first object is, seen from the second, or None.
        background: one of `BACKGROUNDS`, or None.
        unknown: words that say nothing here: they are not in the vocabulary, or call an
            object by a background's colour.
    """

    objects: tuple[NamedObject, ...]
    relation: Optional[str] = None
    background: Optional[str] = None
    unknown: tuple[str, ...] = ()


def captions_of(scene: Scene) -> tuple[str, ...]:
    """Returns five captions of a scene of one or two objects, at most 14 words each.

    In this order: all there is; without the background; without sizes; with the
    relation told from the other object; the background first, without the relation.
    """
    full = [_phrase(item) for item in scene.objects]
    unsized = [_phrase(item, with_size=False) for item in scene.objects]
    backdrop = f"a {scene.background} background"
    if scene.relation is None:
        ((whole,), (plain,)) = full, unsized
        return (
            f"{whole} on {backdrop}",
            whole,
            f"{plain} on {backdrop}",
            f"there is {whole}",
            f"{backdrop} with {whole}",
        )
    relation, opposite = scene.relation, OPPOSITES[scene.relation]
    return (
        f"{_related(full, relation)} on {backdrop}",
        _related(full, relation),
        f"{_related(unsized, relation, 'to the ')} on {backdrop}",
        f"there is {_related(full[::-1], opposite, 'to the ')}",
        f"{backdrop} with {' and '.join(full)}",
    )


def parse_caption(caption: str) -> CaptionFacts:
    """Returns what a caption names.

    Sizes and colours belong to the next shape; a background's colour stands before
    something else (a "white circle" has no known colour). The relation is the first of
    `above`, `below`, `left` and `right` (with or without `of`); before any shape it is
    told from the second object: "above a red circle is a blue star".

    Args:
        caption: any text; upper case and punctuation do not matter.
    """
    objects: list[NamedObject] = []
    pending: dict[str, str] = {}
    relation = background = None
    unknown = []
    words = _WORD.findall(caption.lower())
    for word, following in itertools.pairwise([*words, ""]):
        if word in SHAPES:
            objects.append(NamedObject(word, **pending))
            pending = {}
        elif word in COLORS:
            pending["color"] = word
        elif word in SIZES:
            pending["size"] = word
        elif word in BACKGROUNDS and following not in _DESCRIBING:
            background = word
        elif word in OPPOSITES:
            relation = relation or (word if objects else OPPOSITES[word])
        elif word not in _OTHER_WORDS:
            unknown.append(word)
    return CaptionFacts(
        tuple(objects),
        relation if len(objects) > 1 else None,
        background,
        tuple(unknown),
    )


def _phrase(item: SceneObject, with_size: bool = True) -> str:
    words = f"{item.size} {item.color}" if with_size else item.color
    article = "an" if words[0] in "aeiou" else "a"
    return f"{article} {words} {item.shape}"


def _related(phrases: list[str], relation: str, before_side: str = "") -> str:
    """Joins two phrases; `before_side` stands before `left of` and `right of`."""
    sideways = relation in ("left", "right")
    words = f"{before_side}{relation} of" if sideways else relation
    return f"{phrases[0]} {words} {phrases[1]}"
