"""Words of captions: what a word is, in Python and in a graph alike."""

import unicodedata

import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra.text.tokenizer import (
    PADDING,
    UNKNOWN,
    Tokenizer,
    most_frequent_words,
    split_words,
)

VOCABULARY = ("a", "red", "ring", "on", "its", "two", "tone", "écu", "3d", "σας")
ODD = [
    "a red ring",
    "A  RED\tring\n on, its... (two-tone)!",
    "It's a 'red' ring\u2019s",
    "",
    "   ",
    "?!",
    "scarlet red",
    "a a a a a a a a a a a",
    "ÉCU écu \u00c9\u0301",
    "ΣΑΣ a_red",
    "3D red/ring;on\u00a0its\u3000two\u2014tone",
    "\U0001f534 red",
    "a\x00red",
    "\u0130ring",
    "\ufeffa",
]


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer(VOCABULARY, 5)


@pytest.mark.parametrize(
    ("caption", "words"),
    [
        ("A  Red\tRING", ["a", "red", "ring"]),
        ("two-tone, it's 'red'.", ["two", "tone", "its", "red"]),
        ("3D\u00a0Écu\u2019s", ["3d", "écus"]),
        ("?! \u2014", []),
        ("", []),
        ("a_b", ["a", "b"]),
    ],
)
def test_what_a_word_is(caption, words):
    assert split_words(caption) == words


def test_the_graph_equals_python(tokenizer):
    ids, lengths = tokenizer.numbered(ODD)
    assert ids.shape == (len(ODD), 5) and ids.dtype == np.int32
    in_graph = tf.function(tokenizer.graph)(tf.constant(ODD))
    np.testing.assert_array_equal(in_graph.ids, ids)
    np.testing.assert_array_equal(in_graph.lengths, lengths)
    assert in_graph.ids.dtype == in_graph.lengths.dtype == tf.int32


def test_numbers_padding_unknown_words_and_the_cut(tokenizer):
    ids, lengths = tokenizer.numbered(ODD)
    assert ids[0].tolist() == [2, 3, 4, PADDING, PADDING]
    assert ids[6].tolist() == [UNKNOWN, 3, 0, 0, 0]
    assert ids[7].tolist() == [2] * 5 and lengths[7] == 5
    assert lengths[3:6].tolist() == [0, 0, 0]
    assert tokenizer.num_ids == 12
    assert "ring" in tokenizer and "rings" not in tokenizer


def test_every_letter_is_read_alike():
    codes = [c for c in range(1, 0x3000) if not 0xD800 <= c < 0xE000]
    # What this Python does not know, TensorFlow may.
    known = [chr(c) for c in codes if unicodedata.category(chr(c)) != "Cn"]
    captions = [f"{letter}x" for letter in known]
    words = most_frequent_words(captions, 10**6)
    tokenizer = Tokenizer(words, 2)
    expected = tokenizer.numbered(captions)
    found = tokenizer.graph(tf.constant(captions))
    # Capitals that Unicode took in of late may be lower-cased on one side only.
    differing = np.flatnonzero((found.ids.numpy() != expected.ids).any(axis=1))
    assert {known[i] for i in differing} <= {"\u2c2f"}


@pytest.mark.parametrize("text", [b"red\xff ring", b"\xc3", b"on\xe2\x80", b"\xed\xa0"])
def test_bytes_that_are_no_text_separate_words(tokenizer, text):
    ids, lengths = tokenizer.graph(tf.constant([text]))
    expected = tokenizer.numbered([text.decode("utf-8", "replace")])
    np.testing.assert_array_equal(ids, expected.ids)
    np.testing.assert_array_equal(lengths, expected.lengths)


def test_no_captions_at_all(tokenizer):
    ids, lengths = tokenizer.graph(tf.constant([], tf.string))
    assert ids.shape == (0, 5) and lengths.shape == (0,)
    assert tokenizer.numbered([]).ids.shape == (0, 5)


def test_the_vocabulary_is_by_frequency_then_alphabet():
    captions = ["b a c", "B, c", "d's c"]
    assert most_frequent_words(captions, 10) == ("c", "b", "a", "ds")
    assert most_frequent_words(captions, 2) == ("c", "b")


@pytest.mark.parametrize("vocabulary", [(), ("red", "red")])
def test_a_vocabulary_that_cannot_number_is_refused(vocabulary):
    with pytest.raises(ValueError, match="vocabulary must hold 1 word or more"):
        Tokenizer(vocabulary, 5)
    with pytest.raises(ValueError, match="max_words must be 1 or more. Received: 0"):
        Tokenizer(("red",), 0)
