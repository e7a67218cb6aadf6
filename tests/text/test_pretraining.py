"""Training the pair: it learns, follows its seed, and is taken from its folder."""

import random
import re

import numpy as np
import pytest
from text.small_pairs import small_config, small_pairs

from tfgan_contra.errors import (
    CheckpointError,
    DataError,
    TrainingStopped,
    UsageError,
)
from tfgan_contra.metrics import r_precision
from tfgan_contra.text import TrainedTextEncoder, pretrain, pretrained, pretraining

IMAGES, CAPTIONS = small_pairs()
TEXTS = [own[0] for own in CAPTIONS]


class Source:
    """The images as a data set gives them; image 15 shows itself in place of 0."""

    group_size = 4

    def __len__(self):
        return len(IMAGES)

    def load(self, indices):
        return IMAGES[self.shown(indices)]

    def shown(self, indices):
        return np.where(indices == 0, 15, indices)


@pytest.fixture(scope="module")
def trained():
    """A pair, and what it said while it trained."""
    lines = []
    config = small_config(num_steps=40, log_every=15, learning_rate=3e-3)
    return pretrain(IMAGES, CAPTIONS, config, seed=2, progress=lines.append), lines


def test_learns_what_belongs_together(trained):
    pair, lines = trained
    assert [line.split(",")[0] for line in lines] == [
        f"text encoder: step {number} of 40" for number in (15, 30, 40)
    ]
    for name in ("sentence", "word"):
        losses = [float(re.search(rf"{name} loss ([\d.]+)", s)[1]) for s in lines]
        assert losses[-1] < 0.75 * losses[0] < 2 * np.log(8)
    score = r_precision(
        pair.embed_images(IMAGES), pair.embed_captions(TEXTS), candidates=16
    )
    assert score.value >= 3 * score.chance
    assert pair.trainable_variables == []


def test_follows_its_seed_and_leaves_all_others_alone(trained):
    pair, _ = trained
    np.random.seed(3)
    random.seed(3)
    expected = np.random.rand(), random.random()
    np.random.seed(3)
    random.seed(3)
    again = pretrain(IMAGES, CAPTIONS, pair.config, seed=2, progress=lambda line: None)
    assert (np.random.rand(), random.random()) == expected
    for embed, inputs in (("embed_images", IMAGES), ("embed_captions", TEXTS)):
        first, second = (getattr(either, embed)(inputs) for either in (pair, again))
        np.testing.assert_allclose(first, second, rtol=1e-3, atol=1e-3)


def test_another_seed_gives_other_weights_and_other_batches():
    config = small_config(num_steps=0)
    first, other = (pretrain(IMAGES, CAPTIONS, config, seed=seed) for seed in (1, 2))
    for name in ("text", "image"):
        values = [
            np.concatenate(
                [np.ravel(v) for v in p.variables if v.path.startswith(f"{name}/")]
            )
            for p in (first, other)
        ]
        assert np.abs(values[0] - values[1]).max() > 0.1


def test_batches_hold_pairs_hide_words_and_skip_none():
    config = small_config(batch_size=4, unknown_rate=0.3)
    pairs = pretraining._Pairs(Source(), CAPTIONS, config)
    generator = np.random.default_rng(0)
    seen, hidden, words = set(), 0, 0
    known = [{tuple(row) for row in pairs.tokenizer.numbered(c).ids} for c in CAPTIONS]
    for _ in range(4 * 40):
        for pixels, ids, length in zip(*pairs.batch(generator), strict=True):
            (number,) = np.flatnonzero((IMAGES == pixels).all(axis=(1, 2, 3)))
            unknown = ids == 1
            fitting = [
                row for row in known[number] if (unknown | (np.array(row) == ids)).all()
            ]
            assert fitting and length == (ids > 0).sum()
            seen.add((number, fitting[0]))
            hidden, words = hidden + unknown.sum(), words + length
    # Both captions of every image but the first, whose file is unreadable.
    assert {number for number, _ in seen} == set(range(1, 16)) and len(seen) >= 30
    assert hidden / words == pytest.approx(0.3, abs=0.03)


