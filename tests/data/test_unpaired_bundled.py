"""The bundled pairs of domains: digits without pairs, and two photographs."""

import sys

import numpy as np
import pytest

from tfgan_contra.config import DataConfig
from tfgan_contra.data import load, load_unpaired, style_fit
from tfgan_contra.data.configs import SingleImageDataConfig, TranslationDataConfig
from tfgan_contra.errors import ConfigError, DataError

CONFIG = TranslationDataConfig(image_size=32, load_size=32)


@pytest.fixture(scope="module")
def styles():
    return load_unpaired(CONFIG)


def images(source) -> np.ndarray:
    return np.stack([source.picture(index) for index in range(len(source))])


def test_digit_styles_have_their_sizes_and_classes(styles):
    assert styles.spec.input_shape == styles.spec.image_shape == (32, 32, 3)
    assert styles.spec.domain_names == ("plain digits", "painted digits")
    assert styles.class_names[3] == "three" and styles.report == []
    sizes = [
        len(s) for split in (styles.train, styles.test) for s in (split.a, split.b)
    ]
    assert sizes == [750, 750, 149, 148]
    for split in (styles.train, styles.test):
        counts = [np.bincount(source.labels) for source in (split.a, split.b)]
        assert np.abs(counts[0] - counts[1]).max() <= 1


def test_no_digit_is_in_two_places(styles):
    names = [
        name
        for split in (styles.train, styles.test)
        for source in (split.a, split.b)
        for name in source.names
    ]
    assert len(names) == len(set(names)) == 1797


def test_what_bundled_digits_hold_out_is_held_out_here(styles):
    plain = load(DataConfig(source="bundled:digits"))
    held_out = {image.tobytes() for image in plain.test.load(np.arange(297))}
    assert {image[..., :1].tobytes() for image in images(styles.test.a)} <= held_out


def test_labels_belong_to_the_pictures(styles):
    plain = load(DataConfig(source="bundled:digits"))
    known = {
        image.tobytes(): label
        for image, label in zip(
            plain.train.load(np.arange(1500)), plain.train.labels, strict=True
        )
    }
    inputs = images(styles.train.a)
    seen = [known[image[..., :1].tobytes()] for image in inputs]
    assert np.mean(np.array(seen) == styles.train.a.labels) > 0.99
    assert (inputs[..., 0] == inputs[..., 2]).all()
    strokes = (style_fit(images(styles.train.b)).strokes * 255)[..., None]
    originals = np.stack([np.frombuffer(key, np.uint8) for key in known]).astype(float)
    ours = strokes.reshape(750, -1)[::50]
    nearest = [np.abs(originals - row).mean(axis=1).argmin() for row in ours]
    labels = np.array(list(known.values()))
    assert (labels[nearest] == styles.train.b.labels[::50]).all()


def test_the_style_tells_the_domains_apart(styles):
    painted = style_fit(images(styles.test.b))
    plain = style_fit(images(styles.test.a))
    assert painted.color_error.max() < 0.002 and painted.shadow_error.max() < 0.003
    assert plain.color_error.min() > 0.3 and plain.shadow_error.min() > 0.3


def test_digit_styles_of_other_sizes_and_channels():
    config = TranslationDataConfig(image_size=64, load_size=64, channels_in=1)
    dataset = load_unpaired(config)
    assert dataset.spec.input_shape == (64, 64, 1)
    assert dataset.train.a.picture(0).shape == (64, 64, 1)
    assert dataset.train.b.picture(0).shape == (64, 64, 3)


def test_photos_are_the_two_sample_pictures():
    from sklearn.datasets import load_sample_image

    dataset = load_unpaired(SingleImageDataConfig())
    assert dataset.spec.domain_names == ("china", "flower")
    for source, name in (
        (dataset.train.a, "china.jpg"),
        (dataset.test.b, "flower.jpg"),
    ):
        assert source.names == (name,)
        assert (source.picture(0) == load_sample_image(name)).all()
    gray = load_unpaired(SingleImageDataConfig(channels=1))
    assert gray.train.a.picture(0).shape == (427, 640, 1)


def test_photos_smaller_than_the_crop():
    with pytest.raises(DataError) as error:
        load_unpaired(SingleImageDataConfig(image_size=512))
    assert str(error.value) == (
        "china.jpg is 640x427 pixels, fewer than 512 a side; use a larger picture"
    )


def test_unknown_bundled_pair():
    with pytest.raises(ConfigError) as error:
        load_unpaired(TranslationDataConfig(source="bundled:digit_style"))
    assert str(error.value) == (
        "config.data.source names no bundled pair of domains (did you mean"
        " 'digit_styles'?); there are bundled:digit_styles and bundled:photos."
        " Received: 'bundled:digit_style'"
    )


@pytest.mark.parametrize("name", ["digit_styles", "photos"])
def test_missing_scikit_learn_says_what_to_install(monkeypatch, name):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(DataError) as error:
        load_unpaired(TranslationDataConfig(source=f"bundled:{name}"))
    assert str(error.value) == (
        f"bundled:{name} needs scikit-learn: pip install scikit-learn"
    )
