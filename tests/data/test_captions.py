"""Images with captions: numbers of captions, choices, and what is reported."""

import numpy as np
import pytest

from tfgan_contra.data.caption_configs import CaptionDataConfig
from tfgan_contra.data.captions import CaptionedDataset, CaptionedImages, caption_report
from tfgan_contra.data.specs import ArraySource
from tfgan_contra.types import DataSpec


def images_of(count) -> ArraySource:
    pixels = np.arange(count, dtype=np.uint8)[:, None, None, None]
    return ArraySource(np.broadcast_to(pixels, (count, 4, 4, 3)), np.zeros(count))


@pytest.fixture
def images():
    captions = [["a b", "c"], ["c"], ["d", "a b", "e", "c"]]
    return CaptionedImages(images_of(3), captions)


def test_every_caption_has_one_number(images):
    assert len(images) == 3 and images.scenes is None
    assert images.unique_captions == ("a b", "c", "d", "e")
    assert images.captions == (("a b", "c"), ("c",), ("d", "a b", "e", "c"))
    assert images.caption_ids.tolist() == [[0, 1, 0, 1], [1, 1, 1, 1], [2, 0, 3, 1]]
    assert images.caption_ids.dtype == np.int64
    assert images.caption_counts.tolist() == [2, 1, 4]
    assert images.load(np.array([2, 0]))[:, 0, 0, 0].tolist() == [2, 0]
    assert images.shown(np.array([2, 0])).tolist() == [2, 0]


def test_choices_are_uniform_over_an_images_own_captions(images):
    rows = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])
    chances = np.array([0, 0.49, 0.51, 0, 0.99, 0.1, 0.3, 0.6, 0.9])
    chosen = images.choose_captions(rows, chances)
    assert chosen.tolist() == [0, 0, 1, 1, 1, 2, 0, 3, 1]


def test_the_images_alone(images):
    dataset = CaptionedDataset(DataSpec(4, 3, 0), images, images, report=["x"])
    assert dataset.images.train is images.source
    assert dataset.images.spec.num_classes == 0 and dataset.images.report == ["x"]
    assert dataset.held_out is None


def test_report_counts_the_words_of_the_encoders():
    captions = [
        "a black-and-white photo of a well-lit hot-dog stand on the left-hand side of "
        "the street",
        "A dog on the Left.",
        "it's 'right'",
        "a bright leftover",
    ]
    images = CaptionedImages(images_of(4), [[text] for text in captions])
    config = CaptionDataConfig("captions:x", flip=True)
    assert caption_report(images, config) == [
        "4 training images with 4 captions (4 different) of 2 to 20 words",
        "1 of 4 captions are cut after config.data.max_words=17 words",
        "config.data.flip mirrors images, but 3 of 4 captions say left or right;"
        " --config.data.flip=false keeps them true",
    ]


def test_report_counts_cuts_and_sides():
    captions = [["a b c", "on the left"], ["a b c"], ["a right hand in a cup", "d"]]
    images = CaptionedImages(images_of(3), captions)
    first = "3 training images with 5 captions (4 different) of 1 to 6 words"
    config = CaptionDataConfig("captions:x")
    assert caption_report(images, config) == [first]
    config = CaptionDataConfig("captions:x", max_words=2, flip=True)
    assert caption_report(images, config) == [
        first,
        "3 of 4 captions are cut after config.data.max_words=2 words",
        "config.data.flip mirrors images, but 2 of 4 captions say left or right;"
        " --config.data.flip=false keeps them true",
    ]