def test_images_of_a_group_come_together():
    pairs = pretraining._Pairs(Source(), CAPTIONS, small_config(batch_size=4))
    generator, found = np.random.default_rng(0), []
    for _ in range(4 * 3):
        pixels, _, _ = pairs.batch(generator)
        shown = (IMAGES == pixels[:, None]).all(axis=(2, 3, 4)).argmax(axis=1)
        found.append(shown.tolist())
    groups = [[15, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12, 13, 14, 15]]
    epochs = [found[start : start + 4] for start in (0, 4, 8)]
    assert all(sorted(epoch) == sorted(groups) for epoch in epochs)
    assert epochs[0] != epochs[1] or epochs[1] != epochs[2]


def test_the_folder_spares_the_second_training(tmp_path, monkeypatch):
    config = small_config(num_steps=0)
    place = tmp_path / "runs" / "text"
    first = pretrained(IMAGES, CAPTIONS, config, seed=2, folder=place)
    monkeypatch.setattr(pretraining, "pretrain", None)
    encoder = small_config(num_steps=0, log_every=7).build(folder=str(place), seed=2)
    assert isinstance(encoder, TrainedTextEncoder)
    np.testing.assert_array_equal(
        encoder.encode(TEXTS).sentences, first.embed_captions(TEXTS)
    )
    with pytest.raises(CheckpointError, match=r"other settings \(seed: 2 -> 3\)"):
        pretrained(IMAGES, CAPTIONS, config, seed=3, folder=place)
    with pytest.raises(CheckpointError, match=r"\(num_steps: 0 -> 5\); delete it to"):
        pretrained(config=small_config(num_steps=5), seed=2, folder=place)


def test_of_two_that_train_a_shared_one_the_first_is_kept(tmp_path, monkeypatch):
    place, config = tmp_path / "cache" / "pair", small_config(num_steps=0)
    first = pretraining.pretrain(IMAGES, CAPTIONS, config, seed=2)
    made = pretraining.pretrain(IMAGES, CAPTIONS, config, seed=2)
    made.image.variables[0].assign_add(made.image.variables[0])

    def slower(*args, **kwargs):
        """Ends when the other one has ended."""
        first.save(place)
        return made

    monkeypatch.setattr(pretraining, "pretrain", slower)
    ours = pretraining.shared(IMAGES, CAPTIONS, config, seed=2, folder=place)
    for kept, own in zip(ours.variables, first.variables, strict=True):
        np.testing.assert_array_equal(kept, own)
    assert [path.name for path in place.parent.iterdir()] == ["pair"]


def test_a_shared_one_that_cannot_be_kept_is_used_all_the_same(tmp_path):
    (tmp_path / "file").write_text("")
    told = []
    pair = pretraining.shared(
        IMAGES,
        CAPTIONS,
        small_config(num_steps=0),
        seed=2,
        folder=tmp_path / "file" / "pair",
        progress=told.append,
    )
    assert pair.embed_captions(TEXTS).shape == (len(TEXTS), 16)
    assert "Cannot save" in told[0] and "evaluation.cache_dir" in told[0]


def test_what_cannot_be_trained_on_is_refused(tmp_path):
    config = small_config(num_steps=1)
    with pytest.raises(UsageError, match="needs images and captions. Received: none"):
        pretrained(config=config, folder=tmp_path / "text")
    with pytest.raises(DataError, match="Received: 16 images, captions for 3"):
        pretrain(IMAGES, CAPTIONS[:3], config)
    with pytest.raises(DataError, match="2 or more .* Received: 1 images"):
        pretrain(IMAGES[:1], CAPTIONS[:1], config)
    with pytest.raises(DataError, match="Received: none for image 2"):
        pretrain(IMAGES[:3], [*CAPTIONS[:2], ()], config)
    with pytest.raises(UsageError, match="caption 3 of 3 has no words"):
        pretrain(IMAGES[:3], [("a",), ("b",), ("..",)], config)


def test_losses_that_are_no_numbers_end_it(monkeypatch):
    monkeypatch.setattr(
        pretraining, "_training_step", lambda pair: lambda *batch: [np.nan, 1.0]
    )
    config = small_config(num_steps=9, log_every=5)
    with pytest.raises(TrainingStopped, match="at step 5; lower its learning_rate. .*"):
        pretrain(IMAGES, CAPTIONS, config)
