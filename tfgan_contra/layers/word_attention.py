"""Attention between the regions of an image and the words of its caption.

Both directions compare unit vectors and average unit vectors: the lengths of words and
regions play no part. Suffixes: `B` images with their captions, `R` regions, `T` words,
`C` channels.

Source: Zhang et al., "Cross-Modal Contrastive Learning for Text-to-Image Generation",
CVPR 2021 (arXiv 2101.04702). Equal to the authors' code, except that captions without
words are read as nothing in place of the padding's mean.
"""

from typing import Optional

import tensorflow as tf

# Below this squared length a vector is not stretched to length 1.
SMALLEST_SQUARE = 1e-12
# In place of the scores of padding; a softmax makes exactly 0 of it.
MASKED = -1e9


def attend_to_words(
    regions: tf.Tensor,
    words: tf.Tensor,
    lengths: Optional[tf.Tensor] = None,
    *,
    temperature: float = 15.0,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns what every region reads in its caption, as a generator does it.

    `weights = softmax over words of (temperature * unit(region)' unit(word))`, and
    `context = sum over words of weights * unit(word)`. Padding has weight 0, and so has
    every word of a caption of length 0, whose context is 0.

    Args:
        regions: `[B, R, C]`, the queries.
        words: `[B, T, C]`.
        lengths: `[B]` int, valid words of each caption; None: all.
        temperature: factor of the cosines, above 0; the paper's rho 0.

    Returns:
        The context `[B, R, C]` and the weights `[B, R, T]`, both float32.
    """
    regions_BRC, words_BTC = _unit(regions), _unit(words)
    scores_BRT = temperature * tf.matmul(regions_BRC, words_BTC, transpose_b=True)
    if lengths is None:
        weights_BRT = tf.nn.softmax(scores_BRT)
    else:
        valid_B1T = tf.sequence_mask(lengths, tf.shape(words)[1])[:, None]
        weights_BRT = tf.nn.softmax(tf.where(valid_B1T, scores_BRT, MASKED))
        weights_BRT *= tf.cast(valid_B1T, tf.float32)
    return tf.matmul(weights_BRT, words_BTC), weights_BRT


def attend_to_regions(
    words: tf.Tensor, regions: tf.Tensor, *, temperature: float = 5.0
) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns what every word reads in its image, as the contrast of words does it.

    `weights = softmax over regions of (temperature * unit(word)' unit(region))`, and
    `context = sum over regions of weights * unit(region)`. Every word reads for itself,
    so padding need not be masked: what it reads is nobody's concern.

    Args:
        words: `[B, T, C]`, the queries.
        regions: `[B, R, C]`.
        temperature: factor of the cosines, above 0; the paper's rho 1.

    Returns:
        The context `[B, T, C]` and the weights `[B, T, R]`, both float32.
    """
    words_BTC, regions_BRC = _unit(words), _unit(regions)
    scores_BTR = temperature * tf.matmul(words_BTC, regions_BRC, transpose_b=True)
    weights_BTR = tf.nn.softmax(scores_BTR)
    return tf.matmul(weights_BTR, regions_BRC), weights_BTR


def _unit(vectors: tf.Tensor) -> tf.Tensor:
    return tf.math.l2_normalize(tf.cast(vectors, tf.float32), -1, SMALLEST_SQUARE)
