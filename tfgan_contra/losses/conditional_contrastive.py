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
from tfgan_contra.losses.keys import Keys, keys_or_own, others_mask, same_label_mask

POSITIVES = ("same_class", "proxy")


def conditional_contrastive_loss(  # noqa: PLR0913 (rows, keys and their options)
    embeddings: Any,
    proxies: Any,
    labels: Any,
    *,
    temperature: Any = 1.0,
    positives: str = "same_class",
    augmented_embeddings: Optional[Any] = None,
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
        augmented_embeddings: `[B, D]` of augmented copies of the same images, or None.
            Each is one more positive of its own image: `exp(cos(e_i, e'_i) / t)` joins
            both sums, as in the authors' code of June 2020.
        all_embeddings: `[N, D]` keys of all replicas; None: `embeddings`.
        all_labels: `[N]` their labels; None: `labels`.
        row_offset: index of this replica's first row among the keys.

    Returns:
        The float32 mean over this replica's rows; memory grows as `B x N`.

    Raises:
        ValueError: for an unknown `positives`, or keys without labels.

    Source: Kang and Park, "ContraGAN: Contrastive Learning for Conditional Image
    Generation", NeurIPS 2020 (arXiv 2006.12681), eq. 8. Equal to the authors' code;
    unlike it, stable for any temperature, since maxima are subtracted.
    """
    if positives not in POSITIVES:
        raise ValueError(
            f"positives must be one of {', '.join(POSITIVES)}. Received: {positives!r}"
        )
    rows, proxy_rows = to_float32(embeddings, proxies)
    copies = None
    if augmented_embeddings is not None:
        (copies,) = to_float32(augmented_embeddings)
    return _contrast(
        rows,
        proxy_rows,
        tf.cast(labels, tf.int32),
        keys_or_own(embeddings, labels, all_embeddings, all_labels, row_offset),
        tf.cast(temperature, tf.float32),
        same_class_positives=positives == "same_class",
        augmented_BD=copies,
    )


@xla_compiled
def _contrast(
    embeddings_BD: tf.Tensor,
    proxies_BD: tf.Tensor,
    labels_B: tf.Tensor,
    keys: Keys,
    temperature: tf.Tensor,
    same_class_positives: bool,
    augmented_BD: Optional[tf.Tensor] = None,
) -> tf.Tensor:
    queries_BD = unit_rows(embeddings_BD)
    own_B = tf.reduce_sum(queries_BD * unit_rows(proxies_BD), axis=1) / temperature
    if augmented_BD is not None:
        copy_B = tf.reduce_sum(queries_BD * unit_rows(augmented_BD), axis=1)
        own_B = tf.reduce_logsumexp([own_B, copy_B / temperature], axis=0)
    keys_ND = unit_rows(keys.rows)
    to_keys_BN = tf.matmul(queries_BD, keys_ND, transpose_b=True) / temperature

    others_BN = others_mask(to_keys_BN, keys.row_offset)
    denominator_B = log_sum_exp(own_B, to_keys_BN, others_BN)
    numerator_B = own_B
    if same_class_positives:
        same_BN = others_BN & same_label_mask(labels_B, keys.labels)
        numerator_B = log_sum_exp(own_B, to_keys_BN, same_BN)
    return tf.reduce_mean(denominator_B - numerator_B)
