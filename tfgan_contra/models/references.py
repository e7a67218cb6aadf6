"""Reference images: real ones beside which a discriminator judges others."""

from typing import Any, NamedTuple

import tensorflow as tf

from tfgan_contra import distribution


class References(NamedTuple):
    """What goes in the place of labels where images are judged beside references.

    Attributes:
        features: `[B, h, w, C]`, of the reference of each image.
    """

    features: tf.Tensor


def next_rows(rows: tf.Tensor) -> tf.Tensor:
    """Returns the row after each row of the global batch; after the last, the first.

    Only the first row of each replica passes to another, so that it costs little, and
    the result is the same however many replicas share a batch. Differentiable.

    Args:
        rows: `[B, ...]`, one or more, equally many on every replica. If all replicas
            together have a single row, it comes after itself.
    """
    firsts = distribution.all_gather(rows[:1])
    following = (distribution.replica_id() + 1) % distribution.num_replicas()
    return tf.concat([rows[1:], firsts[following][None]], axis=0)


class ReferenceBank:
    """Training images that are references where no batch of real images is at hand.

    They are a weight of the variant, and so in its checkpoints.

    Args:
        gan: the variant.
        size: how many images.
    """

    def __init__(self, gan: Any, size: int) -> None:
        self.images = gan.add_weight(
            name="reference_images",
            shape=(size, *gan.spec.image_shape),
            initializer="zeros",
            trainable=False,
            autocast=False,
        )

    def fill(self, images: tf.Tensor, when: tf.Tensor) -> None:
        """Takes the first rows of the global batch; all of them in turn if it is short.

        Args:
            images: `[B, H, W, C]`, this replica's rows.
            when: bool; otherwise nothing changes.
        """
        size, rows = self.images.shape[0], tf.shape(images)[0]
        places = tf.range(size) % (rows * distribution.num_replicas())
        places -= distribution.row_offset(images)
        own = (places >= 0) & (places < rows)
        kept = tf.gather(images, tf.clip_by_value(places, 0, rows - 1))
        kept = tf.where(own[:, None, None, None], kept, 0.0)
        # Outside of any condition: replicas cannot meet inside one.
        kept = distribution.all_reduce_sum(kept)
        self.images.assign(tf.where(when, kept, tf.convert_to_tensor(self.images)))

    def first(self, count: tf.Tensor) -> tf.Tensor:
        """Returns the first images, `count` of them if there are so many."""
        return tf.convert_to_tensor(self.images)[:count]
