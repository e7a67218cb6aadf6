"""The text encoder that is trained in place: a vocabulary and a transformer."""

import difflib
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfgan_contra.data.caption_words import split_words
from tfgan_contra.text.base import TextEncoder, pooled_features
from tfgan_contra.text.tokenizer import Tokenizer
from tfgan_contra.text.transformer import TextTransformer
from tfgan_contra.types import TextFeatures

_BATCH = 256
# From this share of common letters on a word may be a slip of another.
_ALIKE = 0.75


class TrainedTextEncoder(TextEncoder):
    """A tokenizer and a transformer; TensorFlow alone runs it.

    Args:
        tokenizer: the vocabulary.
        transformer: a network for its numbers and its length of captions.
        sentence: pooling of the word vectors, see `pooled_features`.

    Raises:
        ValueError: if the two do not fit together.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        transformer: TextTransformer,
        sentence: str = "masked_mean",
    ) -> None:
        super().__init__(transformer.dim, tokenizer.max_words, sentence)
        expected = (tokenizer.num_ids, tokenizer.max_words)
        if (transformer.num_ids, transformer.max_words) != expected:
            raise ValueError(
                f"the transformer must take {expected[0]} numbers and {expected[1]} "
                f"words. Received: {transformer.num_ids} and {transformer.max_words}"
            )
        self.tokenizer, self.transformer = tokenizer, transformer
        self._run = tf.function(
            self.graph,
            input_signature=[tf.TensorSpec([None], tf.string)],
            autograph=False,
        )

    @property
    def resources(self) -> tuple[Any, ...]:
        """The lookup table and the weights."""
        weights = (variable.value for variable in self.transformer.variables)
        return (self.tokenizer.table, *weights)

    def read(self, ids: Any, lengths: Any) -> TextFeatures:
        """Returns the features of captions as numbers `[N, T]`, differentiable."""
        return pooled_features(self.transformer(ids), lengths, self.sentence)

    def graph(self, captions: tf.Tensor) -> TextFeatures:
        """Returns the features of a string tensor `[N]`; see the base class."""
        return self.read(*self.tokenizer.graph(captions))

    def embed(self, captions: Sequence[str]) -> TextFeatures:
        """Returns the features as NumPy arrays; see the base class."""
        count = len(captions)
        # Filled batch by batch: a large set's words take gigabytes, and once only.
        features = TextFeatures(
            np.empty((count, self.max_words, self.word_dim), np.float32),
            np.empty(count, np.int32),
            np.empty((count, self.word_dim), np.float32),
        )
        for start in range(0, count, _BATCH):
            rows = slice(start, start + _BATCH)
            # What cannot be written as UTF-8 separates words, here and in Python.
            texts = [caption.encode("utf-8", "replace") for caption in captions[rows]]
            part = self._run(tf.constant(texts, tf.string))
            for whole, values in zip(features, part, strict=True):
                whole[rows] = values.numpy()
        return features

    def count(self, caption: str) -> int:
        """Returns the number of words."""
        return len(split_words(caption))

    def knows(self, word: str) -> bool:
        """Returns whether a word is in the vocabulary."""
        return word in self.tokenizer

    def similar(self, word: str) -> str:
        """Returns a hint at the word of the vocabulary that is spelt most alike."""
        vocabulary = self.tokenizer.vocabulary
        close = difflib.get_close_matches(word, vocabulary, n=1, cutoff=_ALIKE)
        return f" (did you mean {close[0]!r}?)" if close else ""
