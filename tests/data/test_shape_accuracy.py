"""How far pictures show what captions name, and what chance would give."""

import numpy as np
import pytest

from tfgan_contra.data import (
    Scene,
    SceneObject,
    agreement,
    attribute_accuracy,
    parse_caption,
    render,
)
from tfgan_contra.data.shapes import shape_images

CIRCLE = SceneObject("circle", "red", "small", 0.5, 0.2)
SQUARE = SceneObject("square", "blue", "large", 0.5, 0.7)
SCENE = Scene((SQUARE, CIRCLE), "white")


@pytest.fixture(scope="module")
def shown():
    return shape_images("test", 60, 32)


@pytest.mark.parametrize("which", range(5))
def test_true_captions_agree_and_others_do_so_by_chance(shown, which):
    captions = [texts[which] for texts in shown.captions]
    scores = attribute_accuracy(captions, shown.load(np.arange(60)))
    left_out = {1: "background", 2: "size", 3: "background", 4: "position"}
    for name, score in scores.items():
        if left_out.get(which) == name:
            assert score == (None, None, 0.0)
        else:
            assert score.accuracy >= 0.97
            assert 0 <= score.chance < (0.7 if name in ("size", "count") else 0.4)
    assert scores["all"].chance < 0.05 and scores["all"].share == 1
    if which != 4:
        pairs = sum(len(scene.objects) == 2 for scene in shown.scenes)
        assert scores["position"].share == pytest.approx(pairs / 60)


@pytest.mark.parametrize(
    "caption, expected",
    [
        (
            "a small red circle above a large blue square on a white background",
            {"shape": 1, "color": 1, "size": 1, "position": 1, "background": 1}
            | {"count": 1, "all": 1},
        ),
        (
            "a blue square above a red circle",
            {"shape": 1, "color": 1, "position": 0, "count": 1, "all": 0},
        ),
        (
            "a large red star above a blue square",
            {"shape": 0.5, "color": 1, "size": 0, "position": 1, "count": 1, "all": 0},
        ),
        ("a blue square", {"shape": 1, "color": 1, "count": 0, "all": 0}),
        (
            "a circle left of a square and a cross",
            {"shape": 2 / 3, "position": 0, "count": 0, "all": 0},
        ),
        ("a black background", {"background": 0, "all": 0}),
        ("hello", {}),
    ],
)
def test_agreement(caption, expected):
    assert agreement(parse_caption(caption), SCENE) == pytest.approx(expected)


def test_agreement_with_a_missing_object():
    facts = parse_caption("a red circle below a blue square")
    assert agreement(facts, Scene((CIRCLE,), "white")) == {
        "shape": 0.5,
        "color": 0.5,
        "position": 0,
        "count": 0,
        "all": 0,
    }


def test_a_single_picture_has_no_chance_level():
    image = render(SCENE, 32, 0)
    scores = attribute_accuracy(["a red circle above a blue square"], image[None])
    assert scores["shape"] == (1, None, 1) and scores["all"].accuracy == 1


def test_captions_and_pictures_must_be_as_many():
    with pytest.raises(ValueError):
        attribute_accuracy(["a circle"], np.zeros((2, 32, 32, 3), np.uint8))
