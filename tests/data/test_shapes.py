"""Rendered shapes: scenes by lot, their pictures, and the compositional split."""

import collections
import math

import numpy as np
import pytest

from tfgan_contra.data import captions_of, load_captioned, render
from tfgan_contra.data.caption_configs import CaptionDataConfig
from tfgan_contra.data.shape_scenes import (
    BACKGROUNDS,
    COLORS,
    HELD_OUT_PAIRS,
    OPPOSITES,
    REACH,
    SHAPES,
    SIZES,
    Scene,
    SceneObject,
    random_scenes,
    relation_between,
    scene_families,
)
from tfgan_contra.data.shapes import coverages, render_scenes, shape_images
from tfgan_contra.errors import ConfigError


@pytest.fixture(scope="module")
def dataset():
    return load_captioned(CaptionDataConfig())


def pairs_of(scene):
    return {(thing.shape, thing.color) for thing in scene.objects}


def test_sizes_and_report(dataset):
    splits = dataset.train, dataset.test, dataset.held_out
    assert [len(split) for split in splits] == [14_000, 500, 500]
    assert [split.group_size for split in splits] == [4, 1, 1]
    assert dataset.spec.image_shape == (32, 32, 3) and dataset.spec.num_classes == 0
    (line,) = dataset.report
    assert line.startswith("14000 training images with 70000 captions (")
    assert line.endswith("different) of 4 to 14 words")
    assert dataset.test.captions == tuple(map(captions_of, dataset.test.scenes))


def test_held_out_pairs_are_seen_nowhere_else(dataset):
    held_out = set(HELD_OUT_PAIRS)
    for split in (dataset.train, dataset.test):
        assert not any(pairs_of(scene) & held_out for scene in split.scenes)
    assert all(pairs_of(scene) & held_out for scene in dataset.held_out.scenes)
    shown = set().union(*map(pairs_of, dataset.held_out.scenes))
    assert held_out < shown


def test_training_shows_every_value_of_every_attribute(dataset):
    scenes = dataset.train.scenes
    things = [thing for scene in scenes for thing in scene.objects]
    counts = [
        collections.Counter(values)
        for values in (
            (thing.shape for thing in things),
            (thing.color for thing in things),
            (thing.size for thing in things),
            (scene.background for scene in scenes),
            (scene.relation for scene in scenes if scene.relation),
        )
    ]
    for count, names in zip(
        counts, (SHAPES, COLORS, SIZES, BACKGROUNDS, OPPOSITES), strict=True
    ):
        assert set(count) == set(names)
        assert min(count.values()) > 0.75 * max(count.values())
    assert len(set().union(*map(pairs_of, scenes))) == 48 - len(HELD_OUT_PAIRS)
    assert {color for _, color in HELD_OUT_PAIRS} == set(COLORS)
    assert abs(np.mean([len(scene.objects) == 2 for scene in scenes]) - 0.7) < 0.03


def test_objects_lie_apart_inside_and_clearly_beside_each_other(dataset):
    for scene in dataset.train.scenes + dataset.held_out.scenes:
        radii = [REACH * SIZES[thing.size][1] for thing in scene.objects]
        for thing, radius in zip(scene.objects, radii, strict=True):
            assert all(radius + 0.029 < p < 0.971 - radius for p in (thing.x, thing.y))
        if len(scene.objects) == 2:
            first, second = scene.objects
            distances = sorted([abs(first.x - second.x), abs(first.y - second.y)])
            assert distances[1] > sum(radii) + 0.059
            assert distances[0] < 0.45 * distances[1]
            assert pairs_of(scene) == {(t.shape, t.color) for t in (first, second)}
            assert len(pairs_of(scene)) == 2


def facts(thing):
    return thing.shape, thing.color, thing.size


