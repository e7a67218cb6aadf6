"""Random numbers of a training step, a function of (seed, step, draw, purpose) alone.

Nothing else draws random numbers in a step. Numbers are drawn for the global batch and
each replica keeps its own rows, so one replica and several see the same noise, and a
resumed run needs no generator state.

`normal_per_row` is for generating: a row depends on its own seed only, not on the
batch around it, eagerly, in a graph and in a served model alike.
"""

import enum
from typing import Any

import tensorflow as tf

from tfgan_contra import distribution


class Purpose(enum.IntEnum):
    """What a draw is for; a number is never used for another purpose again."""

    LATENTS = 1
    LABELS = 2
    AUGMENTATION = 3
    REGULARIZATION = 4
    GENERATOR_NOISE = 5
    PATCHES = 6
    MIRRORING = 7


class StepNoise:
    """The noise of one training step; every call is the step's next draw.

    Args:
        seed: the run's seed.
        step: the training step, an integer or a tensor.
    """

    def __init__(self, seed: int, step: Any) -> None:
        self._seed, self._step, self._draws = seed, tf.cast(step, tf.int64), 0

    def key(self, purpose: Purpose) -> tf.Tensor:
        """Returns the two-number seed of the next draw."""
        self._draws += 1
        start = tf.constant([self._seed, int(purpose)], tf.int64)
        at_step = tf.random.experimental.stateless_fold_in(start, self._step)
        draw = tf.constant(self._draws, tf.int64)
        return tf.random.experimental.stateless_fold_in(at_step, draw)

    def latents(self, rows: Any, size: int) -> tf.Tensor:
        """Draws `[rows, size]` from N(0, 1)."""
        return normal(self.key(Purpose.LATENTS), rows, size)

    def labels(self, rows: Any, num_classes: int) -> tf.Tensor:
        """Draws `[rows]` int32 labels, uniform over the classes."""
        total = rows * distribution.num_replicas()
        key = self.key(Purpose.LABELS)
        drawn = tf.random.stateless_uniform(
            [total], key, 0, num_classes, tf.int32, alg="philox"
        )
        return _own_rows(drawn, rows)


def normal(key: tf.Tensor, rows: Any, size: int) -> tf.Tensor:
    """Draws `[rows, size]` from N(0, 1): this replica's rows of the global draw."""
    total = rows * distribution.num_replicas()
    drawn = tf.random.stateless_normal([total, size], key, alg="philox")
    return _own_rows(drawn, rows)


def uniform(key: tf.Tensor, rows: Any, size: int) -> tf.Tensor:
    """Draws `[rows, size]` from U[0, 1): this replica's rows of the global draw."""
    total = rows * distribution.num_replicas()
    drawn = tf.random.stateless_uniform([total, size], key, alg="philox")
    return _own_rows(drawn, rows)


def _own_rows(drawn: tf.Tensor, rows: Any) -> tf.Tensor:
    if distribution.num_replicas() == 1:
        return drawn
    first = distribution.replica_id() * rows
    return drawn[first : first + rows]
