"""The triplet loss with the hardest positive and negative of the batch.

Shapes: `B` rows on this replica, `N` rows gathered from all replicas, `D` embedding.
"""

from typing import Any, Optional

import tensorflow as tf

from tfgan_contra.losses.compiled import to_float32, unit_rows, xla_compiled
from tfgan_contra.losses.keys import Keys, keys_or_own, others_mask, same_label_mask


def triplet_loss(
    embeddings: Any,
    labels: Any,
    *,
    margin: Any = 1.0,
    all_embeddings: Optional[Any] = None,
    all_labels: Optional[Any] = None,
    row_offset: Any = 0,
) -> tf.Tensor:
    """Mean of `relu(farthest of the class - nearest of other classes + margin)`.

    Distances are Euclidean, between embeddings scaled to length 1, so in [0, 2].
    Every row is an anchor and counts in the mean. One without another image of its
    class has the positive distance 0; one without an image of another class (the
    batch is of one class) costs exactly the margin, with no gradient. At distance 0
    the gradient is 0; among equally hard rows it goes to the first.

    Args:
        embeddings: `[B, D]`, any length.
        labels: `[B]` int.
        margin: at least 0.
        all_embeddings: `[N, D]` keys of all replicas; None: `embeddings`.
        all_labels: `[N]` their labels; None: `labels`.
        row_offset: index of this replica's first row among the keys.

    Returns:
        The float32 mean over this replica's rows; memory grows as `B x N`.

    Raises:
        ValueError: if keys come without their labels, or labels without keys.

    Source: Hermans, Beyer and Leibe, "In Defense of the Triplet Loss for Person
    Re-Identification" (arXiv 1703.07737), "batch hard". Equal to
    `triplet_hard_loss(soft=False)` of TensorFlow Addons 0.23 on unit rows, in anchors
    without a positive or a negative too. ContraGAN's paper
    (arXiv 2006.12681) compares with a triplet loss, but no version of its published
    code holds one: which form its numbers come from is not known.
    """
    (rows,) = to_float32(embeddings)
    keys = keys_or_own(embeddings, labels, all_embeddings, all_labels, row_offset)
    return _hardest(rows, tf.cast(labels, tf.int32), keys, tf.cast(margin, tf.float32))


@xla_compiled
def _hardest(
    embeddings_BD: tf.Tensor, labels_B: tf.Tensor, keys: Keys, margin: tf.Tensor
) -> tf.Tensor:
    anchors_BD, keys_ND = unit_rows(embeddings_BD), unit_rows(keys.rows)
    squares_BN = tf.stop_gradient(_squared_distances(anchors_BD, keys_ND))
    others_BN = others_mask(squares_BN, keys.row_offset)
    same_BN = same_label_mask(labels_B, keys.labels)
    positives_BN = others_BN & same_BN

    # Distances are taken anew from the chosen rows: exact also for near rows, and the
    # gradient needs no B x N matrix. 8 is above every square, -1 below.
    farthest_B = tf.argmax(tf.where(positives_BN, squares_BN, -1.0), axis=1)
    nearest_B = tf.argmin(tf.where(same_BN, 8.0, squares_BN), axis=1)
    to_positive_B = _distances(anchors_BD, tf.gather(keys_ND, farthest_B))
    to_negative_B = _distances(anchors_BD, tf.gather(keys_ND, nearest_B))

    has_positive_B = tf.reduce_any(positives_BN, axis=1)
    has_negative_B = tf.reduce_any(~same_BN, axis=1)
    gap_B = tf.where(has_positive_B, to_positive_B, 0.0) - to_negative_B
    gap_B = tf.where(has_negative_B, gap_B, 0.0)
    return tf.reduce_mean(tf.nn.relu(gap_B + margin))


def _squared_distances(rows_BD: tf.Tensor, keys_ND: tf.Tensor) -> tf.Tensor:
    products_BN = tf.matmul(rows_BD, keys_ND, transpose_b=True)
    row_squares_B = tf.reduce_sum(tf.square(rows_BD), axis=1)
    key_squares_N = tf.reduce_sum(tf.square(keys_ND), axis=1)
    return row_squares_B[:, None] + key_squares_N[None, :] - 2.0 * products_BN


def _distances(rows_BD: tf.Tensor, others_BD: tf.Tensor) -> tf.Tensor:
    squares_B = tf.reduce_sum(tf.square(rows_BD - others_BD), axis=1)
    apart_B = squares_B > 0
    # The inner choice keeps the slope of the root finite where the outer one drops it.
    return tf.where(apart_B, tf.sqrt(tf.where(apart_B, squares_B, 1.0)), 0.0)
