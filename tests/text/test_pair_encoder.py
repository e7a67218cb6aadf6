"""The trained pair in its folder: equal again, or one line on what is wrong."""

import json
import os

import numpy as np
import pytest
from text.small_pairs import WORDS, small_config, small_pairs

from tfgan_contra.errors import CheckpointError
from tfgan_contra.text import PairEncoder, Tokenizer


def make_pair(seed=0, channels=3, **changes):
    config = small_config(**changes)
    tokenizer = Tokenizer(WORDS, config.max_words)
    return PairEncoder(config, tokenizer, image_size=16, channels=channels, seed=seed)


@pytest.fixture(scope="module")
def pair():
    return make_pair(seed=3)


@pytest.fixture
def folder(pair, tmp_path):
    pair.save(tmp_path / "text")
    return tmp_path / "text"


def test_comes_back_equal_and_frozen(pair, folder):
    images, captions = small_pairs()
    texts = [own[0] for own in captions]
    again = PairEncoder.load(folder)
    assert (again.config, again.seed) == (pair.config, pair.seed)
    np.testing.assert_array_equal(again.embed_images(images), pair.embed_images(images))
    for one, other in zip(
        again.text.encode(texts), pair.text.encode(texts), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert pair.trainable_variables and not again.trainable_variables
    assert os.listdir(folder.parent) == ["text"]


def test_saving_again_replaces(folder):
    other = make_pair(seed=4)
    other.save(folder)
    images, _ = small_pairs()
    expected = other.embed_images(images)
    np.testing.assert_array_equal(
        PairEncoder.load(folder).embed_images(images), expected
    )
    assert os.listdir(folder.parent) == ["text"]


def test_embeds_bytes_as_the_network_does(pair):
    images, captions = small_pairs()
    floats = images.astype(np.float32) / 127.5 - 1
    expected = pair.image(floats)["embeddings"].numpy()
    np.testing.assert_allclose(pair.embed_images(images), expected, atol=1e-5)
    np.testing.assert_allclose(pair.image_features(floats), expected, atol=1e-5)
    assert pair.embed_images(images[:0]).shape == (0, 16)
    texts = [own[0] for own in captions]
    sentences = pair.embed_captions(texts)
    np.testing.assert_array_equal(sentences, pair.text.encode(texts).sentences)
    for wrong in (floats, images[:, :8]):
        with pytest.raises(ValueError, match=r"must be uint8 of shape \(16, 16, 3\)"):
            pair.embed_images(wrong)


def test_a_failed_save_leaves_the_last_one(pair, folder, monkeypatch):
    def fail(*_arguments, **_values):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(CheckpointError, match="Cannot save .* No space left .*; free"):
        make_pair(seed=9).save(folder)
    assert PairEncoder.load(folder).seed == pair.seed
    assert os.listdir(folder.parent) == ["text"]


def test_nothing_else_is_ever_replaced(pair, tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    for place in (tmp_path, tmp_path / "thesis.txt"):
        with pytest.raises(CheckpointError, match="holds 'thesis.txt'; choose another"):
            pair.save(place)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def edit(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


DAMAGE = {
    "torn weights": lambda f: os.truncate(f / "weights.npz", 900),
    "no weights": lambda f: os.remove(f / "weights.npz"),
    "no vocabulary": lambda f: os.remove(f / "vocabulary.json"),
    "another vocabulary": lambda f: (f / "vocabulary.json").write_text('["red"]'),
    "odd vocabulary": lambda f: (f / "vocabulary.json").write_text("[1]"),
    "no JSON": lambda f: (f / "config.json").write_text("{"),
    "no object": lambda f: (f / "config.json").write_text("[]"),
    "nothing said": lambda f: (f / "config.json").write_text("{}"),
    "another size": lambda f: edit(f, image_size=64),
    "no size": lambda f: edit(f, image_size="big"),
    "another config": lambda f: edit(
        f, config={"type": "tfgan_contra.config.TrainConfig"}
    ),
    "an unknown config": lambda f: edit(f, config={"type": "os.system"}),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_damaged_or_foreign_is_one_line(folder, damage):
    DAMAGE[damage](folder)
    with pytest.raises(
        CheckpointError, match="; delete it to train a new one"
    ) as caught:
        PairEncoder.load(folder)
    text = str(caught.value)
    assert "\n" not in text
    assert text.startswith(f"{folder} is no readable text encoder of tfgan_contra (")


def test_no_folder_is_one_line(tmp_path):
    with pytest.raises(CheckpointError, match="There is no text encoder .*nowhere"):
        PairEncoder.load(tmp_path / "nowhere")
