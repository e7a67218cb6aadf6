"""What a served text-to-image generator answers: captions in, pictures out.

A text encoder that TensorFlow alone can run lies in the graph, so that clients send
plain strings. A model whose encoder does not (BERT's tokenizer is not TensorFlow's own)
takes the encoder's features instead, which the client makes: any server can load it.
"""

from itertools import cycle, islice
from typing import Any

import numpy as np
import tensorflow as tf

from tfgan_contra.errors import UserError
from tfgan_contra.row_noise import row_latents
from tfgan_contra.serving.base import (
    FROM_0,
    REFERENCE_ROWS,
    SEEDS,
    TRUNCATION,
    ServingModule,
    as_png,
    checked_truncation,
    finite_numbers,
    of_data_shape,
    require,
    row_numbers,
    same_length,
    signature,
    to_uint8,
    utf_8_text,
)
from tfgan_contra.text.base import TextEncoder
from tfgan_contra.text.tokenizer import UNKNOWN
from tfgan_contra.types import CaptionSpec, TextFeatures

CAPTIONS = tf.TensorSpec([None], tf.string, "captions")
# Captions for examples, warming up and checks, and words in each.
EXAMPLES = 4
EXAMPLE_WORDS = 5


def can_be_served(text_encoder: Any) -> bool:
    """Returns whether a served model can hold a text encoder and read captions.

    Args:
        text_encoder: a `TextEncoder`, or None.
    """
    in_graph = getattr(type(text_encoder), "graph", TextEncoder.graph)
    return in_graph is not TextEncoder.graph and hasattr(text_encoder, "tokenizer")


class TextToImageServing(ServingModule):
    """A generator that makes pictures from latents and the features of captions.

    Attributes:
        spec: image size, channels and the sizes of the features.
        latent_dim: latents per picture.
        reads_captions: whether the inputs are captions, or else their features.
    """

    kind = "text_to_image"
    reads_captions = False

    def __init__(self, generator: Any, spec: CaptionSpec) -> None:
        """Takes a built generator whose spectral norm is already folded in.

        Args:
            generator: with `latent_dim` and `word_dim`, called as
                `generator([latents, words, lengths, sentences], training=False)`.
            spec: what its data look like.

        Raises:
            UserError: if the generator takes vectors of another length.
        """
        if generator.word_dim != spec.word_dim:
            raise UserError(
                f"the generator takes word vectors of length {generator.word_dim} but "
                f"its data have {spec.word_dim}; export with the run's own "
                "configuration"
            )
        super().__init__(generator, spec)
        self.latent_dim = int(generator.latent_dim)
        self._generate = lambda inputs: generator(inputs, training=False)
        # Called by all signatures, so that the graph holds the generator once; as an
        # attribute of its own it would be saved a second time.
        shared = signature(self.images, self._latents_spec(), *self._feature_specs())
        self._images = lambda latents, features: shared(latents, *features)

    def facts(self) -> dict[str, Any]:
        """Returns image size, channels, latents and the sizes of the features."""
        return {
            "kind": self.kind,
            "reads_captions": self.reads_captions,
            "image_size": self.spec.image_size,
            "channels": self.spec.channels,
            "latent_dim": self.latent_dim,
            "word_dim": self.spec.word_dim,
            "max_words": self.spec.max_words,
        }

    def images(
        self, latents: Any, words: Any, lengths: Any, sentences: Any
    ) -> tf.Tensor:
        """Returns float images `[N, H, W, C]` in [-1, 1]."""
        images = self._generate([latents, words, lengths, sentences])
        return of_data_shape(tf.cast(images, tf.float32), self.spec)

    def _pixels(
        self, features: TextFeatures, seeds: tf.Tensor, truncation: Any = None
    ) -> dict[str, tf.Tensor]:
        """Returns `images` uint8."""
        if truncation is not None:
            truncation = checked_truncation(truncation, seeds)
        latents = row_latents(seeds, self.latent_dim, truncation)
        return {"images": to_uint8(self._images(latents, features))}

    def _latents_spec(self) -> tf.TensorSpec:
        return tf.TensorSpec([None, self.latent_dim], tf.float32, "latents")

    def _feature_specs(self) -> tuple[tf.TensorSpec, tf.TensorSpec, tf.TensorSpec]:
        places, size = self.spec.max_words, self.spec.word_dim
        return (
            tf.TensorSpec([None, places, size], tf.float32, "words"),
            tf.TensorSpec([None], tf.int32, "lengths"),
            tf.TensorSpec([None, size], tf.float32, "sentences"),
        )


