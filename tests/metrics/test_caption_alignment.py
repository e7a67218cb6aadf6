"""Pictures against their captions, and the encoder that judges them."""

import os

import numpy as np
import pytest
from training.small_captions import captioned_images

from tfgan_contra.data.captions import CaptionedDataset
from tfgan_contra.data.shapes import shape_images
from tfgan_contra.errors import DataError
from tfgan_contra.metrics import text_evaluator
from tfgan_contra.metrics.caption_alignment import CaptionAlignment, candidates_among
from tfgan_contra.metrics.text_evaluator import (
    EVALUATOR_SEED,
    PairExtractor,
    evaluator_seed,
    trained_text_evaluator,
)
from tfgan_contra.text.configs import TrainedTextConfig
from tfgan_contra.types import DataSpec

UNTRAINED = TrainedTextConfig(
    num_layers=1, dim=8, num_heads=2, image_width=4, num_steps=0
)


class Pair:
    """Embeds an image as the one-hot vector of its first pixel."""

    def embed_images(self, images):
        return np.eye(256, dtype=np.float32)[images[:, 0, 0, 0]]


def numbered(numbers):
    """Returns images whose first pixel is a number."""
    return np.array(numbers, np.uint8)[:, None, None, None]


def test_r_precision_counts_pictures_that_find_their_caption():
    alignment = CaptionAlignment(Pair())
    captions = ["a", "b", "c", "d"]
    alignment.see(numbered([0, 1]))
    alignment.see(numbered([2, 0]))
    scores = alignment.scores(captions, np.eye(256)[:4])
    assert set(scores) == {"r_precision"}
    assert scores["r_precision"].value == 0.75 and scores["r_precision"].chance == 0.25
    alignment.see(numbered([3]))
    assert alignment.scores(["a"], np.eye(256)[:1]) == {}


def test_alike_captions_are_no_candidates_for_one_another():
    assert candidates_among(["a", "b", "a"]) == 2
    assert candidates_among(["a"]) == candidates_among(["a", "a"]) == 1
    assert candidates_among([str(i) for i in range(500)]) == 100


def test_what_rendered_shapes_show_is_read_from_them():
    images = shape_images("test", 12, 32)
    captions = [texts[0] for texts in images.captions]
    alignment = CaptionAlignment(Pair(), shapes=True)
    for rows in (np.arange(5), np.arange(5, 12)):
        alignment.see(images.load(rows))
    scores = alignment.scores(captions, np.eye(256)[:12])
    for name in ("shape", "color", "size", "background", "all"):
        assert scores[f"attribute_{name}"].value == 1
        assert scores[f"attribute_{name}"].chance < 0.8
    assert scores["attribute_position"].share < 1


def dataset(*captions):
    images = captioned_images(*captions)
    return CaptionedDataset(DataSpec(16, 3, 0), images, images)


def test_the_evaluator_is_kept_for_these_captions_only(tmp_path):
    told = []

    def evaluator(*captions, seed=EVALUATOR_SEED):
        """Trains or takes one."""
        return trained_text_evaluator(
            dataset(*captions), UNTRAINED, tmp_path, seed=seed, progress=told.append
        )

    first, again = (evaluator("a star", "a ring") for _ in range(2))
    assert len(told) == 1 and first.seed == again.seed == EVALUATOR_SEED
    evaluator("a star", "a cross")
    evaluator("a star", "a ring", seed=1)
    assert len(told) == len(os.listdir(tmp_path)) == 3


def test_other_groups_or_another_training_are_other_encoders(monkeypatch):
    images = captioned_images("a star", "a ring")

    def folder():
        return text_evaluator.pair_encoder_folder(images, UNTRAINED, "cache", 0)

    names = [folder(), folder()]
    images.group_size = 2
    names.append(folder())
    monkeypatch.setattr(text_evaluator, "TRAINING", text_evaluator.TRAINING + 1)
    names.append(folder())
    assert names[0] == names[1] and len(set(names)) == 3


def test_the_evaluator_never_has_the_seed_of_the_run():
    assert evaluator_seed(0) == evaluator_seed(1) == EVALUATOR_SEED
    assert evaluator_seed(EVALUATOR_SEED) != EVALUATOR_SEED


def test_the_image_network_is_an_extractor(tmp_path):
    pair = trained_text_evaluator(dataset("a star", "a ring"), UNTRAINED, tmp_path)
    extractor = PairExtractor(pair, batch_size=2)
    images = captioned_images("a", "b", "c").load(np.arange(3))
    assert extractor.name == "pair_encoder" and not extractor.is_fid
    embeddings = pair.embed_images(images)
    expected = [row / np.sqrt(np.mean(row**2)) for row in embeddings]
    np.testing.assert_allclose(extractor(images), expected, rtol=1e-5)
    assert extractor.logits(images) is None
    pair.image.variables[0].assign(0 * pair.image.variables[0])
    assert PairExtractor(pair, 2).digest != extractor.digest


def test_pictures_must_be_as_many_as_captions():
    alignment = CaptionAlignment(Pair())
    alignment.see(numbered([0, 1, 2]))
    with pytest.raises(DataError, match="alike"):
        alignment.scores(["a", "b"], np.eye(256)[:2])
