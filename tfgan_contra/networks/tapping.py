"""Running a network layer by layer and keeping the outputs of some layers."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import tensorflow as tf

Layer = Callable[[tf.Tensor], tf.Tensor]


class Tapped(NamedTuple):
    """What a run through layers gave.

    Attributes:
        outputs: of the last layer that was run.
        features: the outputs of the layers asked for, in the order asked.
    """

    outputs: tf.Tensor
    features: tuple[tf.Tensor, ...]


def run_layers(
    numbered: Iterable[tuple[int, Layer]],
    inputs: tf.Tensor,
    taps: tuple[int, ...],
    *,
    stop_early: bool = False,
) -> Tapped:
    """Runs layers one after the other.

    Args:
        numbered: the number of each layer and the layer, which takes the output of the
            one before.
        inputs: of the first.
        taps: numbers of the layers whose outputs to keep.
        stop_early: run no layer after the last tap.

    Raises:
        ValueError: for stopping early without a tap.
    """
    if stop_early and not taps:
        raise ValueError("encode_only=True needs taps: there is nothing else to return")
    kept: dict[int, tf.Tensor] = {}
    hidden = inputs
    for number, layer in numbered:
        if stop_early and number > max(taps):
            break
        hidden = layer(hidden)
        if number in taps:
            kept[number] = hidden
    return Tapped(hidden, tuple(kept[tap] for tap in taps))


def answer(
    images: tf.Tensor, features: tuple[tf.Tensor, ...], encode_only: bool
) -> Any:
    """Returns what a generator's call returns: images, both, or the features alone."""
    if encode_only:
        return features
    return (images, features) if features else images


def check_images(images: tf.Tensor, channels: int, smallest: int) -> None:
    """Raises ValueError for images known to have other channels or too few pixels."""
    height, width, given = images.shape[1:]
    if given != channels:
        raise ValueError(f"images must have {channels} channels. Received: {given}")
    if any(side is not None and side < smallest for side in (height, width)):
        raise ValueError(
            f"images must have {smallest} pixels or more on each side. "
            f"Received: {height}x{width}"
        )
