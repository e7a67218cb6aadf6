"""Linear layers that read a discriminator's features."""

import functools
from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.layers.spectral_norm import SNDense, SNEmbedding


def head_layers(spectral_norm: bool) -> tuple[Any, Any]:
    """Returns the Dense and the Embedding class of a discriminator's heads.

    The authors normalise the heads, and the whole class table, with the discriminator;
    all kernels start orthogonal. Heads compute in float32 whatever the networks do:
    they are small, and their outputs go into losses.
    """
    dense: Any = SNDense if spectral_norm else keras.layers.Dense
    embedding: Any = SNEmbedding if spectral_norm else keras.layers.Embedding
    return (
        functools.partial(dense, kernel_initializer="orthogonal", dtype="float32"),
        functools.partial(
            embedding, embeddings_initializer="orthogonal", dtype="float32"
        ),
    )


class EmbeddingHeads:
    """A logit, a unit embedding and a table of class proxies; for ContrastiveGANs.

    The method's config names the `embedding_dim`.
    """

    config: Any
    spec: Any
    discriminator: Any

    def build_heads(self) -> tuple[keras.layers.Layer, ...]:
        """Makes the logit, the embedding and the table of class proxies."""
        dense, embedding = head_layers(self.config.network.d_spectral_norm)
        features = (None, self.discriminator.feature_dim)
        size = self.config.embedding_dim
        self.logit_head = dense(1, name="logit_head")
        self.embedding_head = dense(size, name="embedding_head")
        self.proxy_table = embedding(self.spec.num_classes, size, name="proxy_table")
        self.logit_head.build(features)
        self.embedding_head.build(features)
        self.proxy_table.build()
        return (self.logit_head, self.embedding_head, self.proxy_table)

    def discriminate(
        self, images: tf.Tensor, labels: Any = None, training: bool = False
    ) -> dict[str, tf.Tensor]:
        """Returns `logits` `[B]`, unit `embeddings` `[B, D]` and features.

        With labels also `proxies` `[B, D]`, the unit class embedding of each row.
        """
        outputs = self.discriminator(images, training=training)
        features = outputs["global_features"]
        embeddings = self.embedding_head(features, training=training)
        outputs["logits"] = self.logit_head(features, training=training)[:, 0]
        outputs["embeddings"] = keras.ops.normalize(embeddings, axis=-1)
        if labels is not None:
            proxies = self.proxy_table(labels, training=training)
            outputs["proxies"] = keras.ops.normalize(proxies, axis=-1)
        return outputs
