"""What pictures a checkpoint of CUT or SinCUT translates, read from its arrays."""

import re
from typing import Any, Optional

import numpy as np

from tfgan_contra.errors import CheckpointError
from tfgan_contra.importers.layers import State
from tfgan_contra.importers.noted_state import wrapper_of
from tfgan_contra.networks.sincut import RESOLUTIONS, generator_channels
from tfgan_contra.networks.translation_configs import SinCUTNetworkConfig
from tfgan_contra.types import TranslationSpec

Shapes = dict[str, tuple[int, ...]]

BLOCK = re.compile(r"model\.(\d+)\.conv_block\.")
WEIGHT = re.compile(r"model\.(\d+)\.weight")
# The number of the first residual block, by whether sizes are halved behind a blur.
FIRST_BLOCK = {12: True, 10: False}
# The first convolution of `basic` and `n_layers`, and of `pixel`.
D_FIRST = ("model.0.weight", "net.0.weight")
SINCUT_D_FIRST = "convs.0.0.weight"
SINCUT_G_FIRST = "encoder.convs.1.0.weight"
SINCUT_G_LAST = re.compile(r"decoder\.convs\.\d+\.0\.weight")
SINCUT_D_BLOCK = re.compile(r"convs\.\d+\.conv1\.0\.weight")
# The authors' crops, where nothing else is known.
CUT_SIZE, SINCUT_SIZE = 256, 64


def read_spec(
    config: Any,
    generator: Optional[State],
    discriminator: Optional[State],
    image_size: Optional[int],
) -> TranslationSpec:
    """Returns the channels and the crops that a checkpoint's networks agree on.

    Args:
        config: the method's config, which says of which family they are.
        generator: the generator's arrays, if there are any.
        discriminator: the discriminator's.
        image_size: side of the crops where the arrays do not say it, as CUT's never do;
            None: the authors'.

    Raises:
        CheckpointError: if they are of no architecture we have, or of two data sets.
    """
    sincut = isinstance(config.network, SinCUTNetworkConfig)
    channels_in = channels_out = None
    if generator is not None:
        read = _sincut_channels if sincut else _channels
        channels_in, channels_out = read(generator)
    if discriminator is not None:
        taken = _discriminator_channels(discriminator, sincut)
        if channels_out not in (None, taken):
            raise CheckpointError(
                "Generator and discriminator do not belong together: the generator "
                f"makes pictures of {channels_out} channels, the discriminator takes "
                f"{taken}"
            )
        channels_out = taken
    outputs = channels_out or 3
    size = image_size or CUT_SIZE
    if sincut:
        wanted = image_size or SINCUT_SIZE
        size = _sincut_size(config, generator, discriminator, wanted)
    return TranslationSpec(size, channels_in or outputs, outputs)


def read_architecture(state: State) -> dict[str, Any]:
    """Returns the arguments of the `TranslationGenerator` that arrays belong to.

    Args:
        state: the authors' `resnet_9blocks`, `resnet_6blocks` or one of another number
            of blocks.

    Raises:
        CheckpointError: if they are of no such generator.
    """
    shapes = _shapes(state)
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


def _shapes(state: State) -> Shapes:
    """Returns the shapes of all arrays by their names without a wrapper."""
    start = len(wrapper_of(state))
    return {name[start:]: np.shape(array) for name, array in state.items()}


def _channels(state: State) -> tuple[int, int]:
    architecture = read_architecture(state)
    return architecture["channels"], architecture["out_channels"]


def _sincut_channels(state: State) -> tuple[int, int]:
    shapes = _shapes(state)
    first = shapes.get(SINCUT_G_FIRST, ())
    last = [s for name, s in shapes.items() if SINCUT_G_LAST.fullmatch(name)]
    if len(first) != 4 or len(last) != 1:
        raise CheckpointError("The generator is not SinCUT's (the authors' stylegan2)")
    return first[1], last[0][0]


def _discriminator_channels(state: State, sincut: bool) -> int:
    shapes = _shapes(state)
    names = (SINCUT_D_FIRST,) if sincut else D_FIRST
    found = [shapes[name] for name in names if len(shapes.get(name, ())) == 4]
    if not found:
        kinds = "stylegan2" if sincut else "basic, n_layers or pixel"
        raise CheckpointError(f"The discriminator is none of the authors' {kinds}")
    return found[0][1]


def _sincut_size(
    config: Any,
    generator: Optional[State],
    discriminator: Optional[State],
    wanted: int,
) -> int:
    """Returns the side of SinCUT's crops, which decides how wide its layers are."""
    if discriminator is not None:
        # Every block halves the size, down to 4.
        blocks = [n for n in _shapes(discriminator) if SINCUT_D_BLOCK.fullmatch(n)]
        return RESOLUTIONS[0] << len(blocks)
    if generator is None:
        return wanted
    width, found = config.network.g_width, _shapes(generator)[SINCUT_G_FIRST][0]
    fits = [side for side in RESOLUTIONS if generator_channels(side, width) == found]
    return wanted if wanted in fits or not fits else fits[0]
