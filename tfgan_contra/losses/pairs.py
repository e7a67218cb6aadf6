"""Scores of pairs, each to be found among all others: contrast, accuracy and entropy.

Shapes: `B` pairs on this replica, `N` pairs gathered from all replicas, `D` embedding.
The first and the second of pair i belong together: an image and its caption, say.
"""

from typing import Any, NamedTuple, Optional

import tensorflow as tf

from tfgan_contra.losses.compiled import to_float32
from tfgan_contra.losses.keys import others_mask

# Squared lengths below it count as this: the authors' number.
SMALLEST_SQUARE = 1e-12


class PairScores(NamedTuple):
    """How well this replica's pairs fit together, and what else they might fit.

    Attributes:
        rows: `[B, N]` float32, this replica's firsts with the seconds of all pairs.
        columns: `[B, N]` float32, this replica's seconds with the firsts of all pairs.
        row_offset: int32, where this replica's first pair stands among all of them.
    """

    rows: tf.Tensor
    columns: tf.Tensor
    row_offset: tf.Tensor


def floored_unit(vectors: tf.Tensor) -> tf.Tensor:
    """Returns `n(x) = x / sqrt(max(|x|^2, 1e-12))` along the last axis.

    A vector shorter than 1e-6 stays shorter than 1, zero stays zero, and its slope is
    1e6: finite, as in the authors' code.
    """
    square = tf.reduce_sum(tf.square(vectors), axis=-1, keepdims=True)
    return vectors / tf.sqrt(tf.maximum(square, SMALLEST_SQUARE))


def embedding_pair_scores(
    first: Any,
    second: Any,
    *,
    temperature: Any = 0.1,
    normalize: bool = True,
    all_first: Optional[Any] = None,
    all_second: Optional[Any] = None,
    row_offset: Any = 0,
) -> PairScores:
    """Scores pairs of embeddings by `s_ij = n(first_i) . n(second_j) / t`.

    Args:
        first: `[B, D]`.
        second: `[B, D]`, row i belonging to row i of `first`.
        temperature: t, above 0.
        normalize: whether embeddings are brought to length 1 by `floored_unit`.
        all_first: `[N, D]` of all replicas; None: `first`.
        all_second: `[N, D]` of all replicas; None: `second`.
        row_offset: index of this replica's first pair among the gathered ones.

    Raises:
        ValueError: for shapes that do not belong together, or if only one kind of
            embedding was gathered.
    """
    if (all_first is None) != (all_second is None):
        given = "first" if all_second is None else "second"
        raise ValueError(
            "Both embeddings of all pairs belong together. "
            f"Received: only those that come {given}"
        )
    first_BD, second_BD = to_float32(first, second)
    if first_BD.shape.rank != 2 or not first_BD.shape.is_compatible_with(
        second_BD.shape
    ):
        raise ValueError(
            "The embeddings of pairs must be [pairs, embedding] of one shape. "
            f"Received: {first_BD.shape} and {second_BD.shape}"
        )
    if normalize:
        first_BD, second_BD = floored_unit(first_BD), floored_unit(second_BD)
    if all_first is None:
        rows_BN = tf.matmul(first_BD, second_BD, transpose_b=True) / temperature
        return pair_scores(rows_BN)
    first_ND, second_ND = to_float32(all_first, all_second)
    if normalize:
        first_ND, second_ND = floored_unit(first_ND), floored_unit(second_ND)
    return PairScores(
        tf.matmul(first_BD, second_ND, transpose_b=True) / temperature,
        tf.matmul(second_BD, first_ND, transpose_b=True) / temperature,
        tf.cast(row_offset, tf.int32),
    )


