"""The ContraGAN authors' checkpoints (StudioGAN) as our models.

A self-attention is an entry of the authors' `blocks` and shifts the indices after it.
"""

from collections.abc import Iterator
from typing import Any, Optional

from tfgan_contra.errors import CheckpointError, UsageError
from tfgan_contra.importers.data_spec import read_spec
from tfgan_contra.importers.deep_conv import (
    assign_deep_conv_discriminator,
    assign_deep_conv_generator,
)
from tfgan_contra.importers.layers import (
    State,
    assign,
    assign_attention,
    assign_batch_norm,
    assign_convolution,
    assign_linear,
    assign_norm,
    assign_table,
    rows_of_first_layer,
)
from tfgan_contra.importers.layouts import TodaysState
from tfgan_contra.layers.spectral_norm import settle_spectral_norm
from tfgan_contra.networks.dcgan import DCGANDiscriminator, DCGANGenerator

Pair = tuple[str, Any]


def import_states(
    method_config: Any,
    *,
    generator: Optional[State] = None,
    discriminator: Optional[State] = None,
    generator_ema: Optional[State] = None,
    projector: Optional[State] = None,
) -> Any:
    """Returns a model with the authors' weights.

    Image size, channels and classes are read from the arrays, the rest is the
    config's. The generator's moving average is `generator_ema`, and the generator where
    there is none; and the other way round. Spectral norm's u and v are kept as they
    are, except in `generator_ema`: there they are averages, which belong to no kernel,
    and are computed anew. A network that is not given stays as it was initialised.

    Args:
        method_config: such as `ContraGANConfig`, with the checkpoint's architecture.
        generator: the authors' parameter names, of any version, with NumPy arrays; see
            `read_pytorch_state`.
        discriminator: likewise, with its heads.
        generator_ema: likewise, of `G_ema`.
        projector: none of these models has one; for the other importers' sake.

    Raises:
        CheckpointError: if the arrays are of another architecture (the first layer that
            differs is named, with both shapes), or one is left over.
        UsageError: if there is nothing to import, or a projector.
    """
    if projector is not None:
        raise UsageError(
            "StudioGAN's models have no projector; give generator, discriminator, "
            "generator_ema"
        )
    given = {
        "generator": generator,
        "generator_ema": generator_ema,
        "discriminator": discriminator,
    }
    states = {role: TodaysState(s) for role, s in given.items() if s is not None}
    if not states:
        raise UsageError("give a generator, generator_ema or discriminator to import")
    either = states.get("generator", states.get("generator_ema"))
    spec = read_spec(method_config, either, states.get("discriminator"))
    method_config.network.check_resolution("method.network", spec.image_size)
    gan = method_config.build(spec)
    _fill(gan, states)
    return gan


def assign_generator(generator: Any, state: State) -> None:
    """Gives a generator the authors' weights.

    Args:
        generator: the network to fill.
        state: the authors' parameter names of today with NumPy arrays.

    Raises:
        CheckpointError: when an array is missing or has another shape.
    """
    if isinstance(generator, DCGANGenerator):
        assign_deep_conv_generator(generator, state)
        return
    reorder = rows_of_first_layer(generator.block_channels[0])
    assign_linear(generator.first, "linear0", state, reorder)
    if hasattr(generator, "shared"):
        assign(generator.shared.embeddings, "shared.weight", state)
    for name, layer in _numbered(generator):
        if hasattr(layer, "theta"):
            assign_attention(layer, name, state)
            continue
        for ours, theirs in ((layer.norm1, "bn1"), (layer.norm2, "bn2")):
            assign_norm(ours, f"{name}.{theirs}", state)
        _assign_convolutions(layer, name, state)
    assign_batch_norm(generator.last_norm, "bn4", state)
    assign_convolution(generator.last_conv, "conv2d5", state)


def assign_discriminator(gan: Any, state: State) -> None:
    """Gives a variant's discriminator and heads the authors' weights.

    Args:
        gan: the variant.
        state: the authors' parameter names of today with NumPy arrays.

    Raises:
        CheckpointError: when an array is missing or has another shape.
    """
    if isinstance(gan.discriminator, DCGANDiscriminator):
        assign_deep_conv_discriminator(gan.discriminator, state)
    else:
        _assign_residual_discriminator(gan.discriminator, state)
    for ours, theirs in (
        ("logit_head", "linear1"),
        ("embedding_head", "linear2"),
        ("class_head", "linear2"),
    ):
        if hasattr(gan, ours):
            assign_linear(getattr(gan, ours), theirs, state)
    for ours in ("proxy_table", "class_embedding"):
        if hasattr(gan, ours):
            assign_table(getattr(gan, ours), "embedding", state)


def _fill(gan: Any, states: dict[str, TodaysState]) -> None:
    """Assigns every state and checks that nothing of it is left over."""
    generator, average = states.get("generator"), states.get("generator_ema")
    for network, state in (
        (gan.generator, average if generator is None else generator),
        (gan.generator_ema, generator if average is None else average),
    ):
        if state is not None:
            assign_generator(network, state)
        if state is not None and state is average:
            settle_spectral_norm(network)
    if "discriminator" in states:
        assign_discriminator(gan, states["discriminator"])
    for role, state in states.items():
        unused = state.unused()
        if unused:
            raise CheckpointError(
                f"The {role} is of another architecture than the config: nothing takes "
                f"its {unused[0]!r} ({len(unused)} arrays are left over)"
            )


def _assign_residual_discriminator(discriminator: Any, state: State) -> None:
    for name, layer in _numbered(discriminator):
        if hasattr(layer, "theta"):
            assign_attention(layer, name, state)
            continue
        for ours, theirs in (("norm0", "bn0"), ("norm1", "bn1"), ("norm2", "bn2")):
            if hasattr(layer, ours):
                assign_batch_norm(getattr(layer, ours), f"{name}.{theirs}", state)
        _assign_convolutions(layer, name, state)


def _numbered(network: Any) -> Iterator[Pair]:
    """Yields the authors' name and our layer for every block and attention."""
    attentions = dict(zip(network.attention_after, network.attentions, strict=True))
    index = 0
    for i, block in enumerate(network.blocks, start=1):
        yield f"blocks.{index}.0", block
        index += 1
        if i in attentions:
            yield f"blocks.{index}.0", attentions[i]
            index += 1


def _assign_convolutions(block: Any, name: str, state: State) -> None:
    if hasattr(block, "shortcut"):
        assign_convolution(block.shortcut, f"{name}.conv2d0", state)
    assign_convolution(block.conv1, f"{name}.conv2d1", state)
    assign_convolution(block.conv2, f"{name}.conv2d2", state)
