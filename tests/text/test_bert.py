"""BERT as the text encoder: with a stand-in for keras-hub, errors, and the real one."""

import importlib.util
import json
import os
import sys
import types

import numpy as np
import pytest

from tfgan_contra.errors import DataError, UsageError
from tfgan_contra.text import BertTextConfig, BertTextEncoder

# A folder with a BERT-type model; its test runs only where there is one.
REAL_FOLDER = "TFGAN_CONTRA_BERT"
PIECES = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "red", "ring", "purple", "on")
DIM = 6
TABLE = np.random.default_rng(0).normal(size=(len(PIECES), DIM)).astype(np.float32)
CAPTIONS = ["a red ring", "ring on a red ring", "A purple square"]


class Tokenizer:
    """Numbers whole words."""

    oov_token = "[UNK]"
    pad_token_id, _, cls_token_id, sep_token_id = range(4)

    @classmethod
    def from_preset(cls, folder):
        assert os.path.isabs(folder) and os.path.isdir(folder)
        return cls()

    def id_to_token(self, number):
        return PIECES[number]

    def token_to_id(self, token):
        return PIECES.index(token)

    def __call__(self, caption):
        words = caption.lower().split()
        return np.array([PIECES.index(w) if w in PIECES else 1 for w in words], int)


class Backbone:
    """Looks vectors up and adds the caption's length, so that padding must be told."""

    runs: list = []

    @classmethod
    def from_preset(cls, folder, dtype):
        assert dtype == "float32"
        return cls()

    def __call__(self, inputs, training):
        assert not training and not inputs["segment_ids"].any()
        self.runs.append(len(inputs["token_ids"]))
        lengths = inputs["padding_mask"].sum(axis=1)[:, None, None]
        return {"sequence_output": TABLE[inputs["token_ids"]] + 0.1 * lengths}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "bert"
    folder.mkdir()
    config = {"model_type": "bert", "hidden_size": DIM}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "vocab.txt").write_text("\n".join(PIECES))
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


@pytest.fixture
def hub(monkeypatch):
    """Puts the stand-ins where keras-hub would be; gives the sizes of all runs."""
    models = types.SimpleNamespace(BertTokenizer=Tokenizer, BertBackbone=Backbone)
    module = types.ModuleType("keras_hub")
    module.models = models
    monkeypatch.setitem(sys.modules, "keras_hub", module)
    monkeypatch.setitem(sys.modules, "safetensors", types.ModuleType("safetensors"))
    monkeypatch.setattr(Backbone, "runs", [])
    return Backbone.runs


def expected_words(caption, length):
    ids = [2, *Tokenizer()(caption)[: length - 2], 3]
    return TABLE[ids] + 0.1 * len(ids)


def test_marks_cut_padding_and_pooling(folder, hub, tmp_path):
    config = BertTextConfig(folder=str(folder), max_words=6, cache_dir=str(tmp_path))
    encoder = config.build()
    words, lengths, sentences = encoder.encode(CAPTIONS)
    assert lengths.tolist() == [5, 6, 5] and words.shape == (3, 6, DIM)
    for row, caption in enumerate(CAPTIONS):
        expected = expected_words(caption, 6)
        np.testing.assert_allclose(words[row, : len(expected)], expected, rtol=1e-6)
        assert not np.any(words[row, len(expected) :])
        np.testing.assert_allclose(sentences[row], expected.mean(axis=0), rtol=1e-5)
    summed = BertTextEncoder(
        folder, max_words=6, sentence="padded_sum", cache_dir=tmp_path
    ).encode(CAPTIONS[:1])
    own = expected_words(CAPTIONS[0], 6).sum(axis=0) + TABLE[0] + 0.1 * 5
    np.testing.assert_allclose(summed.sentences[0], own / 5, rtol=1e-5)


def test_features_are_computed_once_per_caption_and_list(folder, hub, tmp_path):
    def encoder(**changes):
        return BertTextEncoder(folder, cache_dir=tmp_path / "cache", **changes)

    repeated = [*CAPTIONS, CAPTIONS[0]]
    first = encoder().encode(repeated)
    assert hub == [3]
    again = encoder().encode(repeated)
    unique = encoder().encode(CAPTIONS)
    assert hub == [3] and isinstance(unique.words, np.memmap)
    for one, other, alone in zip(first, again, unique, strict=True):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(one[:3], alone)
        np.testing.assert_array_equal(one[3], alone[0])
    encoder().encode(CAPTIONS[:2])
    encoder(max_words=9).encode(CAPTIONS)
    encoder(sentence="padded_sum").encode(CAPTIONS)
    (folder / "model.safetensors").write_bytes(b"others")
    encoder().encode(CAPTIONS)
    assert hub == [3, 2, 3, 3, 3]
    names = os.listdir(tmp_path / "cache" / "text")
    assert len(names) == 5 and all(name.startswith("captions-") for name in names)


