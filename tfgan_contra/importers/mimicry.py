"""mimicry's checkpoints of SNGAN, SSGAN and InfoMax-GAN as our networks.

All three have one generator and one body of the discriminator at each resolution; the
body and the heads of InfoMax-GAN have other names. Source: Lee and Town, "Mimicry:
Towards the Reproducibility of GAN Research" (arXiv 2005.02494).
"""

import re
from collections.abc import Iterator
from typing import Any, Optional

import numpy as np

from tfgan_contra.errors import CheckpointError, UsageError
from tfgan_contra.importers.layers import (
    State,
    assign,
    assign_batch_norm,
    assign_convolution,
    assign_linear,
    rows_of_first_layer,
)
from tfgan_contra.importers.layouts import COUNTER
from tfgan_contra.importers.noted_state import refuse_leftovers, unwrapped, wrapper_of
from tfgan_contra.layers.spectral_norm import SpectralNorm
from tfgan_contra.networks.sngan import SNGANDiscriminator, SNGANGenerator
from tfgan_contra.types import DataSpec

# What mimicry's networks are, in the names of our options. Some of these change no
# shape, so that nothing else would tell.
GENERATOR_OPTIONS = {
    "upsampling": "bilinear",
    "shortcut_kernel": 1,
    "self_modulated": False,
    "spectral_norm": False,
    "attention_after": (),
    "num_classes": 0,
}
DISCRIMINATOR_OPTIONS = {
    "pooling": "sum",
    "shortcut_kernel": 1,
    "rectified_shortcut": True,
    "hidden_channels": "input",
    "spectral_norm": True,
    "attention_after": (),
}
# The blocks of InfoMax-GAN's discriminator before and from the last one.
LOCAL_BLOCKS, GLOBAL_BLOCK = "local_feat_blocks", "global_feat_blocks.0"
# A linear layer named by the number of layers before it, 5, 6 or 7, or InfoMax-GAN's.
LOGIT_HEAD = re.compile(r"(l[567]|linear)\.bias")
# The parts of a projection: the hidden layer, the output, and what goes beside both.
PROJECTION = ("a", "b", "sc")
# SSGAN's heads at 32 pixels keep their norm, which follows from the rest.
SIGMA = "sn_sigma"
G_BLOCK = re.compile(r"block\d+\.c1\.(weight|weight_orig)")
G_LAST = re.compile(r"c\d+\.weight")
D_BLOCK = re.compile(
    r"(block\d+|local_feat_blocks\.\d+|global_feat_blocks\.0)\.c1\.weight_orig"
)
# Image sizes by the number of the discriminator's blocks; the usual one first.
D_SIZES = {4: (32,), 5: (64, 48), 6: (128,)}


def assign_generator(generator: Any, state: State) -> None:
    """Gives a generator the weights of one of mimicry's.

    Args:
        generator: an `SNGANGenerator` with its default options.
        state: the parameter names of mimicry with NumPy arrays, with or without
            `module.` before all of them; see `read_pytorch_state`.

    Raises:
        CheckpointError: if the network has other options, or the arrays are of another
            architecture (the first layer that differs is named, with both shapes), or
            one is left over.
    """
    _check_options(generator, SNGANGenerator, GENERATOR_OPTIONS)
    noted = unwrapped(state)
    rows = rows_of_first_layer(generator.block_channels[0], generator.first_side)
    assign_linear(generator.first, "l1", noted, rows)
    # The first linear layer is number 1 of theirs.
    for number, block in enumerate(generator.blocks, start=2):
        _assign_convolutions(block, f"block{number}", noted)
        assign_batch_norm(block.norm1, f"block{number}.b1", noted)
        assign_batch_norm(block.norm2, f"block{number}.b2", noted)
    last = len(generator.blocks) + 2
    assign_batch_norm(generator.last_norm, f"b{last}", noted)
    assign_convolution(generator.last_conv, f"c{last}", noted)
    refuse_leftovers("generator", noted, COUNTER)