def pair_scores(
    rows: Any, *, all_rows: Optional[Any] = None, row_offset: Any = 0
) -> PairScores:
    """Returns the scores of pairs whose rows are known: columns stand in the rows.

    Args:
        rows: `[B, N]`, this replica's firsts with the seconds of all pairs.
        all_rows: `[N, N]`, the rows of all replicas, gathered with their gradient;
            None: `rows`, which are all there are.
        row_offset: index of this replica's first pair among them.

    Raises:
        ValueError: if the rows of all pairs are not as many as the pairs.
    """
    (rows_BN,) = to_float32(rows)
    (all_rows_NN,) = to_float32(rows if all_rows is None else all_rows)
    shape = all_rows_NN.shape
    if shape.rank != 2 or not shape[:1].is_compatible_with(shape[1:]):
        raise ValueError(
            "The rows of all pairs must be [N, N]; from several replicas they come as "
            f"all_rows. Received: {shape}"
        )
    offset = tf.cast(row_offset, tf.int32)
    size = [shape[0] or -1, rows_BN.shape[0] or tf.shape(rows_BN)[0]]
    columns_NB = tf.slice(all_rows_NN, [0, offset], size)
    return PairScores(rows_BN, tf.transpose(columns_NB), offset)


def pair_losses(scores: PairScores) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns both directions of InfoNCE: the second of a first, the first of a second.

    `mean_i log sum_j exp(s_ij) - s_ii` over rows, and the same over columns; each the
    float32 mean over this replica's pairs, stable for any finite scores. A pair alone
    costs 0.

    Args:
        scores: of this replica's pairs.
    """
    offset = scores.row_offset
    return _cross_entropy(scores.rows, offset), _cross_entropy(scores.columns, offset)


def pair_contrastive_loss(scores: PairScores) -> tf.Tensor:
    """Returns the sum of both directions of InfoNCE, a float32 scalar.

    Args:
        scores: of this replica's pairs.

    Source: the authors of XMC-GAN add both directions without a factor 1/2; the
    paper's formulas (arXiv 2101.04702) have one.
    """
    of_rows, of_columns = pair_losses(scores)
    return of_rows + of_columns


def retrieval_accuracy(scores: PairScores) -> tf.Tensor:
    """Returns how often a pair's own member scores best, the mean of both directions.

    Args:
        scores: of this replica's pairs.

    Returns:
        A float32 scalar in [0, 1], of this replica's pairs; chance is 1 / N. Among
        equal scores the first one counts as the best.
    """

    def hits(scores_BN: tf.Tensor) -> tf.Tensor:
        """Returns the share of rows whose own column is the largest."""
        places_B = tf.range(tf.shape(scores_BN)[0]) + scores.row_offset
        found_B = tf.argmax(scores_BN, axis=1, output_type=tf.int32) == places_B
        return tf.reduce_mean(tf.cast(found_B, tf.float32))

    return 0.5 * (hits(scores.rows) + hits(scores.columns))


def retrieval_entropy(scores: PairScores) -> tf.Tensor:
    """Returns how undecided the choice among all pairs is, the mean of both directions.

    Args:
        scores: of this replica's pairs.

    Returns:
        A float32 scalar between 0 and ln N: the mean entropy of the softmax over a
        pair's scores, in nats. The authors' code adds 1e-8 inside the logarithm.
    """

    def entropy(scores_BN: tf.Tensor) -> tf.Tensor:
        """Returns the mean entropy of the rows."""
        logs_BN = tf.nn.log_softmax(scores_BN)
        return -tf.reduce_mean(tf.reduce_sum(tf.exp(logs_BN) * logs_BN, axis=1))

    return 0.5 * (entropy(scores.rows) + entropy(scores.columns))


def _cross_entropy(scores_BN: tf.Tensor, row_offset: tf.Tensor) -> tf.Tensor:
    logs_BN = tf.nn.log_softmax(scores_BN)
    others_BN = others_mask(scores_BN, row_offset)
    own_B = tf.reduce_sum(tf.where(others_BN, 0.0, logs_BN), axis=1)
    return -tf.reduce_mean(own_B)
