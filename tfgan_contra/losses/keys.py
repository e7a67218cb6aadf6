"""The keys that a contrast compares its rows with, and which of them are others.

Shapes: `B` rows on this replica, `N` rows gathered from all replicas, `D` embedding.
"""

from typing import Any, NamedTuple, Optional

import tensorflow as tf


class Keys(NamedTuple):
    """Rows to compare with.

    Attributes:
        rows: `[N, D]` float32.
        labels: `[N]` int32.
        row_offset: int32, where this replica's first row stands among them.
    """

    rows: tf.Tensor
    labels: tf.Tensor
    row_offset: tf.Tensor


def keys_or_own(
    embeddings: Any,
    labels: Any,
    all_embeddings: Optional[Any],
    all_labels: Optional[Any],
    row_offset: Any,
) -> Keys:
    """Returns the gathered keys, or this replica's own rows if none were gathered.

    Raises:
        ValueError: if keys come without their labels, or labels without keys.
    """
    if (all_embeddings is None) != (all_labels is None):
        given = "all_embeddings" if all_labels is None else "all_labels"
        raise ValueError(
            f"all_embeddings and all_labels belong together. Received: only {given}"
        )
    rows = embeddings if all_embeddings is None else all_embeddings
    row_labels = labels if all_labels is None else all_labels
    return Keys(
        tf.cast(rows, tf.float32),
        tf.cast(row_labels, tf.int32),
        tf.cast(row_offset, tf.int32),
    )


def others_mask(values_BN: tf.Tensor, row_offset: tf.Tensor) -> tf.Tensor:
    """Returns `[B, N]`: False where row and key are one and the same, else True."""
    rows_B = tf.range(tf.shape(values_BN)[0]) + row_offset
    return rows_B[:, None] != tf.range(tf.shape(values_BN)[1])[None, :]


def same_label_mask(labels_B: tf.Tensor, key_labels_N: tf.Tensor) -> tf.Tensor:
    """Returns `[B, N]`: whether row and key have the same label."""
    return labels_B[:, None] == key_labels_N[None, :]
