"""Linear layers that read a discriminator's features."""

import functools
from typing import Any

import keras

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