def test_says_what_stands_at_each_place(folder, hub, tmp_path):
    encoder = BertTextEncoder(folder, max_words=6, cache_dir=tmp_path)
    places = [encoder.places(caption) for caption in CAPTIONS]
    assert places[0] == ["[CLS]", "a", "red", "ring", "[SEP]"]
    assert places[1] == ["[CLS]", "ring", "on", "a", "red", "[SEP]"]
    assert places[2] == ["[CLS]", "a", "purple", "[UNK]", "[SEP]"]


def test_says_what_will_not_be_heard(folder, hub, tmp_path):
    encoder = BertTextEncoder(folder, max_words=6, cache_dir=tmp_path)
    assert encoder.check(CAPTIONS) == [
        "caption 'ring on a red ring' is cut: it has 7 word pieces, the encoder takes "
        "6",
        "caption 'A purple square' has the unknown word 'square'",
    ]
    with pytest.raises(UsageError, match="caption 1 of 1 has no words"):
        encoder.encode(["  "])
    with pytest.raises(UsageError, match="BertTextEncoder needs more than TensorFlow"):
        encoder.graph(None)


def test_a_damaged_cache_is_one_line(folder, hub, tmp_path):
    encoder = BertTextEncoder(folder, cache_dir=tmp_path)
    encoder.encode(CAPTIONS)
    (cache,) = (tmp_path / "text").iterdir()
    os.truncate(cache / "words.npy", 200)
    with pytest.raises(DataError, match="features .*captions-.* are damaged; delete"):
        encoder.encode(CAPTIONS)
    (tmp_path / "file").write_text("")
    blocked = BertTextEncoder(folder, cache_dir=tmp_path / "file")
    with pytest.raises(DataError, match="cannot write the caption features"):
        blocked.encode(CAPTIONS)


def test_what_a_killed_run_left_is_removed(folder, hub, tmp_path):
    old, live = (tmp_path / "text" / f".building-{name}" for name in ("old", "live"))
    for building in (old, live):
        building.mkdir(parents=True)
        (building / "words.npy").write_bytes(b"half")
    for path in (old / "words.npy", old):
        os.utime(path, (0, 0))
    BertTextEncoder(folder, cache_dir=tmp_path).encode(CAPTIONS)
    assert not old.exists() and live.exists()


def test_a_missing_package_is_named(folder, monkeypatch):
    for module in ("keras_hub", "safetensors"):
        monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    message = r"needs keras-hub and safetensors: pip install -e '\.\[bert\]'"
    with pytest.raises(UsageError, match=message):
        BertTextEncoder(folder)


def test_a_folder_that_will_not_do_is_named(folder, hub, tmp_path):
    with pytest.raises(UsageError, match="there is no folder .*nowhere; name one with"):
        BertTextEncoder(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="max_words must be above 2. Received: 2"):
        BertTextEncoder(folder, max_words=2)
    for values, received in (
        ({"model_type": "roberta", "hidden_size": 4}, "'roberta' and 4"),
        ({"model_type": "bert"}, "'bert' and None"),
    ):
        (folder / "config.json").write_text(json.dumps(values))
        with pytest.raises(DataError, match=f"must have model_type .*: {received}"):
            BertTextEncoder(folder)
    for text in ("{", "[]"):
        (folder / "config.json").write_text(text)
        with pytest.raises(DataError, match="config.json is no readable JSON"):
            BertTextEncoder(folder)
    os.remove(folder / "model.safetensors")
    os.remove(folder / "vocab.txt")
    with pytest.raises(DataError, match="lacks vocab.txt, model.safetensors; a BERT"):
        BertTextEncoder(folder)


def test_what_keras_hub_refuses_is_one_line(folder, hub, tmp_path, monkeypatch):
    def refuse(_folder, dtype):
        raise ValueError("shapes\ndiffer")

    monkeypatch.setattr(Backbone, "from_preset", refuse)
    with pytest.raises(DataError, match=r"cannot read .*bert \(shapes differ\); it"):
        BertTextEncoder(folder, cache_dir=tmp_path).encode(CAPTIONS)


@pytest.mark.slow
@pytest.mark.skipif(
    REAL_FOLDER not in os.environ or importlib.util.find_spec("keras_hub") is None,
    reason=f"needs keras-hub and a model folder in {REAL_FOLDER}",
)
def test_a_real_model_tells_captions_apart(tmp_path):
    encoder = BertTextEncoder(os.environ[REAL_FOLDER], cache_dir=tmp_path)
    captions = ["a red circle", "one circle in red", "the stock market fell on Monday"]
    words, lengths, sentences = encoder.encode(captions)
    assert words.shape == (3, 17, encoder.word_dim) and words.dtype == np.float32
    assert lengths.tolist() == [5, 6, 8]
    unit = sentences / np.linalg.norm(sentences, axis=1, keepdims=True)
    near, far = unit[0] @ unit[1], unit[0] @ unit[2]
    assert near > far + 0.3
    alone = BertTextEncoder(os.environ[REAL_FOLDER], cache_dir=tmp_path / "other")
    np.testing.assert_allclose(alone.encode(captions[:1]).words[0], words[0], atol=1e-4)
    assert encoder.check(captions) == []
    assert len(encoder.check(["a red \u16a0"])) == 1
    assert encoder.places(captions[0]) == ["[CLS]", "a", "red", "circle", "[SEP]"]
