"""The arrays of SinCUT's networks, which are StyleGAN2's, put into our layers."""

from typing import Any

import numpy as np

from tfgan_contra.importers.layers import (
    Change,
    State,
    assign,
    rows_of_first_layer,
    unchanged,
)
from tfgan_contra.importers.noted_state import check_constant
from tfgan_contra.layers.blur import binomial_kernel
from tfgan_contra.layers.equalized import BLUR_SIZE


def assign_equalized_convolution(layer: Any, name: str, state: State) -> None:
    """Gives a convolution its kernel and, where an activation follows, its bias."""
    place = 0
    if layer.downsample:
        check_constant(f"{name}.0.kernel", state, binomial_kernel(BLUR_SIZE))
        place = 1
    assign(layer.kernel, f"{name}.{place}.weight", state, _hwio)
    if layer.activate:
        assign(layer.bias, f"{name}.{place + 1}.bias", state, np.ravel)


def assign_equalized_linear(
    layer: Any, name: str, state: State, rows: Change = unchanged
) -> None:
    """Gives a linear layer kernel and bias; `rows` reorders its inputs."""
    assign(layer.kernel, f"{name}.weight", state, lambda w: rows(w.T))
    assign(layer.bias, f"{name}.bias", state)


def assign_equalized_block(block: Any, name: str, state: State) -> None:
    """Gives a residual block its convolutions."""
    assign_equalized_convolution(block.conv1, f"{name}.conv1", state)
    assign_equalized_convolution(block.conv2, f"{name}.conv2", state)
    if block.has_shortcut:
        assign_equalized_convolution(block.shortcut, f"{name}.skip", state)


def assign_upsampling_convolution(layer: Any, name: str, state: State) -> None:
    """Gives an upsampling convolution its kernel, noise strength and bias."""
    blur = 4 * binomial_kernel(BLUR_SIZE)
    check_constant(f"{name}.conv.blur.kernel", state, blur)
    assign(
        layer.kernel,
        f"{name}.conv.weight",
        state,
        lambda w: w.squeeze(0).transpose(2, 3, 0, 1),
    )
    assign(layer.noise_strength, f"{name}.noise.weight", state, lambda w: w.reshape(()))
    assign(layer.bias, f"{name}.activate.bias", state, np.ravel)


def assign_sincut_generator(generator: Any, state: State) -> None:
    """Gives a `SinCUTGenerator` the authors' weights.

    Raises:
        CheckpointError: when an array is missing or has another shape.
    """
    # The authors' number 0 is the image itself.
    assign_equalized_convolution(generator.first, "encoder.convs.1", state)
    encoder = (*generator.downs, *generator.encoder_blocks)
    for number, block in enumerate(encoder, start=2):
        assign_equalized_block(block, f"encoder.convs.{number}", state)
    number = 0
    for block in generator.decoder_blocks:
        assign_equalized_block(block, f"decoder.convs.{number}", state)
        number += 1
    for layer in generator.ups:
        assign_upsampling_convolution(layer, f"decoder.convs.{number}", state)
        number += 1
    assign_equalized_convolution(generator.last, f"decoder.convs.{number}", state)


def assign_sincut_discriminator(discriminator: Any, state: State) -> None:
    """Gives a `SinCUTDiscriminator` the authors' weights.

    Raises:
        CheckpointError: when an array is missing or has another shape.
    """
    assign_equalized_convolution(discriminator.first, "convs.0", state)
    for number, block in enumerate(discriminator.blocks, start=1):
        assign_equalized_block(block, f"convs.{number}", state)
    assign_equalized_convolution(discriminator.last_conv, "final_conv", state)
    # The authors flatten 4x4 maps as (C, 4, 4).
    reorder = rows_of_first_layer(discriminator.last_conv.filters)
    assign_equalized_linear(discriminator.hidden, "final_linear.0", state, reorder)
    assign_equalized_linear(discriminator.logit, "final_linear.1", state)


def _hwio(kernel: np.ndarray) -> np.ndarray:
    return kernel.transpose(2, 3, 1, 0)
