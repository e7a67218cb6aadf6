"""The arrays of PyTorch's layers, put into our layers.

Conv kernels turn from OIHW to HWIO, those of transposed convolutions from (in, out, h,
w) to (h, w, out, in), linear ones from (out, in) to (in, out); the u and v of spectral
norm follow their kernels.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tfgan_contra.errors import CheckpointError
from tfgan_contra.layers.spectral_norm import SpectralNorm

State = Mapping[str, np.ndarray]
Change = Callable[[np.ndarray], np.ndarray]


def unchanged(array: np.ndarray) -> np.ndarray:
    """Returns the array itself."""
    return array


def rows_of_first_layer(channels: int, side: int = 4) -> Change:
    """Returns the change of rows in (C, side, side) order to (side, side, C) order."""

    def reorder(array: np.ndarray) -> np.ndarray:
        """Moves the channels behind rows and columns."""
        rest = array.shape[1:]
        images = array.reshape(channels, side, side, *rest)
        return np.moveaxis(images, 0, 2).reshape(-1, *rest)

    return reorder


def assign(variable: Any, name: str, state: State, change: Change = unchanged) -> None:
    """Gives a variable the array of a name.

    Args:
        variable: what to assign to.
        name: PyTorch's name of the array.
        state: all arrays by name.
        change: from PyTorch's layout to ours.

    Raises:
        CheckpointError: if the array is missing, has another shape or is not finite.
    """
    if name not in state:
        raise CheckpointError(
            f"The checkpoint lacks {name!r}, which {variable.path} of shape "
            f"{tuple(variable.shape)} needs{_hint(name, state)}"
        )
    stored = np.asarray(state[name])
    try:
        array = change(stored)
        ours = f" ({tuple(array.shape)} in our layout)"
    except ValueError:  # It cannot be rearranged as its layer's arrays are.
        array, ours = stored, ""
    if not ours or tuple(array.shape) != tuple(variable.shape):
        raise CheckpointError(
            f"The checkpoint is of another architecture than the config: {name!r} has "
            f"shape {tuple(stored.shape)}{ours}, but {variable.path} has "
            f"{tuple(variable.shape)}"
        )
    if not np.isfinite(array).all():
        raise CheckpointError(
            f"The checkpoint is of no use: {name!r} is not finite everywhere"
        )
    variable.assign(array.astype(variable.dtype))


def assign_convolution(layer: Any, name: str, state: State) -> None:
    """Gives a convolution its kernel, bias, u and v."""
    height, width, inputs, _ = layer.kernel.shape
    _assign_kernel(
        layer,
        name,
        state,
        lambda w: w.transpose(2, 3, 1, 0),
        rest=lambda v: v.reshape(inputs, height, width).transpose(1, 2, 0).ravel(),
    )


def assign_deconvolution(layer: Any, name: str, state: State) -> None:
    """Gives a transposed convolution its kernel, bias, u and v."""
    height, width, _, inputs = layer.kernel.shape
    _assign_kernel(
        layer,
        name,
        state,
        lambda w: w.transpose(2, 3, 1, 0),
        rest=lambda v: v.reshape(inputs, height, width).transpose(1, 2, 0).ravel(),
    )


def assign_linear(
    layer: Any, name: str, state: State, rows: Change = unchanged
) -> None:
    """Gives a dense layer its kernel, bias, u and v; `rows` reorders its outputs."""
    _assign_kernel(layer, name, state, lambda w: rows(w).T, outputs=rows)


def assign_table(layer: Any, name: str, state: State) -> None:
    """Gives an embedding its table, u and v."""
    if not _is_normalised(layer):
        assign(layer.embeddings, f"{name}.weight", state)
        return
    assign(layer.embeddings, f"{name}.weight_orig", state)
    assign(layer.sn_u, f"{name}.weight_u", state)
    assign(layer.sn_v, f"{name}.weight_v", state)


def assign_batch_norm(layer: Any, name: str, state: State) -> None:
    """Gives a plain batch norm its scale, shift and statistics."""
    assign(layer.gamma, f"{name}.weight", state)
    assign(layer.beta, f"{name}.bias", state)
    _assign_statistics(layer, name, state)


def assign_norm(layer: Any, name: str, state: State) -> None:
    """Gives a conditional or a plain batch norm all it has."""
    if not hasattr(layer, "gain"):
        assign_batch_norm(layer, name, state)
        return
    _assign_statistics(layer.norm, f"{name}.bn", state)
    assign_linear(layer.gain, f"{name}.gain", state)
    assign_linear(layer.bias, f"{name}.bias", state)


def assign_attention(layer: Any, name: str, state: State) -> None:
    """Gives a self-attention its four convolutions and the gate."""
    for ours, theirs in (
        (layer.theta, "theta"),
        (layer.phi, "phi"),
        (layer.g, "g"),
        (layer.out, "attn"),
    ):
        assign_convolution(ours, f"{name}.conv1x1_{theirs}", state)
    assign(layer.gate, f"{name}.sigma", state, lambda array: array.reshape(()))


def _assign_statistics(layer: Any, name: str, state: State) -> None:
    assign(layer.moving_mean, f"{name}.running_mean", state)
    assign(layer.moving_variance, f"{name}.running_var", state)


def _assign_kernel(
    layer: Any,
    name: str,
    state: State,
    kernel: Change,
    *,
    outputs: Change = unchanged,
    rest: Change = unchanged,
) -> None:
    if _is_normalised(layer):
        assign(layer.kernel, f"{name}.weight_orig", state, kernel)
        assign(layer.sn_u, f"{name}.weight_u", state, outputs)
        assign(layer.sn_v, f"{name}.weight_v", state, rest)
    else:
        assign(layer.kernel, f"{name}.weight", state, kernel)
    if layer.use_bias:
        assign(layer.bias, f"{name}.bias", state, outputs)


def _is_normalised(layer: Any) -> bool:
    return isinstance(layer, SpectralNorm)


def _hint(name: str, state: State) -> str:
    """Says what of the config the arrays that are there speak against."""
    if f"{'.'.join(name.split('.')[:3])}.sigma" in state:
        return "; it has a self-attention there, the config has not"
    if f"{name}_orig" in state:
        return "; its kernels are spectrally normalised, the config's are not"
    if name.endswith("_orig") and name.removesuffix("_orig") in state:
        return "; its kernels are not spectrally normalised, the config's are"
    return ""
