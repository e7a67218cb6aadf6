"""The CUT authors' checkpoints (`latest_net_G.pth`, `_D`, `_F`) as our networks.

Their weights are named by the number of a layer, which is the index in our layouts. The
blurs are stored there as constants; they are checked, not read.
"""

from typing import Any, Optional

from tfgan_contra.errors import CheckpointError, UsageError
from tfgan_contra.importers.layers import (
    State,
    assign_convolution,
    assign_deconvolution,
    assign_linear,
)
from tfgan_contra.importers.noted_state import (
    check_constant,
    refuse_leftovers,
    unwrapped,
)
from tfgan_contra.importers.sincut import (
    assign_sincut_discriminator,
    assign_sincut_generator,
)
from tfgan_contra.importers.translation_spec import read_architecture, read_spec
from tfgan_contra.layers.blur import binomial_kernel
from tfgan_contra.networks.sincut import SinCUTDiscriminator, SinCUTGenerator

CONVOLUTIONS = ("conv", "strided_conv")
# The second convolution of a block, without and with dropout in training.
SECOND_CONVOLUTION = ("5", "6")


def import_states(
    method_config: Any,
    *,
    generator: Optional[State] = None,
    discriminator: Optional[State] = None,
    projector: Optional[State] = None,
    generator_ema: Optional[State] = None,
    image_size: Optional[int] = None,
) -> Any:
    """Returns a `CUT`, `FastCUT` or `SinCUT` with the authors' weights.

    Channels are read from the arrays, the rest is the config's. Where the config has a
    moving average of the generator, it becomes a copy of the generator. A network that
    is not given stays as it was initialised.

    Args:
        method_config: such as `CUTConfig`, with the checkpoint's architecture.
        generator: the authors' parameter names with NumPy arrays, with or without
            `module.` before all of them; see `read_pytorch_state`.
        discriminator: likewise.
        projector: likewise, of their network F.
        generator_ema: the authors keep none; for the other importers' sake.
        image_size: side of the training crops, where the arrays do not say it (SinCUT's
            do); None: the authors' 256, or 64.

    Raises:
        CheckpointError: if the arrays are of another architecture (the first layer that
            differs is named, with both shapes), or one is left over.
        UsageError: if there is nothing to import, or a moving average.
    """
    if generator_ema is not None:
        raise UsageError(
            "the CUT authors keep no moving average; give generator, discriminator, "
            "projector"
        )
    if generator is None and discriminator is None and projector is None:
        raise UsageError("give a generator, discriminator or projector to import")
    spec = read_spec(method_config, generator, discriminator, image_size)
    method_config.network.check_resolution("method.network", spec.image_size)
    gan = method_config.build(spec)
    if generator is not None:
        assign_generator(gan.generator, generator)
        if gan.generator_ema is not gan.generator:
            assign_generator(gan.generator_ema, generator)
    if discriminator is not None:
        assign_discriminator(gan.discriminator, discriminator)
    if projector is not None:
        assign_projector(gan.projector, projector)
    return gan


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
    noted = unwrapped(state)
    if isinstance(generator, SinCUTGenerator):
        assign_sincut_generator(generator, noted)
    else:
        _check_architecture(generator, state)
        for number, step in enumerate(generator.steps):
            _assign_step(step, generator.layout[number].kind, f"model.{number}", noted)
    refuse_leftovers("generator", noted)


def assign_discriminator(discriminator: Any, state: State) -> None:
    """Gives a discriminator the authors' weights.

    Args:
        discriminator: a `PatchDiscriminator` or `SinCUTDiscriminator`.
        state: as for `assign_generator`.

    Raises:
        CheckpointError: as for `assign_generator`.
    """
    noted = unwrapped(state)
    if isinstance(discriminator, SinCUTDiscriminator):
        assign_sincut_discriminator(discriminator, noted)
    else:
        prefix = "net" if discriminator.kind == "pixel" else "model"
        for number, step in enumerate(discriminator.steps):
            kind = discriminator.layout[number].kind
            _assign_step(step, kind, f"{prefix}.{number}", noted)
    refuse_leftovers("discriminator", noted)


def assign_projector(sampler: Any, state: State) -> None:
    """Gives a `PatchSampler` the authors' weights (their network F).

    Args:
        sampler: the network to fill.
        state: as for `assign_generator`.

    Raises:
        CheckpointError: as for `assign_generator`.
    """
    noted = unwrapped(state)
    layers = zip(sampler.hidden_layers, sampler.output_layers, strict=True)
    for number, (hidden, output) in enumerate(layers):
        assign_linear(hidden, f"mlp_{number}.0", noted)
        assign_linear(output, f"mlp_{number}.2", noted)
    refuse_leftovers("projector", noted)


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
