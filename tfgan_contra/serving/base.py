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

from tfgan_contra.errors import UserError

SEEDS = tf.TensorSpec([None], tf.int64, "seeds")
TRUNCATION = tf.TensorSpec([None], tf.float32, "truncation")
REFERENCE_ROWS = 4
FROM_0 = "counted from 0:"


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
            spec: `DataSpec`, `TranslationSpec` or `CaptionSpec` of its pictures.
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


def as_png(outputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Returns uint8 `images` as `image_bytes`, one PNG file each."""
    return {"image_bytes": tf.io.encode_png(outputs["images"])}


def of_data_shape(images: tf.Tensor, spec: Any) -> tf.Tensor:
    """Returns a generator's images with the static shape that its data have.

    Raises:
        UserError: if they have another.
    """
    try:
        return tf.ensure_shape(images, [None, *spec.image_shape])
    except ValueError:
        raise UserError(
            f"the generator makes images {images.shape[1:]} but its data are "
            f"{spec.image_shape}; export with the run's own configuration"
        ) from None


def same_length(name: str, values: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    """Returns `values`; stops the call unless `other` has as many rows."""
    lengths = tf.stack([tf.shape(values)[0], tf.shape(other)[0]])
    equal = lengths[0] == lengths[1]
    message = f"{name} must have as many rows as the other inputs. Received:"
    return require(equal, message, lengths, values)


def checked_truncation(truncation: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
    """Returns `truncation` `[N]`; stops the call unless it is in (0, 1]."""
    # Written so that not-a-number fails too.
    valid = (truncation > 0.0) & (truncation <= 1.0)
    truncation = require(
        valid,
        "truncation must be above 0 and at most 1 (1 = off). Received:",
        tf.boolean_mask(truncation, tf.logical_not(valid)),
        truncation,
    )
    return same_length("truncation", truncation, seeds)


def utf_8_text(name: str, texts: tf.Tensor) -> tf.Tensor:
    """Returns strings `[N]`; stops the call if one is no UTF-8."""
    # Only bytes that mean nothing are replaced on the way through the code points.
    read = tf.strings.unicode_transcode(
        texts, "UTF-8", "UTF-8", replace_control_characters=False
    )
    valid = tf.equal(read, texts)
    message = f"{name} must be text in UTF-8. Other bytes are in the rows"
    return require(valid, f"{message}, {FROM_0}", row_numbers(valid), texts)


def finite_numbers(name: str, values: tf.Tensor) -> tf.Tensor:
    """Returns `values` `[N, ...]`; stops the call if one is not a finite number."""
    axes = list(range(1, values.shape.rank))
    valid = tf.reduce_all(tf.math.is_finite(values), axis=axes)
    message = f"{name} must be finite numbers. Others are in the rows"
    return require(valid, f"{message}, {FROM_0}", row_numbers(valid), values)


def row_numbers(valid: tf.Tensor) -> tf.Tensor:
    """Returns the numbers of the rows that are not valid, for a message.

    What the rows hold may be long, or bytes that no message can show.
    """
    return tf.where(tf.logical_not(valid))[:, 0]
