"""Dispatch on the source's prefix, the bundled digits, and cheap imports."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tfgan_contra import data
from tfgan_contra.config import DataConfig
from tfgan_contra.errors import ConfigError, DataError


@pytest.fixture(scope="module")
def digits():
    return data.load(DataConfig(source="bundled:digits"))


def test_digits_have_their_sizes_and_classes(digits):
    assert len(digits.train) == 1500 and len(digits.test) == 297
    assert digits.spec.image_shape == (32, 32, 1)
    assert digits.spec.num_classes == 10 and digits.spec.class_names[3] == "three"
    assert digits.report == []
    images = digits.train.load(np.arange(1500))
    assert images.shape == (1500, 32, 32, 1) and images.dtype == np.uint8
    assert images.min() == 0 and images.max() == 255


def test_digits_split_is_stratified_disjoint_and_complete(digits):
    from sklearn.datasets import load_digits

    target = load_digits().target
    train, test = digits.train.labels, digits.test.labels
    assert train.dtype == np.int32
    total = np.bincount(target)
    assert (np.bincount(train) + np.bincount(test) == total).all()
    assert np.abs(np.bincount(test) - total * 297 / 1797).max() < 1
    both = np.concatenate(
        [s.load(np.arange(len(s))) for s in (digits.train, digits.test)]
    )
    assert len({image.tobytes() for image in both}) > 1790


def test_digits_are_the_originals_with_a_dark_margin(digits):
    from sklearn.datasets import load_digits

    bundle = load_digits()
    enlarged = [Image.fromarray(i[..., 0]) for i in digits.test.load(np.arange(297))]
    box = Image.Resampling.BOX
    cells = np.stack([np.asarray(i.resize((10, 10), box), float) for i in enlarged])
    assert cells[:, 0].mean() < 10 < cells[:, 1].mean()
    inside = cells[:, 1:9, 1:9].reshape(297, 1, 64)
    distances = np.abs(inside - bundle.data * 255 / 16).mean(axis=2)
    nearest = distances.argmin(axis=1)
    assert (bundle.target[nearest] == digits.test.labels).all()
    assert len(set(nearest)) > 290 and distances.min(axis=1).max() < 25


def test_digits_in_colour_and_larger():
    dataset = data.load(DataConfig(image_size=64, channels=3))
    images = dataset.test.load(np.array([3, 0]))
    assert images.shape == (2, 64, 64, 3)
    assert (images[..., 0] == images[..., 2]).all()


def test_digits_answer_to_names_and_numbers(digits):
    assert data.class_index(digits.spec, "seven") == 7
    assert data.class_index(digits.spec, "7") == 7


@pytest.mark.parametrize(
    "source, hint",
    [
        ("foldr:/images", " (did you mean 'folder'?)"),
        ("tdfs:cifar10", " (did you mean 'tfds'?)"),
        ("zzz:x", ""),
        ("tfds:", " (did you mean 'tfds'?)"),
    ],
)
def test_unknown_prefix_names_the_nearest(source, hint):
    with pytest.raises(ConfigError) as error:
        data.load(DataConfig(source=source))
    assert str(error.value) == (
        "config.data.source must be bundled:digits, tfds:<name> or folder:<path>"
        f"{hint}. Received: {source!r}"
    )


@pytest.mark.parametrize("source", ["captions:/images", "bundled:shapes"])
def test_captioned_sources_belong_to_other_models(source):
    with pytest.raises(ConfigError) as error:
        data.load(DataConfig(source=source))
    assert str(error.value) == (
        "config.data.source has captions, which are for text-to-image models, whose"
        f" data is a CaptionDataConfig. Received: {source!r}"
    )


def test_unknown_prefix_of_captions():
    with pytest.raises(ConfigError) as error:
        data.load_captioned(data.CaptionDataConfig(source="caption:/images"))
    assert str(error.value) == (
        "config.data.source must be bundled:shapes, bundled:unrelated_shapes,"
        " captions:<folder> or tfds:coco_captions (did you mean 'captions'?)."
        " Received: 'caption:/images'"
    )


def test_unknown_bundled_set():
    with pytest.raises(ConfigError) as error:
        data.load(DataConfig(source="bundled:digit"))
    assert str(error.value) == (
        "config.data.source names no bundled data set (did you mean 'digits'?); there"
        " are bundled:digits and bundled:stacked_digits. Received: 'bundled:digit'"
    )


def test_missing_scikit_learn_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(DataError, match="pip install scikit-learn"):
        data.load(DataConfig())


def test_loading_bundled_data_imports_no_tensorflow():
    code = (
        "import sys; from tfgan_contra import data;"
        "from tfgan_contra.config import DataConfig;"
        "data.load(DataConfig()); assert 'training_batches' in dir(data);"
        "shapes = data.load_captioned(data.CaptionDataConfig());"
        "data.read_scene(shapes.test.load(__import__('numpy').arange(1))[0]);"
        "sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_every_public_name_exists():
    for name in data.__all__:
        assert getattr(data, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        data.nothing  # noqa: B018
