"""Initialisers of papers that Keras has under no name."""

import keras


def small_normal(gain: float = 0.02) -> keras.initializers.Initializer:
    """Returns PyTorch's `xavier_normal_` with a gain, as CycleGAN and CUT use it.

    A normal distribution, not truncated, of variance `2 gain^2 / (fan_in + fan_out)`.
    Keras's `glorot_normal` is truncated and 50 times wider. Each layer needs one of
    its own: called twice, a Keras initialiser without a seed gives equal values.
    """
    return keras.initializers.VarianceScaling(
        scale=gain**2, mode="fan_avg", distribution="untruncated_normal"
    )
