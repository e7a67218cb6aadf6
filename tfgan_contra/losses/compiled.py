"""How every loss is compiled: one XLA program per shape, float32 inside."""

from collections.abc import Callable
from typing import Any, TypeVar

import tensorflow as tf

Function = TypeVar("Function", bound=Callable[..., Any])

# Stands for log(0) in masked logits: exp() of it is exactly 0, and unlike -inf it
# never turns a gradient into 0 * inf.
MASKED = -1e30


def xla_compiled(function: Function) -> Function:
    """Compiles a pure tensor function with XLA; Python arguments select the program."""
    return tf.function(function, jit_compile=True, autograph=False)


def to_float32(*tensors: Any) -> list[tf.Tensor]:
    """Casts tensors or arrays to float32, whatever the precision of the networks."""
    return [tf.cast(tensor, tf.float32) for tensor in tensors]


def unit_rows(rows: tf.Tensor) -> tf.Tensor:
    """Divides each row of `[..., D]` by its Euclidean length; a zero row stays zero.

    Rows are first divided by their largest entry, so that squares neither overflow
    nor vanish for any finite input. The result does not depend on that factor, which
    is therefore treated as a constant.
    """
    largest = tf.reduce_max(tf.abs(rows), axis=-1, keepdims=True)
    largest = tf.stop_gradient(tf.where(largest > 0, largest, tf.ones_like(largest)))
    scaled = rows / largest
    square = tf.reduce_sum(tf.square(scaled), axis=-1, keepdims=True)
    # A row that is not zero has square >= 1 here; the floor only guards zero rows.
    return scaled * tf.math.rsqrt(tf.maximum(square, 1e-12))


def log_sum_exp(first: tf.Tensor, others: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Returns `log(exp(first) + sum of exp(others) where mask)` for every row.

    Args:
        first: `[B]`, always counted.
        others: `[B, N]`.
        mask: `[B, N]` bool.
    """
    others = tf.where(mask, others, MASKED)
    top = tf.stop_gradient(tf.maximum(first, tf.reduce_max(others, axis=1)))
    total = tf.exp(first - top) + tf.reduce_sum(tf.exp(others - top[:, None]), axis=1)
    return top + tf.math.log(total)
