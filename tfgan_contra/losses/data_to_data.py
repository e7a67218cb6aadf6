"""D2D-CE, the data-to-data cross entropy of ReACGAN.

Shapes: `B` rows on this replica, `N` rows gathered from all replicas, `D` embedding.
"""

from typing import Any, Optional

import tensorflow as tf

from tfgan_contra.losses.compiled import (
    MASKED,
    log_sum_exp,
    to_float32,
    unit_rows,
    xla_compiled,
)
from tfgan_contra.losses.keys import Keys, keys_or_own, others_mask, same_label_mask

FORMS = ("code", "paper")


def data_to_data_cross_entropy_loss(  # noqa: PLR0913 (rows, keys and two margins)
    embeddings: Any,
    proxies: Any,
    labels: Any,
    *,
    temperature: Any,
    positive_margin: Any,
    form: str = "code",
    all_embeddings: Optional[Any] = None,
    all_labels: Optional[Any] = None,
    row_offset: Any = 0,
) -> tf.Tensor:
    """Pulls an embedding to its class proxy, away from images of other classes.

    With `x_ij = (cos(e_i, e_j) + m - 1) / t`, `M_i` the maximum of `x_ij` over all
    j != i (a constant: no gradient) and `p_i = relu((m - cos(e_i, proxy_i)) / t)`:
    `loss = mean_i p_i + log(exp(-p_i) + sum_j exp(relu(x_ij) - M_i))`, j of another
    class than i. Positives above the margin m and negatives below 1 - m have no
    gradient of their own. One row alone, or one class alone, gives exactly 0.

    Args:
        embeddings: `[B, D]`, any length (the loss uses cosines).
        proxies: `[B, D]`, the class embedding of each row's own label.
        labels: `[B]` int.
        temperature: t, above 0.
        positive_margin: m, at most 1; the margin of the negatives is 1 - m.
        form: `code` (the authors' code, as above) or `paper` (M_i = 0).
        all_embeddings: `[N, D]` keys of all replicas; None: `embeddings`.
        all_labels: `[N]` their labels; None: `labels`.
        row_offset: index of this replica's first row among the keys.

    Returns:
        The float32 mean over this replica's rows; memory grows as `B x N`.

    Raises:
        ValueError: for an unknown `form`, or keys without labels.

    Source: Kang, Shim, Cho and Park, "Rebooting ACGAN: Auxiliary Classifier GANs with
    Stable Training", NeurIPS 2021 (arXiv 2111.01118). Their code subtracts M_i from
    the negatives but not from the positive, so it weights them anew: the values of the
    two forms differ. Unlike the code, stable for any temperature.
    """
    if form not in FORMS:
        raise ValueError(f"form must be one of {', '.join(FORMS)}. Received: {form!r}")
    rows, proxy_rows = to_float32(embeddings, proxies)
    keys = keys_or_own(embeddings, labels, all_embeddings, all_labels, row_offset)
    return _contrast(
        rows,
        proxy_rows,
        tf.cast(labels, tf.int32),
        keys,
        tf.cast(positive_margin, tf.float32),
        tf.cast(temperature, tf.float32),
        subtract_maxima=form == "code",
    )


@xla_compiled
def _contrast(
    embeddings_BD: tf.Tensor,
    proxies_BD: tf.Tensor,
    labels_B: tf.Tensor,
    keys: Keys,
    margin: tf.Tensor,
    temperature: tf.Tensor,
    subtract_maxima: bool,
) -> tf.Tensor:
    queries_BD = unit_rows(embeddings_BD)
    to_proxy_B = tf.reduce_sum(queries_BD * unit_rows(proxies_BD), axis=1)
    to_keys_BN = tf.matmul(queries_BD, unit_rows(keys.rows), transpose_b=True)

    positive_B = tf.nn.relu((margin - to_proxy_B) / temperature)
    negatives_BN = (to_keys_BN + margin - 1.0) / temperature
    others_BN = others_mask(to_keys_BN, keys.row_offset)
    shift_B = positive_B
    if subtract_maxima:
        largest_B = tf.reduce_max(tf.where(others_BN, negatives_BN, MASKED), axis=1)
        shift_B = positive_B - tf.stop_gradient(largest_B)
    # p + log(exp(-p) + sum exp(x)) = log(exp(0) + sum exp(x + p)).
    return tf.reduce_mean(
        log_sum_exp(
            tf.zeros_like(positive_B),
            tf.nn.relu(negatives_BN) + shift_B[:, None],
            ~same_label_mask(labels_B, keys.labels),
        )
    )
