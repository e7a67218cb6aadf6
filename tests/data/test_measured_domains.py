"""What translators are measured on: whole pictures, or crops of single ones."""

import numpy as np
import pytest

from tfgan_contra.data.configs import SingleImageDataConfig, TranslationDataConfig
from tfgan_contra.data.measured_domains import (
    TEST_CROPS,
    TRAIN_CROPS,
    measured_domains,
)
from tfgan_contra.data.pictures import MemoryPictures
from tfgan_contra.data.unpaired import Domains, UnpairedDataset
from tfgan_contra.types import TranslationSpec


def pictures(count, channels, seed=0, labels=None):
    random = np.random.default_rng(seed)
    arrays = [
        random.integers(0, 256, (90, 70 + i, channels), np.uint8) for i in range(count)
    ]
    return MemoryPictures(arrays, [f"{i}.png" for i in range(count)], labels)


@pytest.fixture(scope="module")
def single():
    a, b = pictures(1, 1), pictures(1, 3, seed=1)
    domains = Domains(a, b)
    return UnpairedDataset(TranslationSpec(32, 1, 3), train=domains, test=domains)


CONFIG = SingleImageDataConfig(image_size=32, smallest_zoom=0.5)


def test_pictures_are_resized_whole():
    a, b = pictures(3, 1), pictures(2, 3, labels=np.array([4, 1]))
    dataset = UnpairedDataset(
        TranslationSpec(32, 1, 3), Domains(a, b), Domains(a, b), ("c",) * 5
    )
    domains = measured_domains(dataset, TranslationDataConfig(image_size=32))
    assert domains.inputs.test.load(np.arange(3)).shape == (3, 32, 32, 1)
    assert domains.targets.test.labels.tolist() == [4, 1]
    assert domains.targets.spec.num_classes == 5
    assert "resized to 32x32, aspect not kept" in domains.preparation


def test_single_pictures_are_measured_by_crops(single):
    domains = measured_domains(single, CONFIG)
    assert len(domains.inputs.test) == len(domains.targets.test) == TEST_CROPS
    assert len(domains.inputs.train) == TRAIN_CROPS
    assert domains.inputs.spec.image_shape == (32, 32, 1)
    assert domains.targets.spec.num_classes == 0
    images = domains.targets.test.load(np.arange(TEST_CROPS))
    assert images.shape == (TEST_CROPS, 32, 32, 3)
    assert f"{TEST_CROPS} fixed random crops of 32x32" in domains.preparation


def test_crops_are_the_same_every_time_and_differ_from_one_another(single):
    domains, again = (measured_domains(single, CONFIG) for _ in range(2))
    wanted = np.array([7, 3, 150])
    images = domains.inputs.test.load(wanted)
    np.testing.assert_array_equal(images, again.inputs.test.load(wanted))
    np.testing.assert_array_equal(images[1], again.inputs.test.load(wanted[1:2])[0])
    everything = [
        image.tobytes()
        for split in (domains.inputs.train, domains.inputs.test)
        for image in split.load(np.arange(len(split)))
    ]
    assert len(set(everything)) == TEST_CROPS + TRAIN_CROPS


def test_the_domains_do_not_share_their_crops():
    domains = Domains(pictures(1, 1), pictures(1, 1))
    same = UnpairedDataset(TranslationSpec(32, 1, 1), train=domains, test=domains)
    inputs, targets, _ = measured_domains(same, CONFIG)
    first = np.arange(20)
    assert (inputs.test.load(first) != targets.test.load(first)).any(axis=(1, 2)).all()


def test_one_single_picture_makes_crops_of_both():
    flat = [np.full((60, 60, 3), value, np.uint8) for value in (10, 20, 30)]
    a, b = MemoryPictures(flat, ["x", "y", "z"]), pictures(1, 3)
    domains = Domains(a, b)
    dataset = UnpairedDataset(TranslationSpec(32, 3, 3), domains, domains)
    config = TranslationDataConfig(image_size=32, load_size=40)
    inputs, _, _ = measured_domains(dataset, config)
    # All pictures of the other domain have their turn.
    crops = inputs.test.load(np.arange(4))
    assert crops.shape == (4, 32, 32, 3) and len(inputs.test) == TEST_CROPS
    assert crops[:, 0, 0, 0].tolist() == [10, 20, 30, 10]
