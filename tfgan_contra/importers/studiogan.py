"""The ContraGAN authors' parameter names (StudioGAN) and layouts, mapped to ours.

Conv kernels turn from OIHW to HWIO, linear ones from (out, in) to (in, out), the rows
of `linear0` from (C, 4, 4) to (4, 4, C); u and v follow their kernels. A self-attention
is an entry of the authors' `blocks` and shifts the indices after it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tfgan_contra.errors import CheckpointError
from tfgan_contra.layers.spectral_norm import SpectralNorm

State = Mapping[str, np.ndarray]
Pair = tuple[str, Any]


def assign_generator(generator: Any, state: State) -> None:
    """Gives a `ResNetGenerator` or `BigResNetGenerator` the authors' weights.

    Args:
        generator: the network to fill.
        state: the authors' parameter names with NumPy arrays.

    Raises:
        CheckpointError: when an array is missing or has another shape.
    """
    reorder = _rows_of_first_layer(generator.block_channels[0])
    _assign_linear(generator.first, "linear0", state, reorder)
    if hasattr(generator, "shared"):
        _assign(generator.shared.embeddings, "shared.weight", state)
    for name, layer in _numbered(generator):
        if hasattr(layer, "theta"):
            _assign_attention(layer, name, state)
            continue
        for ours, theirs in ((layer.norm1, "bn1"), (layer.norm2, "bn2")):
            _assign_norm(ours, f"{name}.{theirs}", state)
        _assign_convolutions(layer, name, state)
    _assign_batch_norm(generator.last_norm, "bn4", state)
    _assign_convolution(generator.last_conv, "conv2d5", state)


def assign_discriminator(gan: Any, state: State) -> None:
    """Gives a variant's discriminator and heads the authors' weights.

    Args:
        gan: a variant on a residual discriminator.
        state: the authors' parameter names with NumPy arrays.

    Raises:
        CheckpointError: when an array is missing or has another shape.
    """
    for name, layer in _numbered(gan.discriminator):
        if hasattr(layer, "theta"):
            _assign_attention(layer, name, state)
            continue
        for ours, theirs in (("norm0", "bn0"), ("norm1", "bn1"), ("norm2", "bn2")):
            if hasattr(layer, ours):
                _assign_batch_norm(getattr(layer, ours), f"{name}.{theirs}", state)
        _assign_convolutions(layer, name, state)
    heads = (("logit_head", "linear1"), ("embedding_head", "linear2"))
    for ours, theirs in heads:
        if hasattr(gan, ours):
            _assign_linear(getattr(gan, ours), theirs, state)
    for ours in ("proxy_table", "class_embedding"):
        if hasattr(gan, ours):
            _assign_table(getattr(gan, ours), "embedding", state)


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
        _assign_convolution(block.shortcut, f"{name}.conv2d0", state)
    _assign_convolution(block.conv1, f"{name}.conv2d1", state)
    _assign_convolution(block.conv2, f"{name}.conv2d2", state)


def _assign_attention(layer: Any, name: str, state: State) -> None:
    for ours, theirs in (
        (layer.theta, "theta"),
        (layer.phi, "phi"),
        (layer.g, "g"),
        (layer.out, "attn"),
    ):
        _assign_convolution(ours, f"{name}.conv1x1_{theirs}", state)
    _assign(layer.gate, f"{name}.sigma", state, lambda array: array.reshape(()))


def _assign_norm(layer: Any, name: str, state: State) -> None:
    if not hasattr(layer, "gain"):
        _assign_batch_norm(layer, name, state)
        return
    _assign_statistics(layer.norm, f"{name}.bn", state)
    _assign_linear(layer.gain, f"{name}.gain", state)
    _assign_linear(layer.bias, f"{name}.bias", state)


def _assign_batch_norm(layer: Any, name: str, state: State) -> None:
    _assign(layer.gamma, f"{name}.weight", state)
    _assign(layer.beta, f"{name}.bias", state)
    _assign_statistics(layer, name, state)


def _assign_statistics(layer: Any, name: str, state: State) -> None:
    _assign(layer.moving_mean, f"{name}.running_mean", state)
    _assign(layer.moving_variance, f"{name}.running_var", state)


def _assign_convolution(layer: Any, name: str, state: State) -> None:
    height, width, inputs, _ = layer.kernel.shape

    def rest(v: np.ndarray) -> np.ndarray:
        return v.reshape(inputs, height, width).transpose(1, 2, 0).ravel()

    _assign_kernel(layer, name, state, lambda w: w.transpose(2, 3, 1, 0), rest=rest)


def _assign_linear(layer: Any, name: str, state: State, reorder: Any = None) -> None:
    rows = reorder if reorder is not None else (lambda array: array)
    _assign_kernel(layer, name, state, lambda w: rows(w).T, outputs=rows)


def _assign_table(layer: Any, name: str, state: State) -> None:
    if _is_normalised(layer):
        _assign(layer.embeddings, f"{name}.weight_orig", state)
        _assign(layer.sn_u, f"{name}.weight_u", state)
        _assign(layer.sn_v, f"{name}.weight_v", state)
    else:
        _assign(layer.embeddings, f"{name}.weight", state)


def _assign_kernel(
    layer: Any,
    name: str,
    state: State,
    kernel: Any,
    *,
    outputs: Any = lambda array: array,
    rest: Any = lambda array: array,
) -> None:
    if _is_normalised(layer):
        _assign(layer.kernel, f"{name}.weight_orig", state, kernel)
        _assign(layer.sn_u, f"{name}.weight_u", state, outputs)
        _assign(layer.sn_v, f"{name}.weight_v", state, rest)
    else:
        _assign(layer.kernel, f"{name}.weight", state, kernel)
    if layer.use_bias:
        _assign(layer.bias, f"{name}.bias", state, outputs)


def _is_normalised(layer: Any) -> bool:
    return isinstance(layer, SpectralNorm)


def _rows_of_first_layer(channels: int) -> Any:
    def reorder(array: np.ndarray) -> np.ndarray:
        rest = array.shape[1:]
        return np.moveaxis(array.reshape(channels, 4, 4, *rest), 0, 2).reshape(
            -1, *rest
        )

    return reorder


def _assign(
    variable: Any, name: str, state: State, change: Any = lambda array: array
) -> None:
    if name not in state:
        raise CheckpointError(f"The state lacks {name!r}, which {variable.path} needs")
    array = change(np.asarray(state[name]))
    if tuple(array.shape) != tuple(variable.shape):
        raise CheckpointError(
            f"{name!r} has shape {tuple(array.shape)} in our layout, {variable.path} "
            f"needs {tuple(variable.shape)}"
        )
    variable.assign(array)
