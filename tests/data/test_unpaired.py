"""The order of unpaired pictures, the data set of two domains, and its dispatch."""

import numpy as np
import pytest

from tfgan_contra import data
from tfgan_contra.config import DataConfig
from tfgan_contra.data.configs import TranslationDataConfig
from tfgan_contra.data.pictures import MemoryPictures
from tfgan_contra.data.unpaired import Domains, UnpairedDataset, UnpairedOrder
from tfgan_contra.errors import ConfigError
from tfgan_contra.types import TranslationSpec


@pytest.mark.parametrize("num_a, num_b", [(7, 7), (5, 12), (12, 5), (1, 4)])
def test_every_epoch_visits_a_equally_often_up_to_one(num_a, num_b):
    epoch = max(num_a, num_b)
    order = UnpairedOrder(epoch, num_a, num_b, seed=3)
    inputs = order.inputs(np.arange(4 * epoch)).reshape(4, epoch)
    expected = np.bincount(np.arange(epoch) % num_a)
    for row in inputs:
        assert np.bincount(row, minlength=num_a).tolist() == expected.tolist()
    if num_a > 1:
        assert inputs[0].tolist() != inputs[1].tolist()
        assert inputs[0].tolist() != (np.arange(epoch) % num_a).tolist()


def test_b_is_uniformly_random_and_independent_of_a():
    order = UnpairedOrder(10, 10, 10, seed=0)
    positions = np.arange(20_000)
    pairs = np.bincount(
        order.inputs(positions) * 10 + order.targets(positions), minlength=100
    )
    assert len(pairs) == 100 and np.abs(pairs - 200).max() < 70
    in_one_epoch = order.targets(positions[:10])
    assert len(set(in_one_epoch)) < 10


def test_order_follows_from_seed_and_position_alone():
    positions = np.array([5, 3, 1_000_003])
    order, again = (UnpairedOrder(9, 9, 6, seed=1) for _ in range(2))
    order.inputs(np.arange(100))
    assert order.inputs(positions).tolist() == again.inputs(positions).tolist()
    assert order.targets(positions).tolist() == again.targets(positions).tolist()
    one_by_one = [order.targets(positions[i : i + 1])[0] for i in range(3)]
    assert one_by_one == order.targets(positions).tolist()
    many = np.arange(50)
    other = UnpairedOrder(9, 9, 6, seed=2)
    assert (other.inputs(many) != order.inputs(many)).any()
    assert (other.targets(many) != order.targets(many)).any()


def domain(count, channels, labels=None):
    pictures = [np.full((6, 9, channels), 10 * i, np.uint8) for i in range(count)]
    return MemoryPictures(pictures, [f"{i}.png" for i in range(count)], labels)


def test_domains_as_images_of_one_size():
    labels = np.array([1, 0])
    dataset = UnpairedDataset(
        TranslationSpec(8, 1, 3),
        Domains(domain(3, 1), domain(2, 3, labels)),
        Domains(domain(1, 1), domain(2, 3, labels)),
        ("zero", "one"),
        ["a line"],
    )
    images = dataset.domain_images("b")
    assert images.spec.image_shape == (8, 8, 3) and images.spec.num_classes == 2
    assert images.spec.class_names == ("zero", "one") and images.report == ["a line"]
    assert images.train.labels.tolist() == [1, 0]
    assert images.test.load(np.array([1]))[0, 0, 0].tolist() == [10, 10, 10]
    assert dataset.domain_images("a").train.load(np.arange(3)).shape == (3, 8, 8, 1)


def test_spec_has_a_shape_for_either_domain():
    spec = TranslationSpec(64, 1, 3)
    assert spec.input_shape == (64, 64, 1) and spec.image_shape == (64, 64, 3)
    assert spec.domain_names == ("A", "B")


@pytest.mark.parametrize(
    "source, hint",
    [
        ("unpaird:a,b", " (did you mean 'unpaired'?)"),
        ("folder:a", ""),
        ("single:", " (did you mean 'single'?)"),
    ],
)
def test_unknown_prefix_names_the_nearest(source, hint):
    with pytest.raises(ConfigError) as error:
        data.load_unpaired(TranslationDataConfig(source=source))
    assert str(error.value) == (
        "config.data.source must be unpaired:<folderA>,<folderB>,"
        " single:<imageA>,<imageB>, tfds:cycle_gan/<name>, bundled:digit_styles or"
        f" bundled:photos{hint}. Received: {source!r}"
    )


def test_a_plain_config_cannot_load_two_domains():
    with pytest.raises(ConfigError) as error:
        data.load(DataConfig(source="unpaired:a,b"))
    assert str(error.value) == (
        "config.data.source unpaired: is for image translation; choose a config of"
        " configs/cut, whose data is a TranslationDataConfig. Received: 'unpaired:a,b'"
    )
