"""The ContraGAN authors' names for SNDCGAN (`deep_conv`), mapped to ours.

(`resnet` and `big_resnet` are in `studiogan.py`.)
"""

from typing import Any

from tfgan_contra.importers.layers import (
    State,
    assign_batch_norm,
    assign_convolution,
    assign_deconvolution,
    assign_linear,
    assign_norm,
    rows_of_first_layer,
)


def assign_deep_conv_generator(generator: Any, state: State) -> None:
    """Gives a `DCGANGenerator` the authors' weights.

    Args:
        generator: the network to fill.
        state: the authors' parameter names with NumPy arrays.

    Raises:
        CheckpointError: when an array is missing or has another shape.
    """
    reorder = rows_of_first_layer(generator.block_channels[0])
    assign_linear(generator.first, "linear0", state, reorder)
    layers = zip(generator.deconvs, generator.norms, strict=True)
    for i, (deconv, norm) in enumerate(layers):
        assign_deconvolution(deconv, f"blocks.{i}.0.deconv0", state)
        assign_norm(norm, f"blocks.{i}.0.bn0", state)
    assign_convolution(generator.last_conv, "conv4", state)


def assign_deep_conv_discriminator(discriminator: Any, state: State) -> None:
    """Gives a `DCGANDiscriminator` the authors' weights; heads are not its part.

    Args:
        discriminator: the network to fill.
        state: the authors' parameter names with NumPy arrays.

    Raises:
        CheckpointError: when an array is missing or has another shape.
    """
    places = [f"blocks.{i // 2}.0.{{}}{i % 2}" for i in range(6)] + ["{}1"]
    for conv, place in zip(discriminator.convs, places, strict=True):
        assign_convolution(conv, place.format("conv"), state)
    # No norms at all where the layers are spectrally normalised.
    for norm, place in zip(discriminator.norms, places, strict=False):
        assign_batch_norm(norm, place.format("bn"), state)