def assign_discriminator(
    discriminator: Any,
    state: State,
    *,
    logit_head: Optional[Any] = None,
    rotation_head: Optional[Any] = None,
    local_projection: Optional[tuple[Any, Any, Any]] = None,
    global_projection: Optional[tuple[Any, Any, Any]] = None,
) -> None:
    """Gives a discriminator and a method's heads the weights of one of mimicry's.

    Every head that the checkpoint has must be given a place. SSGAN's heads at 32 pixels
    are stored with a u, but without a v: it is computed from that u as the next
    training call would. (At evaluation mimicry iterates once more and forgets it; where
    the u has converged, that makes no difference.)

    Args:
        discriminator: an `SNGANDiscriminator` with its default options.
        state: as for `assign_generator`.
        logit_head: linear layer of one unit on the global features.
        rotation_head: SSGAN's linear layer of four units on the global features.
        local_projection: InfoMax-GAN's three 1x1 convolutions of the local features:
            the hidden one, the output, and the shortcut.
        global_projection: its three linear layers of the global features, likewise.

    Raises:
        CheckpointError: as for `assign_generator`; also if a head is not normalised.
    """
    _check_options(discriminator, SNGANDiscriminator, DISCRIMINATOR_OPTIONS)
    noted = unwrapped(state)
    names = _block_names(len(discriminator.blocks), noted)
    for block, name in zip(discriminator.blocks, names, strict=True):
        _assign_convolutions(block, name, noted)
    if logit_head is not None:
        _assign_head(logit_head, _logit_name(noted), noted)
    if rotation_head is not None:
        _assign_head(rotation_head, "l_y", noted)
    for layer, part in zip(local_projection or (), PROJECTION, strict=False):
        assign_convolution(layer, f"local_nrkhs_{part}", noted)
    for layer, part in zip(global_projection or (), PROJECTION, strict=False):
        assign_linear(layer, f"global_nrkhs_{part}", noted)
    refuse_leftovers("discriminator", noted, SIGMA)


def _check_options(network: Any, kind: type, options: dict[str, Any]) -> None:
    """Says which option makes a network another one than mimicry's."""
    if not isinstance(network, kind):
        raise CheckpointError(
            f"mimicry's checkpoints are for an {kind.__name__} (SNGANConfig), the "
            f"config's network is a {type(network).__name__}"
        )
    for name, theirs in options.items():
        ours = getattr(network, name)
        if ours != theirs:
            raise CheckpointError(
                f"The checkpoint is of another architecture than the config: mimicry "
                f"has {name}={theirs!r}, the config {ours!r}"
            )


def _block_names(count: int, state: State) -> Iterator[str]:
    """Yields the names of the discriminator's blocks."""
    if not any(name.startswith(LOCAL_BLOCKS) for name in state):
        yield from (f"block{number}" for number in range(1, count + 1))
        return
    yield from (f"{LOCAL_BLOCKS}.{index}" for index in range(count - 1))
    yield GLOBAL_BLOCK


def _assign_convolutions(block: Any, name: str, state: State) -> None:
    assign_convolution(block.conv1, f"{name}.c1", state)
    assign_convolution(block.conv2, f"{name}.c2", state)
    if hasattr(block, "shortcut"):
        assign_convolution(block.shortcut, f"{name}.c_sc", state)


def _logit_name(state: State) -> str:
    """Returns the name of the layer of one unit."""
    matches = (LOGIT_HEAD.fullmatch(name) for name in state)
    names = [match[1] for match in matches if match]
    if len(names) != 1:
        raise CheckpointError(
            "The discriminator is none of mimicry's: it has "
            f"{len(names) or 'no'} layers named l5, l6, l7 or linear, of which one "
            "should give the logit"
        )
    return names[0]


def _assign_head(layer: Any, name: str, state: State) -> None:
    """Gives a linear layer its arrays, in either way of storing spectral norm."""
    if f"{name}.sn_u" not in state:
        assign_linear(layer, name, state)
        return
    normalised = isinstance(layer, SpectralNorm)
    if not normalised:
        raise CheckpointError(
            f"The checkpoint's {name!r} is spectrally normalised, the config's "
            f"{layer.path} is not"
        )
    assign(layer.kernel, f"{name}.weight", state, np.transpose)
    assign(layer.bias, f"{name}.bias", state)
    assign(layer.sn_u, f"{name}.sn_u", state, np.ravel)
    product = np.asarray(layer.kernel) @ np.asarray(layer.sn_u)
    layer.sn_v.assign(product / max(np.linalg.norm(product), layer.epsilon))


