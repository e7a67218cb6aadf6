"""What every text encoder does, and how word vectors become one vector."""

import abc
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tfgan_contra.data.caption_words import split_words
from tfgan_contra.errors import UsageError
from tfgan_contra.text.configs import SENTENCES
from tfgan_contra.types import TextFeatures

_SHOWN = 60


class TextEncoder(abc.ABC):
    """Turns captions into features; frozen, the same for all of a run.

    A subclass defines `embed`, `count` and `knows`, and `graph` if a served model can
    hold it.

    Attributes:
        word_dim: length of word and sentence vectors.
        max_words: places per caption.
        sentence: `masked_mean` or `padded_sum`; see `pooled_features`.
        unit: what the places of a caption hold.
    """

    unit = "words"

    def __init__(self, word_dim: int, max_words: int, sentence: str) -> None:
        check_sentence(sentence)
        self.word_dim, self.max_words = word_dim, max_words
        self.sentence = sentence

    def encode(self, captions: Sequence[str]) -> TextFeatures:
        """Returns the features of captions as NumPy arrays, in batches.

        Args:
            captions: any number of captions, each with a word or more.

        Returns:
            Words `[N, T, C]`, zeros behind the caption's words, lengths `[N]` int32
            and sentences `[N, C]`, float32.

        Raises:
            UsageError: for a caption without words or that UTF-8 cannot write.
        """
        require_words(captions)
        return self.embed(captions)

    def check(self, captions: Sequence[str]) -> list[str]:
        """Returns one line for everything in the captions that will not be heard.

        Those are words that the encoder does not know and what is cut off.

        Raises:
            UsageError: for a caption without words or that UTF-8 cannot write.
        """
        require_words(captions)
        return [line for caption in captions for line in self._complaints(caption)]

    @abc.abstractmethod
    def embed(self, captions: Sequence[str]) -> TextFeatures:
        """Returns the features of captions that have words; see `encode`."""

    @abc.abstractmethod
    def count(self, caption: str) -> int:
        """Returns how many places a caption would take if none were cut."""

    @abc.abstractmethod
    def knows(self, word: str) -> bool:
        """Returns whether a lower-case word means anything to the encoder."""

    def places(self, caption: str) -> list[str]:
        """Returns what stands at the places of a caption, in the features' order."""
        return split_words(caption)[: self.max_words]

    @property
    def resources(self) -> tuple[Any, ...]:
        """The TensorFlow objects that a module must hold to be saved with `graph`."""
        return ()

    def similar(self, word: str) -> str:
        """Returns `" (did you mean 'x'?)"` for an unknown word, or nothing."""
        return ""

    def graph(self, captions: tf.Tensor) -> TextFeatures:
        """Returns the features of a string tensor `[N]` as tensors, for serving.

        A caption without words has length 0 and zeros as features.

        Raises:
            UsageError: if a served model cannot hold this encoder.
        """
        raise UsageError(
            f"{type(self).__name__} needs more than TensorFlow, so a served model "
            "cannot read captions with it; train with TrainedTextConfig"
        )

    def _complaints(self, caption: str) -> list[str]:
        words = split_words(caption)
        unknown = list(dict.fromkeys(word for word in words if not self.knows(word)))
        count, lines = self.count(caption), []
        if unknown:
            names = ", ".join(f"{word!r}{self.similar(word)}" for word in unknown)
            number = "word" if len(unknown) == 1 else "words"
            lines = [f"caption {shown(caption)} has the unknown {number} {names}"]
        if unknown and all(word in unknown for word in words):
            lines = [f"caption {shown(caption)} has only unknown words: {names}"]
        if count > self.max_words:
            lines.append(
                f"caption {shown(caption)} is cut: it has {count} {self.unit}, the "
                f"encoder takes {self.max_words}"
            )
        return lines


def pooled_features(words: Any, lengths: Any, sentence: str) -> TextFeatures:
    """Returns word vectors with a sentence vector each, and zeros behind the words.

    `masked_mean`: the mean over a caption's own words. `padded_sum`: the sum over all
    places, padding included, divided by the number of words, as in the code of
    XMC-GAN's authors; the shorter the caption, the longer the vector and the more
    of it is what the network says of padding.

    Args:
        words: `[N, T, C]`, as the network gives them.
        lengths: `[N]` int, 0 to T.
        sentence: `masked_mean` or `padded_sum`.

    Raises:
        ValueError: for another `sentence`.

    Source: Zhang et al., CVPR 2021 (arXiv 2101.04702), and its authors' code.
    """
    check_sentence(sentence)
    words = tf.cast(words, tf.float32)
    mask = tf.sequence_mask(lengths, tf.shape(words)[1], tf.float32)[:, :, None]
    heard = words * mask
    total = tf.reduce_sum(heard if sentence == "masked_mean" else words, axis=1)
    number = tf.cast(lengths, tf.float32)[:, None]
    # A caption without words is nothing, whatever stands in its padding.
    sentences = tf.math.divide_no_nan(total, number)
    return TextFeatures(heard, tf.cast(lengths, tf.int32), sentences)


def check_sentence(sentence: str) -> None:
    """Raises ValueError for a pooling that there is not."""
    if sentence not in SENTENCES:
        raise ValueError(
            f"sentence must be one of {', '.join(SENTENCES)}. Received: {sentence!r}"
        )


def require_words(captions: Sequence[str]) -> None:
    """Raises UsageError unless every caption is text with a word; names the first.

    A byte of the command line that is no UTF-8 reaches Python as half of a surrogate
    pair, which no file and no server would take later.
    """
    if isinstance(captions, str):
        raise UsageError(
            f"captions must be a list of texts. Received: the text {shown(captions)}"
        )
    for number, caption in enumerate(captions, start=1):
        try:
            caption.encode()
        except UnicodeEncodeError:
            raise UsageError(
                f"caption {number} of {len(captions)} must be text in UTF-8. "
                f"Received: {caption!r}"
            ) from None
        if not split_words(caption):
            raise UsageError(
                f"caption {number} of {len(captions)} has no words; it needs one or "
                f"more. Received: {caption!r}"
            )


def shown(caption: str) -> str:
    """Returns a caption in quotes, on one line, cut if it is long."""
    line = " ".join(caption.split())
    return repr(line if len(line) <= _SHOWN else f"{line[: _SHOWN - 3]}...")
