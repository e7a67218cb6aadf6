"""Parts of a batch: one per update of D, and micro-batches of an update."""

from collections.abc import Iterator

import tensorflow as tf

from tfgan_contra.types import Batch


def split(batch: Batch, parts: int) -> Iterator[Batch]:
    """Yields equal consecutive parts of a batch."""
    if parts == 1:
        yield batch
        return
    share = tf.shape(batch.images)[0] // parts
    for i in range(parts):
        yield tf.nest.map_structure(
            lambda rows, i=i: rows[i * share : (i + 1) * share], batch
        )


def interleave(batch: Batch, parts: int) -> Iterator[Batch]:
    """Yields every `parts`-th row, so that parts are the same on 1 and n replicas."""
    if parts == 1:
        yield batch
        return
    for i in range(parts):
        yield tf.nest.map_structure(lambda rows, i=i: rows[i::parts], batch)