def test_a_family_differs_in_shapes_and_relations_alone(dataset):
    scenes = dataset.train.scenes
    for start in range(0, len(scenes), 4):
        family = scenes[start : start + 4]
        things = [list(map(facts, scene.objects)) for scene in family]
        assert len({scene.background for scene in family}) == 1
        looks = {tuple(sorted(thing[1:] for thing in own)) for own in things}
        assert len(looks) == 1
        if len(things[0]) == 1:
            assert len({own[0][0] for own in things}) == 4
            continue
        assert things[0] == things[1] and things[2] == things[3]
        for either in (0, 1):
            shapes = [
                {t[0] for t in own if t[1:] == things[0][either][1:]} for own in things
            ]
            assert shapes[0] != shapes[2]
        for first, second in (family[:2], family[2:]):
            assert first.relation == OPPOSITES[second.relation]
            assert first.objects[0].x != second.objects[0].x
    relations = [scene.relation for scene in scenes if scene.relation]
    leading = [scene.relation for scene in scenes[::4] if scene.relation]
    assert len(set(leading)) == 4 and len(relations) == 4 * len(leading)


def test_each_member_of_a_family_is_as_likely_as_a_scene_alone():
    scenes = scene_families(0, np.arange(24_000))
    alone = random_scenes(0, np.arange(24_000))

    def shares(values):
        counts = collections.Counter(values)
        return {name: count / counts.total() for name, count in counts.items()}

    def facts_of(some):
        yield shares(scene.relation for scene in some)
        yield shares(scene.background for scene in some)
        yield shares(pair for scene in some for pair in pairs_of(scene))
        yield shares(scene.objects[0].shape for scene in some)

    for member in range(4):
        for found, expected in zip(
            facts_of(scenes[member::4]), facts_of(alone), strict=True
        ):
            assert found.keys() == expected.keys()
            assert all(abs(found[name] - expected[name]) < 0.02 for name in found)


def test_scenes_of_families_depend_on_their_own_number_alone():
    scenes = scene_families(3, np.arange(40))
    assert scene_families(3, np.array([17, 38, 2])) == [scenes[i] for i in (17, 38, 2)]
    assert scene_families(4, np.arange(40)) != scenes


def test_unrelated_shapes_have_no_families():
    dataset = load_captioned(CaptionDataConfig("bundled:unrelated_shapes"))
    assert dataset.train.group_size == 1
    assert list(dataset.train.scenes) == random_scenes(0, np.arange(14_000))
    related = load_captioned(CaptionDataConfig())
    assert dataset.test.captions == related.test.captions


def test_relations():
    middle = SceneObject("circle", "red", "small", 0.5, 0.5)
    for (x, y), expected in {
        (0.5, 0.2): "above",
        (0.4, 0.9): "below",
        (0.1, 0.4): "left",
        (0.9, 0.6): "right",
    }.items():
        other = SceneObject("star", "blue", "small", x, y)
        assert relation_between(other, middle) == expected
        assert relation_between(middle, other) == OPPOSITES[expected]
        assert Scene((other, middle), "white").relation == expected
    assert Scene((middle,), "white").relation is None


def test_scenes_and_pictures_depend_on_their_own_number_alone():
    scenes = random_scenes(1, np.arange(40))
    assert random_scenes(1, np.array([17, 3])) == [scenes[17], scenes[3]]
    assert random_scenes(2, np.arange(40)) != scenes
    images = render_scenes(scenes, 32, np.arange(40))
    assert (render(scenes[17], 32, 17) == images[17]).all()
    assert (render(scenes[17], 32, 18) != images[17]).any()
    source = shape_images("test", 40, 32).source
    rows = np.array([5, 2, 5])
    assert (source.load(rows) == shape_images("test", 9, 32).load(rows)).all()
    assert (source.load(np.arange(40))[rows] == source.load(rows)).all()


def test_pictures_handed_out_are_copies():
    source = shape_images("test", 2, 32).source
    first = source.load(np.arange(2))
    first[:] = 0
    assert source.load(np.arange(2)).any()


