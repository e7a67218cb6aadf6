"""A small transformer that reads word numbers.

Source of the architecture: Vaswani et al., "Attention Is All You Need", NeurIPS 2017
(arXiv 1706.03762), with the norms before the layers (Xiong et al., ICML 2020, arXiv
2002.04745). It stands in for the BERT of XMC-GAN's authors.
"""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgan_contra.losses.compiled import MASKED
from tfgan_contra.text.tokenizer import PADDING

# Hidden units of the position-wise layers, in units of the word vector's length.
_HIDDEN = 4
# That of what the blocks add. With BERT's 0.02, which belongs to its own small kernels,
# words drown in the mean over the caption, and their order is not learned for long.
_EMBEDDING_SCALE = 1.0


def layer_seeds(seed: int) -> Iterator[int]:
    """Yields the seeds of a network's layers, without end."""
    random = np.random.default_rng(seed)
    while True:
        yield int(random.integers(2**31))


@keras.saving.register_keras_serializable(package="tfgan_contra")
class TransformerBlock(keras.layers.Layer):
    """Self-attention and a position-wise network, each behind a norm and added.

    Args:
        dim: length of the vectors, a multiple of `num_heads`.
        num_heads: attention heads.
        seed: of the initial weights.
    """

    def __init__(self, dim: int, num_heads: int, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(dtype="float32", **kwargs)
        self.dim, self.num_heads, self.seed = dim, num_heads, seed
        seeds = layer_seeds(seed)
        self.attention_norm = _norm("attention_norm")
        self.queries_keys_values = _dense(3 * dim, "queries_keys_values", next(seeds))
        self.attended = _dense(dim, "attended", next(seeds))
        self.hidden_norm = _norm("hidden_norm")
        self.hidden = _dense(_HIDDEN * dim, "hidden", next(seeds))
        self.out = _dense(dim, "out", next(seeds))

    def build(self, input_shape: Any) -> None:
        """Builds all layers."""
        vectors = (None, None, self.dim)
        for layer in (self.attention_norm, self.queries_keys_values, self.attended):
            layer.build(vectors)
        for layer in (self.hidden_norm, self.hidden):
            layer.build(vectors)
        self.out.build((None, None, _HIDDEN * self.dim))

    def call(self, inputs: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        """Maps `[B, T, C]` to the same shape; nobody attends where `mask` is False."""
        hidden = inputs + self._attend(self.attention_norm(inputs), mask)
        wide = tf.nn.gelu(self.hidden(self.hidden_norm(hidden)))
        return hidden + self.out(wide)

    def _attend(self, inputs: tf.Tensor, mask_BT: tf.Tensor) -> tf.Tensor:
        size = self.dim // self.num_heads
        length = tf.shape(inputs)[1]
        joint = tf.reshape(
            self.queries_keys_values(inputs), [-1, length, 3, self.num_heads, size]
        )
        queries, keys, values = tf.unstack(joint, axis=2)
        scores = tf.einsum("bqhd,bkhd->bhqk", queries, keys) / size**0.5
        scores = tf.where(mask_BT[:, None, None, :], scores, MASKED)
        read = tf.einsum("bhqk,bkhd->bqhd", tf.nn.softmax(scores), values)
        return self.attended(tf.reshape(read, [-1, length, self.dim]))

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        return {
            "name": self.name,
            "dim": self.dim,
            "num_heads": self.num_heads,
            "seed": self.seed,
        }


@keras.saving.register_keras_serializable(package="tfgan_contra")
class TextTransformer(keras.Model):
    """Word numbers to word vectors, float32 whatever the precision of a run.

    Call: `transformer(ids)`, int `[B, T]` with T at most `max_words` and `PADDING`
    behind the words; returns `[B, T, dim]`. Padding is attended by nobody, so that it
    changes no word; what stands at its own places means nothing.

    Args:
        num_ids: how many numbers there are, see `Tokenizer.num_ids`.
        max_words: the longest caption.
        num_layers: blocks; 2 of 64 with 36 words and 17 places are 103,616 parameters.
        dim: length of the word vectors.
        num_heads: attention heads.
        seed: of the initial weights.

    Raises:
        ValueError: if `dim` is no multiple of `num_heads`.
    """

    def __init__(
        self,
        *,
        num_ids: int,
        max_words: int = 17,
        num_layers: int = 2,
        dim: int = 64,
        num_heads: int = 4,
        seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(dtype="float32", **kwargs)
        if dim % num_heads:
            raise ValueError(
                f"dim must be a multiple of num_heads. Received: {dim} and {num_heads}"
            )
        self.num_ids, self.max_words, self.num_layers = num_ids, max_words, num_layers
        self.dim, self.num_heads, self.seed = dim, num_heads, seed
        seeds = layer_seeds(seed)
        self.words = _embedding(num_ids, dim, "words", next(seeds))
        self.places = _embedding(max_words, dim, "places", next(seeds))
        # Layers live in a tuple: Keras 3 drops those in lists from checkpoints.
        self.blocks = tuple(
            TransformerBlock(dim, num_heads, next(seeds), name=f"block{i}")
            for i in range(num_layers)
        )
        self.last_norm = _norm("last_norm")
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights; the shapes follow from the arguments."""
        for layer in (self.words, self.places):
            layer.build((None, None))
        for layer in (*self.blocks, self.last_norm):
            layer.build((None, None, self.dim))
        self.built = True

    def call(self, ids: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Returns word vectors; `training` makes no difference."""
        mask = tf.not_equal(ids, PADDING)
        hidden = self.words(ids) + self.places(tf.range(tf.shape(ids)[1]))
        for block in self.blocks:
            hidden = block(hidden, mask)
        return self.last_norm(hidden)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this network."""
        return {
            "name": self.name,
            "num_ids": self.num_ids,
            "max_words": self.max_words,
            "num_layers": self.num_layers,
            "dim": self.dim,
            "num_heads": self.num_heads,
            "seed": self.seed,
        }


def _norm(name: str) -> keras.layers.Layer:
    return keras.layers.LayerNormalization(epsilon=1e-6, dtype="float32", name=name)


def _dense(units: int, name: str, seed: int) -> keras.layers.Layer:
    kernel = keras.initializers.GlorotUniform(seed)
    return keras.layers.Dense(
        units, kernel_initializer=kernel, dtype="float32", name=name
    )


def _embedding(rows: int, dim: int, name: str, seed: int) -> keras.layers.Layer:
    table = keras.initializers.RandomNormal(stddev=_EMBEDDING_SCALE, seed=seed)
    return keras.layers.Embedding(
        rows, dim, embeddings_initializer=table, dtype="float32", name=name
    )