class CaptionServing(TextToImageServing):
    """Signatures of a generator with the text encoder in the graph: captions in.

    A picture is a function of its caption and its seed. Words that the encoder does not
    know count as unknown words, those behind its last place not at all; what of either
    a caption has says `check_captions`. A caption without words is refused, and so are
    bytes that are no UTF-8, by the numbers of their rows.
    """

    reads_captions = True

    def __init__(self, generator: Any, spec: CaptionSpec, text_encoder: Any) -> None:
        """Takes a built generator and its text encoder.

        Args:
            generator: see `TextToImageServing`.
            spec: what its data look like.
            text_encoder: a `TextEncoder` with `graph` and `tokenizer`.

        Raises:
            UserError: if the three do not fit together.
        """
        super().__init__(generator, spec)
        given = (text_encoder.word_dim, text_encoder.max_words)
        if given != (spec.word_dim, spec.max_words):
            raise UserError(
                f"the text encoder makes {given[1]} vectors of length {given[0]} but "
                f"the generator was trained with {spec.max_words} of {spec.word_dim}; "
                "export with the run's own text encoder"
            )
        self._encoder = text_encoder
        # Lookup table and weights: what the graph uses must belong to the module.
        self._resources = text_encoder.resources
        encode = signature(text_encoder.graph, CAPTIONS)
        self._encode = lambda captions: encode(captions)

    @property
    def example_captions(self) -> list[str]:
        """Different captions, made of the most frequent words in turn."""
        size = min(EXAMPLE_WORDS, self.spec.max_words)
        vocabulary = self._encoder.tokenizer.vocabulary
        texts = (
            " ".join(islice(cycle(vocabulary), start, start + size))
            for start in range(EXAMPLES)
        )
        return list(dict.fromkeys(texts))

    def signatures(self) -> dict[str, Any]:
        """Returns the five picture signatures and check_captions."""
        latents = self._latents_spec()
        return {
            "serving_default": signature(self.serving_default, CAPTIONS, SEEDS),
            "latents": signature(self.from_latents, latents, CAPTIONS),
            "png": signature(self.png, CAPTIONS, SEEDS),
            "truncated": signature(self.truncated, CAPTIONS, SEEDS, TRUNCATION),
            "truncated_png": signature(self.truncated_png, CAPTIONS, SEEDS, TRUNCATION),
            "check_captions": signature(self.check_captions, CAPTIONS),
        }

    def facts(self) -> dict[str, Any]:
        """Returns the size of the vocabulary and a few captions as well."""
        return super().facts() | {
            "vocabulary_size": len(self._encoder.tokenizer.vocabulary),
            "example_captions": self.example_captions,
        }

    def reference_pictures(self) -> dict[str, Any]:
        """Returns captions, seeds, latents and the Keras models' own float images."""
        seeds = np.arange(REFERENCE_ROWS, dtype=np.int64)
        captions = list(islice(cycle(self.example_captions), REFERENCE_ROWS))
        latents = row_latents(seeds, self.latent_dim)
        features = self._encoder.encode(captions)
        return {
            "captions": np.array([caption.encode() for caption in captions]),
            "seeds": seeds,
            "latents": latents.numpy(),
            "images": self.images(latents, *features).numpy(),
        }

    def serving_default(
        self, captions: tf.Tensor, seeds: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Captions and seeds `[N]` -> `images` uint8."""
        return self._pixels(self._read(captions, seeds), seeds)

    def from_latents(
        self, latents: tf.Tensor, captions: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Latents `[N, z]` and captions `[N]` -> `images` float32 in [-1, 1]."""
        return {"images": self._images(latents, self._read(captions, latents))}

    def png(self, captions: tf.Tensor, seeds: tf.Tensor) -> dict[str, tf.Tensor]:
        """Captions and seeds `[N]` -> `image_bytes`, one PNG file each."""
        return as_png(self.serving_default(captions, seeds))

    def truncated(
        self, captions: tf.Tensor, seeds: tf.Tensor, truncation: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Captions, seeds and truncation `[N]` -> `images` uint8."""
        return self._pixels(self._read(captions, seeds), seeds, truncation)

    def truncated_png(
        self, captions: tf.Tensor, seeds: tf.Tensor, truncation: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Captions, seeds, truncation `[N]` -> `image_bytes`, one PNG file each."""
        return as_png(self.truncated(captions, seeds, truncation))

    def check_captions(self, captions: tf.Tensor) -> dict[str, tf.Tensor]:
        """Captions `[N]` -> what of them will not be heard, int64 `[N]` each.

        `num_words`: all words of a caption, 0 in one that would be refused;
        `num_unknown`: how many of them the encoder does not know; `num_cut`: how many
        lie behind its last place.
        """
        tokenizer = self._encoder.tokenizer
        words = tokenizer.words(utf_8_text("captions", captions))
        numbers = words.with_flat_values(tokenizer.table.lookup(words.flat_values))
        unknown = tf.cast(tf.equal(numbers, UNKNOWN), tf.int64)
        num_words = words.row_lengths()
        return {
            "num_words": num_words,
            "num_unknown": tf.reduce_sum(unknown, axis=1),
            "num_cut": tf.maximum(num_words - self.spec.max_words, 0),
        }

    def _read(self, captions: tf.Tensor, other: tf.Tensor) -> TextFeatures:
        """Returns the features of captions, as many as `other` has rows."""
        captions = same_length("captions", utf_8_text("captions", captions), other)
        features = self._encode(captions)
        has_words = features.lengths > 0
        lengths = require(
            has_words,
            f"captions must have a word or more. Without one are the rows, {FROM_0}",
            row_numbers(has_words),
            features.lengths,
        )
        return features._replace(lengths=lengths)


class FeatureServing(TextToImageServing):
    """Signatures of a generator without its text encoder: the features of captions in.

    `words`, `lengths` and `sentences` are those of `TextEncoder.encode`.
    """

    def signatures(self) -> dict[str, Any]:
        """Returns the five picture signatures, and features as serving_default."""
        features = self._feature_specs()
        from_features = signature(self.features, *features, SEEDS)
        return {
            "serving_default": from_features,
            "features": from_features,
            "latents": signature(self.from_latents, self._latents_spec(), *features),
            "png": signature(self.png, *features, SEEDS),
            "truncated": signature(self.truncated, *features, SEEDS, TRUNCATION),
            "truncated_png": signature(
                self.truncated_png, *features, SEEDS, TRUNCATION
            ),
        }

    def reference_pictures(self) -> dict[str, Any]:
        """Returns random features, seeds, latents and the Keras model's images."""
        generator = np.random.Generator(np.random.Philox(7))
        size, dim = self.spec.max_words, self.spec.word_dim
        lengths = 1 + np.arange(REFERENCE_ROWS, dtype=np.int32) % size
        words = generator.standard_normal((REFERENCE_ROWS, size, dim), np.float32)
        words *= np.arange(size)[None, :, None] < lengths[:, None, None]
        sentences = generator.standard_normal((REFERENCE_ROWS, dim), np.float32)
        seeds = np.arange(REFERENCE_ROWS, dtype=np.int64)
        latents = row_latents(seeds, self.latent_dim)
        return {
            "words": words,
            "lengths": lengths,
            "sentences": sentences,
            "seeds": seeds,
            "latents": latents.numpy(),
            "images": self.images(latents, words, lengths, sentences).numpy(),
        }

    def features(
        self,
        words: tf.Tensor,
        lengths: tf.Tensor,
        sentences: tf.Tensor,
        seeds: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Features and seeds `[N]` -> `images` uint8."""
        features = self._checked(TextFeatures(words, lengths, sentences), seeds)
        return self._pixels(features, seeds)

    def from_latents(
        self,
        latents: tf.Tensor,
        words: tf.Tensor,
        lengths: tf.Tensor,
        sentences: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Latents `[N, z]` and features -> `images` float32 in [-1, 1]."""
        features = self._checked(TextFeatures(words, lengths, sentences), latents)
        return {"images": self._images(latents, features)}

    def png(
        self,
        words: tf.Tensor,
        lengths: tf.Tensor,
        sentences: tf.Tensor,
        seeds: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Features and seeds `[N]` -> `image_bytes`, one PNG file each."""
        return as_png(self.features(words, lengths, sentences, seeds))

    def truncated(
        self,
        words: tf.Tensor,
        lengths: tf.Tensor,
        sentences: tf.Tensor,
        seeds: tf.Tensor,
        truncation: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Features, seeds and truncation `[N]` -> `images` uint8."""
        features = self._checked(TextFeatures(words, lengths, sentences), seeds)
        return self._pixels(features, seeds, truncation)

    def truncated_png(
        self,
        words: tf.Tensor,
        lengths: tf.Tensor,
        sentences: tf.Tensor,
        seeds: tf.Tensor,
        truncation: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Features, seeds, truncation `[N]` -> `image_bytes`, one PNG file each."""
        return as_png(self.truncated(words, lengths, sentences, seeds, truncation))

    def _checked(self, features: TextFeatures, other: tf.Tensor) -> TextFeatures:
        valid = (features.lengths >= 1) & (features.lengths <= self.spec.max_words)
        lengths = require(
            valid,
            f"lengths must be from 1 to {self.spec.max_words}. Received:",
            tf.boolean_mask(features.lengths, tf.logical_not(valid)),
            features.lengths,
        )
        return TextFeatures(
            same_length("words", finite_numbers("words", features.words), other),
            same_length("lengths", lengths, other),
            same_length(
                "sentences", finite_numbers("sentences", features.sentences), other
            ),
        )
