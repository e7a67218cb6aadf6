"""2C, the conditional contrastive loss of ContraGAN.

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

POSITIVES = ("same_class", "proxy")


def conditional_contrastive_loss(
    embeddings: Any,
    proxies: Any,
    labels: Any,
    *,
    temperature: Any = 1.0,
    positives: str = "same_class",
    all_embeddings: Optional[Any] = None,
    all_labels: Optional[Any] = None,
    row_offset: Any = 0,
) -> tf.Tensor:
    """Pulls an embedding to its class proxy and its class, away from other images.

    With `a_i = exp(cos(e_i, proxy_i) / t)` and `b_ij = exp(cos(e_i, e_j) / t)`, j != i:
    `loss = mean_i log(a_i + sum_j b_ij) - log(a_i + sum_{j of the same class} b_ij)`.
    Proxies of other classes are no negatives. One row alone, or one class alone,
    gives exactly 0.

    Args:
        embeddings: `[B, D]`, any length (the loss uses cosines).
        proxies: `[B, D]`, the class embedding of each row's own label.
        labels: `[B]` int.
        temperature: above 0; the smaller, the harder the contrast.
        positives: what the numerator holds beside the proxy: `same_class` (the paper
            and the authors' code) or `proxy` (nothing: the form in which the authors
            trained their ImageNet model of batch 256).
        all_embeddings: `[N, D]` keys of all replicas; None: `embeddings`.
        all_labels: `[N]` their labels; None: `labels`.
        row_offset: index of this replica's first row among the keys.

    Returns:
        The float32 mean over this replica's rows; memory grows as `B x N`.

    Raises:
        ValueError: for an unknown `positives`.

    Source: Kang and Park, "ContraGAN: Contrastive Learning for Conditional Image
    Generation", NeurIPS 2020 (arXiv 2006.12681), eq. 8. Equal to the authors' code;
    unlike it, stable for any temperature, since maxima are subtracted.
    """
    if positives not in POSITIVES:
        raise ValueError(
            f"positives must be one of {', '.join(POSITIVES)}. Received: {positives!r}"
        )
    keys = embeddings if all_embeddings is None else all_embeddings
    key_labels = labels if all_labels is None else all_labels
    rows, proxy_rows, key_rows = to_float32(embeddings, proxies, keys)
    return _contrast(
        rows,
        proxy_rows,
        key_rows,
        tf.cast(labels, tf.int32),
        tf.cast(key_labels, tf.int32),
        tf.cast(row_offset, tf.int32),
        tf.cast(temperature, tf.float32),
        same_class_positives=positives == "same_class",
    )


@xla_compiled
def _contrast(
    embeddings_BD: tf.Tensor,
    proxies_BD: tf.Tensor,
    keys_ND: tf.Tensor,
    labels_B: tf.Tensor,
    key_labels_N: tf.Tensor,
    row_offset: tf.Tensor,
    temperature: tf.Tensor,
    same_class_positives: bool,
) -> tf.Tensor:
    queries_BD = unit_rows(embeddings_BD)
    to_proxy_B = tf.reduce_sum(queries_BD * unit_rows(proxies_BD), axis=1) / temperature
    keys_ND = unit_rows(keys_ND)
    to_keys_BN = tf.matmul(queries_BD, keys_ND, transpose_b=True) / temperature

    rows_B = tf.range(tf.shape(to_keys_BN)[0]) + row_offset
    others_BN = rows_B[:, None] != tf.range(tf.shape(to_keys_BN)[1])[None, :]
    denominator_B = log_sum_exp(to_proxy_B, to_keys_BN, others_BN)
    if same_class_positives:
        same_BN = others_BN & (labels_B[:, None] == key_labels_N[None, :])
        numerator_B = log_sum_exp(to_proxy_B, to_keys_BN, same_BN)
    else:
        numerator_B = to_proxy_B
    return tf.reduce_mean(denominator_B - numerator_B)