def areas(radius):
    """The areas of the shapes by school geometry."""
    return {
        "circle": math.pi * radius**2,
        "square": (2 * 0.88 * radius) ** 2,
        "triangle": 3 * math.sqrt(3) / 4 * (REACH * radius) ** 2,
        "diamond": 2 * 0.92 * REACH * radius**2,
        "star": 5 * REACH * 0.52 * math.sin(math.pi / 5) * radius**2,
        "cross": (4 * 2 * 1.08 * 0.36 - 4 * 0.36**2) * radius**2,
    }


@pytest.mark.parametrize("angle", [0.0, 0.3])
def test_coverages_have_the_shapes_area_and_centre(angle):
    count, side = len(SHAPES), 60
    covered = coverages(
        SHAPES,
        np.full((count, 2), [31.3, 29.1]),
        np.full(count, 20.0),
        np.zeros((count, 2), int),
        side,
        angles=np.full(count, angle),
    )
    steps = np.arange(side) + 0.5
    for shape, coverage in zip(SHAPES, covered, strict=True):
        assert coverage.sum() == pytest.approx(areas(20)[shape], rel=0.01)
        assert coverage.sum(0) @ steps / coverage.sum() == pytest.approx(31.3, abs=0.1)
        assert coverage.sum(1) @ steps / coverage.sum() == pytest.approx(29.1, abs=0.1)
    assert 0 < (covered % 1 > 0).mean() < 0.1


def test_shapes_stand_upright():
    upright = coverages(
        ("triangle", "star"),
        np.full((2, 2), 16.0),
        np.full(2, 10.0),
        np.zeros((2, 2), int),
        32,
    )
    for coverage in upright:
        assert (coverage == coverage[:, ::-1]).all()
        rows = np.flatnonzero(coverage.any(axis=1))
        assert rows[0] == 4 and rows[-1] < 28
        assert coverage[rows[0] + 1].sum() < 3


@pytest.mark.parametrize("size", [32, 64, 128])
def test_pictures_show_their_scene(size):
    shown = shape_images("train", 20, size)
    for scene, image in zip(shown.scenes, shown.load(np.arange(20)), strict=True):
        image = image.astype(float)
        border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
        backdrop = BACKGROUNDS[scene.background]
        assert np.abs(border.mean(axis=0) - backdrop).max() < 6
        for thing in scene.objects:
            x, y = int(thing.x * size), int(thing.y * size)
            center = image[y - 1 : y + 1, x - 1 : x + 1].mean(axis=(0, 1))
            assert np.abs(center - COLORS[thing.color]).max() < 25
        if len(scene.objects) == 1:
            way = np.array(COLORS[thing.color]) - backdrop
            coverage = (image - border.mean(axis=0)) @ way / (way @ way)
            expected = areas(np.mean(SIZES[thing.size]))[thing.shape]
            assert coverage.mean() == pytest.approx(expected, rel=0.3)


def test_larger_pictures_show_the_same():
    small, large = (
        shape_images("test", 10, size).load(np.arange(10)) for size in (32, 128)
    )
    reduced = large.reshape(10, 32, 4, 32, 4, 3).mean(axis=(2, 4))
    assert np.abs(reduced - small).mean() < 6


def test_scenes_without_objects_are_backgrounds():
    image = render(Scene((), "brown"), 32, 0)
    assert np.abs(image - np.array(BACKGROUNDS["brown"], float)).max() < 8
    assert len(np.unique(image[..., 0])) > 3


@pytest.mark.parametrize(
    "name, hint", [("shape", " (did you mean 'shapes'?)"), ("digits", "")]
)
def test_unknown_bundled_set(name, hint):
    with pytest.raises(ConfigError) as error:
        load_captioned(CaptionDataConfig(source=f"bundled:{name}"))
    assert str(error.value) == (
        f"config.data.source names no bundled captioned set{hint}; there are"
        f" bundled:shapes and bundled:unrelated_shapes. Received: 'bundled:{name}'"
    )
