"""The temperature of a contrast as a function of the training step."""

from typing import Any

import tensorflow as tf


def scheduled_temperature(
    step: Any, *, start: float, end: float, num_steps: int, jumps: int = 0
) -> tf.Tensor:
    """Returns the temperature at a step: a straight line, or plateaus.

    Without jumps `start + (end - start) * step / num_steps`; with jumps the value
    changes in that many equal leaps, each plateau `num_steps // (jumps + 1)` steps
    long. `end` stays from then on. Equal start and end give a constant.

    Args:
        step: int, Python number or tensor.
        start: temperature at step 0, above 0.
        end: temperature at the end, above 0.
        num_steps: steps of the schedule, at least 1.
        jumps: 0 for a straight line, otherwise fewer than `num_steps`.

    Returns:
        A float32 scalar tensor.

    Raises:
        ValueError: for numbers out of these ranges.

    Source: the code of ContraGAN's authors in 2020 (arXiv 2006.12681), whose default
    configurations of that autumn halve 2.0 to 1.0 in one jump.
    """
    if start <= 0 or end <= 0:
        raise ValueError(
            f"temperatures must be above 0. Received: start={start}, end={end}"
        )
    if num_steps < 1 or not 0 <= jumps < num_steps:
        raise ValueError(
            "num_steps must be at least 1 and jumps at least 0 and below num_steps. "
            f"Received: num_steps={num_steps}, jumps={jumps}"
        )
    step = tf.cast(step, tf.int64)
    if jumps:
        level = tf.minimum(step // (num_steps // (jumps + 1)), jumps)
        progress = tf.cast(level, tf.float32) / jumps
    else:
        progress = tf.cast(tf.minimum(step, num_steps), tf.float32) / num_steps
    return start + (end - start) * progress
