"""Scenes read back from pictures: rendered, blurred, touching, empty and senseless."""

import numpy as np
import pytest
from scipy import ndimage

from tfgan_contra.data import Scene, SceneObject, read_scene, read_scenes, render
from tfgan_contra.data.shapes import shape_images


def accuracies(scenes, images):
    """Shares of right attributes; an object read is the one nearest to the true one."""
    read = read_scenes(images)
    right = {name: [] for name in ("shape", "color", "size", "place")}
    for scene, seen in zip(scenes, read, strict=True):
        for thing in scene.objects:
            distances = [np.hypot(o.x - thing.x, o.y - thing.y) for o in seen.objects]
            found = seen.objects[int(np.argmin(distances))] if distances else None
            right["place"].append(bool(distances) and min(distances) < 0.02)
            for name in ("shape", "color", "size"):
                value = getattr(found, name, None)
                right[name].append(value == getattr(thing, name))
    pairs = list(zip(scenes, read, strict=True))
    right["background"] = [a.background == b.background for a, b in pairs]
    right["count"] = [len(a.objects) == len(b.objects) for a, b in pairs]
    return {name: float(np.mean(values)) for name, values in right.items()}


@pytest.mark.parametrize("size, count", [(32, 100), (64, 30), (128, 10)])
def test_rendered_pictures(size, count):
    shown = shape_images("held_out", count, size)
    values = accuracies(shown.scenes, shown.load(np.arange(count)))
    assert min(values.values()) >= 0.97, values


@pytest.mark.parametrize("blur, least", [(0.8, 0.97), (1.1, 0.95)])
def test_blurred_noisy_pictures(blur, least):
    shown = shape_images("test", 100, 32)
    images = shown.load(np.arange(100)).astype(float)
    images = ndimage.gaussian_filter(images, (0, blur, blur, 0))
    images += np.random.default_rng(0).normal(0, 6, images.shape)
    images = np.clip(images, 0, 255).astype(np.uint8)
    values = accuracies(shown.scenes, images)
    assert min(values.values()) >= least, values


def test_distorted_blotchy_pictures():
    shown = shape_images("test", 60, 32)
    images = shown.load(np.arange(60)).astype(float)
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[:32, :32]
    for image in images:
        shifts = ndimage.gaussian_filter(random.normal(size=(2, 32, 32)), (0, 4, 4))
        places = (rows, columns) + 0.7 * shifts / shifts.std()
        for channel in range(3):
            image[..., channel] = ndimage.map_coordinates(
                image[..., channel].copy(), places, order=1, mode="nearest"
            )
    blotches = ndimage.gaussian_filter(random.normal(size=images.shape), (0, 2, 2, 0))
    images += 10 * blotches / blotches.std()
    seen = read_scenes(np.clip(images, 0, 255).astype(np.uint8))
    pairs = list(zip(shown.scenes, seen, strict=True))
    counts = [len(scene.objects) == len(read.objects) for scene, read in pairs]
    assert np.mean(counts) >= 0.97
    for name, least in (("color", 0.97), ("size", 0.93), ("shape", 0.9)):
        same = [
            sorted(getattr(thing, name) for thing in scene.objects)
            == sorted(getattr(thing, name) for thing in read.objects)
            for scene, read in pairs
        ]
        assert np.mean(same) >= least, (name, np.mean(same))


def test_pale_pictures():
    shown = shape_images("test", 60, 32)
    images = shown.load(np.arange(60)).astype(float)
    corners = images[:, :1, :1]
    pale = np.rint(corners + 0.75 * (images - corners)).astype(np.uint8)
    values = accuracies(shown.scenes, pale)
    assert min(values[name] for name in ("shape", "color", "count")) >= 0.97, values


@pytest.mark.parametrize("background", ["white", "black", "gray", "brown"])
def test_objects_that_touch(background):
    scene = Scene(
        (
            SceneObject("square", "red", "large", 0.33, 0.5),
            SceneObject("circle", "cyan", "large", 0.64, 0.5),
        ),
        background,
    )
    seen = read_scene(render(scene, 32, 3))
    assert seen.background == background
    found = sorted(seen.objects, key=lambda thing: thing.x)
    assert [(t.shape, t.color, t.size) for t in found] == [
        ("square", "red", "large"),
        ("circle", "cyan", "large"),
    ]


def test_the_largest_object_comes_first():
    scene = Scene(
        (
            SceneObject("circle", "green", "small", 0.25, 0.5),
            SceneObject("circle", "pink", "large", 0.7, 0.5),
        ),
        "black",
    )
    seen = read_scene(render(scene, 32, 0))
    assert [thing.size for thing in seen.objects] == ["large", "small"]
    assert seen.relation == "right"


def test_empty_and_senseless_pictures():
    assert read_scene(np.full((32, 32, 3), 250, np.uint8)) == Scene((), "white")
    assert read_scenes(np.zeros((0, 32, 32, 3), np.uint8)) == []
    noise = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype(np.uint8)
    assert len(read_scenes(noise)) == 3
    stripe = np.zeros((32, 32, 3), np.uint8)
    stripe[:, 20:] = (215, 35, 40)
    (thing,) = read_scene(stripe).objects
    assert thing.color == "red" and thing.size == "large"


def test_specks_are_no_objects():
    image = render(
        Scene((SceneObject("star", "blue", "small", 0.5, 0.5),), "gray"), 32, 0
    )
    image[3:5, 3:6] = (248, 135, 190)
    (thing,) = read_scene(image).objects
    assert (thing.shape, thing.color) == ("star", "blue")
