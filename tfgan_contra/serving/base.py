"""What every served model is made of, whatever kind of generator it holds.

Rules that every signature keeps, because TensorFlow Serving merges requests along the
first axis and the REST row format needs it: each input and output has the batch as
axis 0, random numbers are stateless and per row, nothing is compiled with XLA, and
strings that hold bytes end in `_bytes`.

Input that would give garbage stops the call with `InvalidArgument` and what is valid.
"""

import abc
from typing import Any

import tensorflow as tf


class ServingModule(tf.Module, abc.ABC):
    """A generator's weights and the functions a server may call.

    Attributes:
        kind: what `model.json` calls this kind of model.
        spec: what the pictures look like.
        compute_dtype: what the generator computes in, `float32` or a half precision.
    """

    kind = ""

    def __init__(self, generator: Any, spec: Any) -> None:
        """Takes a built generator whose spectral norm is already folded in.

        Args:
            generator: a Keras model.
            spec: `DataSpec` or `TranslationSpec` of its pictures.
        """
        super().__init__(name="serving")
        self.spec = spec
        self.compute_dtype = str(generator.compute_dtype)
        # The weights are named one by one: tracking the model itself misses layers
        # that Keras keeps in lists, and would save the model's own call functions.
        self._weights = tuple(v.value for v in generator.variables)

    @abc.abstractmethod
    def signatures(self) -> dict[str, Any]:
        """Returns the functions to export, by signature name."""

    @abc.abstractmethod
    def facts(self) -> dict[str, Any]:
        """Returns what programs need to know of the model, JSON ready."""

    @abc.abstractmethod
    def reference_pictures(self) -> dict[str, Any]:
        """Returns inputs and the Keras model's own float images, as NumPy arrays."""


def signature(method: Any, *specs: tf.TensorSpec) -> Any:
    """Returns a method as a function of named tensors."""
    return tf.function(method, input_signature=specs, autograph=False)


def require(valid: Any, message: str, received: Any, result: Any) -> tf.Tensor:
    """Returns `result`; stops the call unless all of `valid` holds.

    Args:
        valid: booleans.
        message: what must hold, for the client.
        received: a tensor to show behind it.
        result: what the rest of the call goes on with.
    """
    check = tf.debugging.Assert(tf.reduce_all(valid), [message, received])
    # The identity makes whatever uses the result wait for the check, also after the
    # export, where nothing else would hold the check in the graph.
    with tf.control_dependencies([check]):
        return tf.identity(result)


def to_uint8(images: Any) -> tf.Tensor:
    """Maps [-1, 1] to 0..255, rounding halves up and clipping what lies outside."""
    return tf.cast(
        tf.floor(tf.clip_by_value(127.5 * (images + 1.0) + 0.5, 0.0, 255.0)), tf.uint8
    )