def import_states(
    method_config: Any,
    *,
    generator: Optional[State] = None,
    discriminator: Optional[State] = None,
    generator_ema: Optional[State] = None,
    projector: Optional[State] = None,
    image_size: Optional[int] = None,
) -> Any:
    """Returns a model with the weights of mimicry's SNGAN, SSGAN or InfoMax-GAN.

    Image size and channels are read from the arrays, the rest is the config's. There is
    no moving average in mimicry: ours becomes a copy of the generator. A network that
    is not given stays as it was initialised.

    Args:
        method_config: `UnconditionalGANConfig` (SNGAN), `SSGANConfig` or
            `InfoMaxGANConfig`, with an `SNGANConfig` of the checkpoint's widths.
        generator: mimicry's parameter names with NumPy arrays.
        discriminator: likewise, with its heads.
        generator_ema: there is none.
        projector: there is none.
        image_size: 48 or 64, where only a discriminator is given: theirs are alike.

    Raises:
        CheckpointError: if the arrays are of another architecture (the first layer that
            differs is named, with both shapes), or one is left over.
        UsageError: if there is nothing to import, or what mimicry has not.
    """
    if projector is not None or generator_ema is not None:
        raise UsageError(
            "mimicry's models have no projector and no moving average; give generator "
            "and discriminator"
        )
    if generator is None and discriminator is None:
        raise UsageError("give a generator or a discriminator to import")
    spec = _read_spec(generator, discriminator, image_size)
    method_config.network.check_resolution("method.network", spec.image_size)
    gan = method_config.build(spec)
    if generator is not None:
        assign_generator(gan.generator, generator)
        for average, source in zip(
            gan.generator_ema.variables, gan.generator.variables, strict=True
        ):
            average.assign(source)
    if discriminator is not None:
        assign_discriminator(gan.discriminator, discriminator, **_heads(gan))
    return gan


def _heads(gan: Any) -> dict[str, Any]:
    """Returns the places for the checkpoint's heads that a variant has."""
    heads = {
        name: getattr(gan, name)
        for name in ("logit_head", "rotation_head")
        if hasattr(gan, name)
    }
    return heads | {
        name: getattr(gan, name).parts
        for name in ("local_projection", "global_projection")
        if hasattr(gan, name)
    }


def _read_spec(
    generator: Optional[State], discriminator: Optional[State], size: Optional[int]
) -> DataSpec:
    """Returns the images that a checkpoint's networks are for."""
    if generator is not None:
        shapes = _shapes_of(generator)
        blocks = [name for name in shapes if G_BLOCK.fullmatch(name)]
        last = [shape for name, shape in shapes.items() if G_LAST.fullmatch(name)]
        rows, inputs = (shapes.get(n, ()) for n in ("l1.weight", "block2.c1.weight"))
        if not (blocks and last and rows and len(inputs) == 4):
            raise CheckpointError("The generator is none of mimicry's")
        side = round((rows[0] / inputs[1]) ** 0.5)
        return DataSpec(side << len(blocks), last[0][0], 0)
    shapes = _shapes_of(discriminator or {})
    first = shapes.get("block1.c1.weight_orig") or shapes.get(
        f"{LOCAL_BLOCKS}.0.c1.weight_orig"
    )
    blocks = [name for name in shapes if D_BLOCK.fullmatch(name)]
    if not first or len(blocks) not in D_SIZES:
        raise CheckpointError("The discriminator is none of mimicry's")
    sizes = D_SIZES[len(blocks)]
    return DataSpec(size if size in sizes else sizes[0], first[1], 0)


def _shapes_of(state: State) -> dict[str, tuple[int, ...]]:
    start = len(wrapper_of(state))
    return {name[start:]: np.shape(array) for name, array in state.items()}
