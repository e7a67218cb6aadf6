"""NT-Xent, the contrastive loss of SimCLR: two views of an image attract.

Shapes: `B` rows on this replica, `N` rows gathered from all replicas, `D` embedding.
"""

from typing import Any, Optional

import tensorflow as tf

from tfgan_contra.losses.compiled import (
    log_sum_exp,
    to_float32,
    unit_rows,
    xla_compiled,
)
from tfgan_contra.losses.keys import others_mask


def nt_xent_loss(
    view_a: Any,
    view_b: Any,
    *,
    temperature: Any = 1.0,
    all_view_a: Optional[Any] = None,
    all_view_b: Optional[Any] = None,
    row_offset: Any = 0,
) -> tf.Tensor:
    """Cross entropy of finding an image's other view among all other views.

    Each of the 2N views has its image's other view as the positive and the 2N - 2
    views of other images as negatives; with `s = cos / t` a view i costs
    `-s_i,other + log sum_{k != i} exp(s_ik)`. Labels play no part.

    Args:
        view_a: `[B, D]`, any length (the loss uses cosines).
        view_b: `[B, D]`, the same images seen differently, in the same order.
        temperature: t, above 0.
        all_view_a: `[N, D]` first views of all replicas; None: `view_a`.
        all_view_b: `[N, D]` second views of all replicas; None: `view_b`.
        row_offset: index of this replica's first row among the gathered ones.

    Returns:
        The float32 mean over this replica's 2B views; memory grows as `2B x 2N`.

    Raises:
        ValueError: if only one of the gathered views is given.

    Source: Chen et al., "A Simple Framework for Contrastive Learning of Visual
    Representations", ICML 2020 (arXiv 2002.05709), eq. 1. Equal to the form with which
    ContraGAN's authors compared theirs in 2020; unlike it, maxima are subtracted.
    """
    if (all_view_a is None) != (all_view_b is None):
        given = "all_view_a" if all_view_b is None else "all_view_b"
        raise ValueError(
            f"all_view_a and all_view_b belong together. Received: only {given}"
        )
    rows_a, rows_b = to_float32(view_a, view_b)
    keys_a, keys_b = rows_a, rows_b
    if all_view_a is not None:
        keys_a, keys_b = to_float32(all_view_a, all_view_b)
    return _contrast(
        rows_a,
        rows_b,
        keys_a,
        keys_b,
        tf.cast(row_offset, tf.int32),
        tf.cast(temperature, tf.float32),
    )


@xla_compiled
def _contrast(
    view_a_BD: tf.Tensor,
    view_b_BD: tf.Tensor,
    key_a_ND: tf.Tensor,
    key_b_ND: tf.Tensor,
    row_offset: tf.Tensor,
    temperature: tf.Tensor,
) -> tf.Tensor:
    view_a_BD, view_b_BD = unit_rows(view_a_BD), unit_rows(view_b_BD)
    key_a_ND, key_b_ND = unit_rows(key_a_ND), unit_rows(key_b_ND)
    positive_B = tf.reduce_sum(view_a_BD * view_b_BD, axis=1) / temperature

    def mean_loss(queries_BD: tf.Tensor) -> tf.Tensor:
        """Returns the mean loss of one kind of view."""
        to_a_BN = tf.matmul(queries_BD, key_a_ND, transpose_b=True) / temperature
        to_b_BN = tf.matmul(queries_BD, key_b_ND, transpose_b=True) / temperature
        # Own image: once the view itself, once the positive, which is counted already.
        others_BN = others_mask(to_a_BN, row_offset)
        total_B = log_sum_exp(
            positive_B,
            tf.concat([to_a_BN, to_b_BN], axis=1),
            tf.concat([others_BN, others_BN], axis=1),
        )
        return tf.reduce_mean(total_B - positive_B)

    return 0.5 * (mean_loss(view_a_BD) + mean_loss(view_b_BD))
