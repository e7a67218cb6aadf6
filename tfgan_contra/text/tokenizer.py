"""Captions to word numbers, in Python and, with the same result, in a graph.

`data.caption_words` says what a word is. The graph is made of TensorFlow's own
operations, so that a SavedModel with it loads without any other package.
"""

import collections
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfgan_contra.data.caption_words import APOSTROPHES, WORD_CATEGORIES, split_words

PADDING = 0
UNKNOWN = 1
# Number of the first word of the vocabulary.
FIRST = 2


class TokenIds(NamedTuple):
    """Captions as numbers.

    Attributes:
        ids: `[N, T]` int32, `PADDING` behind the words, `UNKNOWN` for unknown ones.
        lengths: `[N]` int32, the number of words that were kept.
    """

    ids: Any
    lengths: Any


def most_frequent_words(captions: Iterable[str], limit: int) -> tuple[str, ...]:
    """Returns the `limit` most frequent words, equally frequent ones by alphabet."""
    counts = collections.Counter(
        word for text in captions for word in split_words(text)
    )
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    return tuple(ranked[:limit])


class Tokenizer:
    """A vocabulary and how captions are numbered by it.

    Args:
        vocabulary: the known words, numbered from `FIRST` on.
        max_words: words per caption; the rest is cut.

    Attributes:
        table: TensorFlow's lookup table, which must belong to a module that is saved
            with `graph`.

    Raises:
        ValueError: for an empty vocabulary, a word twice, or no words to keep.
    """

    def __init__(self, vocabulary: Sequence[str], max_words: int) -> None:
        self.vocabulary, self.max_words = tuple(vocabulary), max_words
        if not self.vocabulary or len(set(self.vocabulary)) < len(self.vocabulary):
            raise ValueError(
                "vocabulary must hold 1 word or more, each once. "
                f"Received: {len(self.vocabulary)} words, {len(set(vocabulary))} of "
                "them different"
            )
        if max_words < 1:
            raise ValueError(f"max_words must be 1 or more. Received: {max_words}")
        self._numbers = {w: i for i, w in enumerate(self.vocabulary, start=FIRST)}
        keys = tf.constant(self.vocabulary, tf.string)
        values = tf.range(FIRST, FIRST + len(self.vocabulary), dtype=tf.int64)
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(keys, values), UNKNOWN
        )

    @property
    def num_ids(self) -> int:
        """How many numbers there are, padding and unknown included."""
        return FIRST + len(self.vocabulary)

    def __contains__(self, word: str) -> bool:
        """Returns whether a lower-cased word is known."""
        return word in self._numbers

    def numbered(self, captions: Sequence[str]) -> TokenIds:
        """Returns NumPy arrays for captions, by Python alone."""
        ids = np.full((len(captions), self.max_words), PADDING, np.int32)
        lengths = np.zeros(len(captions), np.int32)
        for row, caption in enumerate(captions):
            words = split_words(caption)[: self.max_words]
            ids[row, : len(words)] = [self._numbers.get(w, UNKNOWN) for w in words]
            lengths[row] = len(words)
        return TokenIds(ids, lengths)

    def graph(self, captions: tf.Tensor) -> TokenIds:
        """Returns the same as tensors for a string tensor `[N]`, UTF-8.

        Bytes that are no UTF-8 separate words.
        """
        words = self.words(captions)
        kept = words[:, : self.max_words]
        numbers = tf.cast(self.table.lookup(kept.flat_values), tf.int32)
        ids = kept.with_flat_values(numbers).to_tensor(
            PADDING, shape=[None, self.max_words]
        )
        return TokenIds(ids, tf.cast(kept.row_lengths(), tf.int32))

    def words(self, captions: tf.Tensor) -> tf.RaggedTensor:
        """Returns `split_words` for a string tensor `[N]`, all words of a caption."""
        text = tf.strings.unicode_transcode(captions, "UTF-8", "UTF-8")
        text = tf.strings.regex_replace(text, f"[{APOSTROPHES}]", "")
        others = "".join(rf"\p{{{category}}}" for category in WORD_CATEGORIES)
        text = tf.strings.regex_replace(text, f"[^{others}]+", " ")
        return tf.strings.split(tf.strings.lower(text, encoding="utf-8"))
