"""Captions of shapes: what they say, and what is read out of them."""

import numpy as np
import pytest

from tfgan_contra.data import captions_of, parse_caption
from tfgan_contra.data.shape_captions import VOCABULARY, CaptionFacts, NamedObject
from tfgan_contra.data.shape_scenes import (
    OPPOSITES,
    Scene,
    SceneObject,
    random_scenes,
)

CIRCLE = SceneObject("circle", "red", "small", 0.5, 0.2)
SQUARE = SceneObject("square", "blue", "large", 0.5, 0.7)
STAR = SceneObject("star", "orange", "large", 0.2, 0.7)


def test_two_objects():
    assert captions_of(Scene((CIRCLE, SQUARE), "white")) == (
        "a small red circle above a large blue square on a white background",
        "a small red circle above a large blue square",
        "a red circle above a blue square on a white background",
        "there is a large blue square below a small red circle",
        "a white background with a small red circle and a large blue square",
    )


def test_two_objects_side_by_side():
    assert captions_of(Scene((STAR, SQUARE), "gray")) == (
        "a large orange star left of a large blue square on a gray background",
        "a large orange star left of a large blue square",
        "an orange star to the left of a blue square on a gray background",
        "there is a large blue square to the right of a large orange star",
        "a gray background with a large orange star and a large blue square",
    )


def test_one_object():
    assert captions_of(Scene((STAR,), "black")) == (
        "a large orange star on a black background",
        "a large orange star",
        "an orange star on a black background",
        "there is a large orange star",
        "a black background with a large orange star",
    )


def test_captions_are_read_back():
    for scene in random_scenes(5, np.arange(200)):
        items = scene.objects
        full = tuple(NamedObject(t.shape, t.color, t.size) for t in items)
        plain = tuple(NamedObject(t.shape, t.color) for t in items)
        opposite = OPPOSITES.get(scene.relation)
        expected = (
            CaptionFacts(full, scene.relation, scene.background),
            CaptionFacts(full, scene.relation),
            CaptionFacts(plain, scene.relation, scene.background),
            CaptionFacts(full[::-1], opposite),
            CaptionFacts(full, None, scene.background),
        )
        assert tuple(map(parse_caption, captions_of(scene))) == expected


def test_words_are_few_and_captions_short():
    captions = [c for s in random_scenes(5, np.arange(500)) for c in captions_of(s)]
    words = [caption.split() for caption in captions]
    assert {word for row in words for word in row} == set(VOCABULARY)
    assert len(VOCABULARY) == len(set(VOCABULARY)) == 35
    assert {len(row) for row in words} <= set(range(4, 15))
    assert max(map(len, words)) == 14


RED_CIRCLE, BLUE_STAR = NamedObject("circle", "red"), NamedObject("star", "blue")


@pytest.mark.parametrize(
    "caption, expected",
    [
        ("", CaptionFacts(())),
        ("Red circle.", CaptionFacts((RED_CIRCLE,))),
        (
            "A RED circle, above the blue star!",
            CaptionFacts((RED_CIRCLE, BLUE_STAR), "above"),
        ),
        (
            "the red circle is to the left of a blue star",
            CaptionFacts((RED_CIRCLE, BLUE_STAR), "left"),
        ),
        (
            "a red circle on the left and a blue star on the right",
            CaptionFacts((RED_CIRCLE, BLUE_STAR), "left"),
        ),
        (
            "above a red circle is a blue star",
            CaptionFacts((RED_CIRCLE, BLUE_STAR), "below"),
        ),
        ("a red circle on the right", CaptionFacts((RED_CIRCLE,))),
        ("the background is gray", CaptionFacts((), None, "gray")),
        ("a red circle on black", CaptionFacts((RED_CIRCLE,), None, "black")),
        ("a white circle", CaptionFacts((NamedObject("circle"),), unknown=("white",))),
        (
            "a turquoise circle beneath a large cross",
            CaptionFacts(
                (NamedObject("circle"), NamedObject("cross", None, "large")),
                None,
                None,
                ("turquoise", "beneath"),
            ),
        ),
        (
            "a circle and a cross and a red circle",
            CaptionFacts((NamedObject("circle"), NamedObject("cross"), RED_CIRCLE)),
        ),
    ],
)
def test_peoples_own_captions(caption, expected):
    assert parse_caption(caption) == expected
