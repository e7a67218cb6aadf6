"""Which rows a contrast sees: this replica's, or those of all replicas."""

from typing import Any

import tensorflow as tf

from tfgan_contra import distribution


def gathered(gan: Any, rows: tf.Tensor) -> tf.Tensor:
    """Returns `[N, ...]` keys: all replicas' rows if the method gathers them."""
    return distribution.all_gather(rows) if gan.config.gather_negatives else rows


def first_row(gan: Any, rows: tf.Tensor) -> Any:
    """Returns the index of this replica's first row among the gathered ones."""
    return distribution.row_offset(rows) if gan.config.gather_negatives else 0
