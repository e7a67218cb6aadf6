"""Proxy-NCA: an embedding against the proxies of all classes.

Shapes: `B` rows on this replica, `D` embedding, `K` classes.
"""

from typing import Any

import tensorflow as tf

from tfgan_contra.losses.compiled import MASKED, to_float32, unit_rows, xla_compiled


def proxy_nca_loss(embeddings: Any, proxy_table: Any, labels: Any) -> tf.Tensor:
    """Pulls an embedding to its class proxy, away from those of the other classes.

    `loss = mean_i -cos(e_i, w_yi) + log sum_{c != yi} exp(e_i . w_c)`. The own class
    enters as a cosine, the others as plain dot products with the rows as they are: so
    do the authors of ContraGAN in 2020, and the lengths of rows and embeddings count.
    The loss can be negative. Images are never compared, so there is nothing to gather.

    Args:
        embeddings: `[B, D]`; ContraGAN hands them over with length 1.
        proxy_table: `[K, D]`, K >= 2, not normalised.
        labels: `[B]` int in [0, K).

    Returns:
        The float32 mean over this replica's rows; finite as long as the dot products
        are.

    Raises:
        ValueError: for a table of fewer than two classes.

    Source: Movshovitz-Attias et al., "No Fuss Distance Metric Learning using Proxies",
    ICCV 2017 (arXiv 1703.07464), in the form of ContraGAN's authors (arXiv
    2006.12681). The paper has squared distances between unit vectors instead, which
    is twice the cosine up to a constant.
    """
    rows, table = to_float32(embeddings, proxy_table)
    if table.shape[0] is not None and table.shape[0] < 2:
        raise ValueError(
            "proxy_table needs at least two classes, since those other than the "
            f"label's are the negatives. Received: shape {tuple(table.shape)}"
        )
    return _contrast(rows, table, tf.cast(labels, tf.int32))


@xla_compiled
def _contrast(
    embeddings_BD: tf.Tensor, table_KD: tf.Tensor, labels_B: tf.Tensor
) -> tf.Tensor:
    own_BK = labels_B[:, None] == tf.range(tf.shape(table_KD)[0])[None, :]
    # A product with ones and zeros: its gradient is a matmul, where that of a gather
    # would write row after row.
    proxies_BD = tf.matmul(tf.cast(own_BK, tf.float32), table_KD)
    to_own_B = tf.reduce_sum(unit_rows(embeddings_BD) * unit_rows(proxies_BD), axis=1)
    to_all_BK = tf.matmul(embeddings_BD, table_KD, transpose_b=True)
    to_others_B = tf.reduce_logsumexp(tf.where(own_BK, MASKED, to_all_BK), axis=1)
    return tf.reduce_mean(to_others_B - to_own_B)
