"""The layers of CUT's networks by the numbers that the paper and the authors use.

The patchwise loss names layers of the generator by number (0, 4, 8, 12, 16), and the
authors' checkpoints name weights by the same numbers. Imports no TensorFlow.
"""

from typing import NamedTuple

PAPER_TAPS = (0, 4, 8, 12, 16)
# Halvings of the discriminator `basic`, and the most that its channels grow by.
BASIC_LAYERS, WIDEST = 3, 8

# Reflection in the deepest layer needs two pixels there: a quarter of this, rounded up.
SMALLEST_SIDE = 5


class Place(NamedTuple):
    """One layer.

    Attributes:
        kind: `pad`, `conv`, `strided_conv`, `transposed_conv`, `norm`, `relu`, `down`
            (blur), `up` (blur), `block` (residual) or `tanh`.
        channels: of its output.
        size: of its kernel, or of a padding.
    """

    kind: str
    channels: int
    size: int = 0


def translation_layout(
    *,
    channels: int = 3,
    out_channels: int = 3,
    width: int = 64,
    num_blocks: int = 9,
    antialias_down: bool = True,
    antialias_up: bool = True,
) -> tuple[Place, ...]:
    """Returns the layers of the generator in order; a layer's number is its index.

    Args:
        channels: of the input image.
        out_channels: of the output image.
        width: channels of the first convolution.
        num_blocks: residual blocks.
        antialias_down: blur before halving the size, else a strided convolution.
        antialias_up: double the size by a blur, else by a transposed convolution.

    Raises:
        ValueError: for a count below 1.
    """
    counts = {
        "channels": channels,
        "out_channels": out_channels,
        "width": width,
        "num_blocks": num_blocks,
    }
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"{name} must be 1 or more. Received: {count}")
    places = [Place("pad", channels, 3), *_normalized("conv", width, 7)]
    for wide in (2 * width, 4 * width):
        if antialias_down:
            places += [*_normalized("conv", wide, 3), Place("down", wide)]
        else:
            places += _normalized("strided_conv", wide, 3)
    places += num_blocks * [Place("block", 4 * width, 3)]
    for wide in (2 * width, width):
        if antialias_up:
            places += [Place("up", 2 * wide), *_normalized("conv", wide, 3)]
        else:
            places += _normalized("transposed_conv", wide, 3)
    places += [Place("pad", width, 3), Place("conv", out_channels, 7)]
    return (*places, Place("tanh", out_channels))


def patch_layout(
    kind: str, width: int, num_layers: int, antialias: bool
) -> tuple[Place, ...]:
    """Returns the layers of a `PatchDiscriminator`; see there for the arguments."""
    if kind == "pixel":
        return _pixel_layout(width)
    return _halving_layout(
        width, num_layers if kind == "n_layers" else BASIC_LAYERS, antialias
    )


def check_taps(taps: tuple[int, ...], num_layers: int) -> None:
    """Raises ValueError unless all taps are numbers of layers, 0 to num_layers - 1."""
    for tap in taps:
        if not 0 <= tap < num_layers:
            raise ValueError(
                f"There is no layer {tap} to take features from: the generator's are "
                f"numbered from 0 to {num_layers - 1}. Received: {tuple(taps)}"
            )


def _normalized(kind: str, channels: int, size: int) -> list[Place]:
    return [
        Place(kind, channels, size),
        Place("norm", channels),
        Place("relu", channels),
    ]


def _halving_layout(width: int, halvings: int, antialias: bool) -> tuple[Place, ...]:
    """Returns the layers in order; an index is the authors' number of a layer."""
    kind = "conv" if antialias else "strided_conv"
    places = []
    for i in range(halvings):
        wide = width * min(2**i, WIDEST)
        # The first convolution has no norm.
        norm = [Place("norm", wide)] if i else []
        down = [Place("down", wide)] if antialias else []
        places += [Place(kind, wide, 4), *norm, Place("leaky_relu", wide), *down]
    wide = width * min(2**halvings, WIDEST)
    places += [Place("conv", wide, 4), Place("norm", wide), Place("leaky_relu", wide)]
    return (*places, Place("conv", 1, 4))


def _pixel_layout(width: int) -> tuple[Place, ...]:
    return (
        Place("conv", width, 1),
        Place("leaky_relu", width),
        Place("conv", 2 * width, 1),
        Place("norm", 2 * width),
        Place("leaky_relu", 2 * width),
        Place("conv", 1, 1),
    )


def smallest_side(layout: tuple[Place, ...]) -> int:
    """Returns the least height and width that give a logit."""
    side = 1
    for place in reversed(layout):
        if place.kind == "down":
            # Half, rounded up; one pixel cannot be mirrored at the border.
            side = max(2 * side - 1, 2)
        elif place.kind == "strided_conv":
            side = 2 * side
        elif place.size == 4:
            side += 1
    return side
