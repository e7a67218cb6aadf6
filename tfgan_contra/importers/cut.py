"""The CUT authors' checkpoints (`latest_net_G.pth`, `_D`, `_F`) as our networks.

Their weights are named by the number of a layer, which is the index in our layouts. The
blurs are stored there as constants; they are checked, not read.
"""

import re
from typing import Any

import numpy as np

from tfgan_contra.errors import CheckpointError
from tfgan_contra.importers.layers import (
    State,
    assign_convolution,
    assign_deconvolution,
    assign_linear,
)
from tfgan_contra.importers.noted_state import NotedState, check_constant, wrapper_of
from tfgan_contra.importers.sincut import (
    assign_sincut_discriminator,
    assign_sincut_generator,
)
from tfgan_contra.layers.blur import binomial_kernel
from tfgan_contra.networks.sincut import SinCUTDiscriminator, SinCUTGenerator

CONVOLUTIONS = ("conv", "strided_conv")
# The second convolution of a block, without and with dropout in training.
SECOND_CONVOLUTION = ("5", "6")
BLOCK = re.compile(r"model\.(\d+)\.conv_block\.")
WEIGHT = re.compile(r"model\.(\d+)\.weight")
FIRST_BLOCK = {12: True, 10: False}


def assign_generator(generator: Any, state: State) -> None:
    """Gives a generator the authors' weights.

    Args:
        generator: a `TranslationGenerator` or `SinCUTGenerator`.
        state: the authors' parameter names with NumPy arrays, with or without
            `module.` before all of them; trained with or without dropout.

    Raises:
        CheckpointError: if the arrays are of another architecture (the first layer that
            differs is named, with both shapes), or one is left over.
    """
    noted = _noted(state)
    if isinstance(generator, SinCUTGenerator):
        assign_sincut_generator(generator, noted)
    else:
        _check_architecture(generator, state)
        for number, step in enumerate(generator.steps):
            _assign_step(step, generator.layout[number].kind, f"model.{number}", noted)
    _refuse_leftovers("generator", noted)


def assign_discriminator(discriminator: Any, state: State) -> None:
    """Gives a discriminator the authors' weights.

    Args:
        discriminator: a `PatchDiscriminator` or `SinCUTDiscriminator`.
        state: as for `assign_generator`.

    Raises:
        CheckpointError: as for `assign_generator`.
    """
    noted = _noted(state)
    if isinstance(discriminator, SinCUTDiscriminator):
        assign_sincut_discriminator(discriminator, noted)
    else:
        prefix = "net" if discriminator.kind == "pixel" else "model"
        for number, step in enumerate(discriminator.steps):
            kind = discriminator.layout[number].kind
            _assign_step(step, kind, f"{prefix}.{number}", noted)
    _refuse_leftovers("discriminator", noted)


def assign_projector(sampler: Any, state: State) -> None:
    """Gives a `PatchSampler` the authors' weights (their network F).

    Args:
        sampler: the network to fill.
        state: as for `assign_generator`.

    Raises:
        CheckpointError: as for `assign_generator`.
    """
    noted = _noted(state)
    layers = zip(sampler.hidden_layers, sampler.output_layers, strict=True)
    for number, (hidden, output) in enumerate(layers):
        assign_linear(hidden, f"mlp_{number}.0", noted)
        assign_linear(output, f"mlp_{number}.2", noted)
    _refuse_leftovers("projector", noted)


def read_architecture(state: State) -> dict[str, Any]:
    """Returns the arguments of the `TranslationGenerator` that arrays belong to.

    Args:
        state: the authors' `resnet_9blocks`, `resnet_6blocks` or one of another number
            of blocks.

    Raises:
        CheckpointError: if they are of no such generator.
    """
    start = len(wrapper_of(state))
    shapes = {name[start:]: np.shape(array) for name, array in state.items()}
    blocks = {int(match[1]) for name in shapes if (match := BLOCK.match(name))}
    convolutions = [int(m[1]) for name in shapes if (m := WEIGHT.fullmatch(name))]
    first = shapes.get("model.1.weight", ())
    last = shapes.get(f"model.{max(convolutions, default=0)}.weight", ())
    if len(first) != 4 or len(last) != 4 or min(blocks, default=0) not in FIRST_BLOCK:
        raise CheckpointError(
            "The generator is none of the authors' residual ones (resnet_9blocks, "
            "resnet_6blocks)"
        )
    return {
        "channels": first[1],
        "out_channels": last[0],
        "width": first[0],
        "num_blocks": len(blocks),
        "antialias_down": FIRST_BLOCK[min(blocks)],
        # A blur has no weight, and the convolution stands behind it.
        "antialias_up": max(blocks) + 1 not in convolutions,
    }


def _check_architecture(generator: Any, state: State) -> None:
    """Says in the config's words where the number of layers differs."""
    ours, theirs = generator.get_config(), read_architecture(state)
    for name in ("num_blocks", "antialias_down", "antialias_up"):
        if ours[name] != theirs[name]:
            raise CheckpointError(
                f"The checkpoint is of another architecture than the config: its "
                f"{name} is {theirs[name]}, the config's {ours[name]}"
            )


def _assign_step(step: Any, kind: str, name: str, state: State) -> None:
    """Gives the layer of one number what it has of weights and constants."""
    if kind in CONVOLUTIONS:
        assign_convolution(step, name, state)
    elif kind == "transposed_conv":
        assign_deconvolution(step, name, state)
    elif kind == "block":
        assign_convolution(step.conv1, f"{name}.conv_block.1", state)
        plain, with_dropout = (f"{name}.conv_block.{i}" for i in SECOND_CONVOLUTION)
        dropout = f"{with_dropout}.weight" in state
        assign_convolution(step.conv2, with_dropout if dropout else plain, state)
    elif kind == "down":
        check_constant(f"{name}.filt", state, binomial_kernel(step.size))
    elif kind == "up":
        check_constant(f"{name}.filt", state, 4 * binomial_kernel(step.size))


def _noted(state: State) -> NotedState:
    start = len(wrapper_of(state))
    names = {name[start:]: name for name in state}
    return NotedState({short: state[name] for short, name in names.items()}, names)


def _refuse_leftovers(role: str, state: NotedState) -> None:
    unused = state.unused()
    if unused:
        raise CheckpointError(
            f"The {role} is of another architecture than the config: nothing takes its "
            f"{unused[0]!r} ({len(unused)} arrays are left over)"
        )
