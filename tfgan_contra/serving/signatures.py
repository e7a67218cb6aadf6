"""What a served generator answers: one `tf.Module` per kind of generator.

Rules that every signature keeps, because TensorFlow Serving merges requests along the
first axis and the REST row format needs it: each input and output has the batch as
axis 0, random numbers are stateless and per row, nothing is compiled with XLA, and
strings that hold bytes end in `_bytes`.

A server demands every input of a signature, so truncation is not an optional input of
`serving_default`: it has signatures of its own, `truncated` and `truncated_png`. At
truncation 1.0 they give the pictures of `serving_default` and `png`.

Input that would give garbage (a label out of range, unequal lengths) stops the call
with `InvalidArgument` and the valid range; a GPU's gather would otherwise return zeros.
"""

import abc
from typing import Any

import tensorflow as tf

from tfgan_contra.errors import UserError
from tfgan_contra.row_noise import row_latents
from tfgan_contra.types import DataSpec

LABELS = tf.TensorSpec([None], tf.int64, "labels")
SEEDS = tf.TensorSpec([None], tf.int64, "seeds")
TRUNCATION = tf.TensorSpec([None], tf.float32, "truncation")
CLASS_NAMES = tf.TensorSpec([None], tf.string, "class_names")
NAMES_SHOWN = 20


class ServingModule(tf.Module, abc.ABC):
    """A generator's weights and the functions a server may call.

    Attributes:
        spec: image size, channels and classes.
        latent_dim: latents per picture.
        compute_dtype: what the generator computes in, `float32` or a half precision.
    """

    kind = ""

    def __init__(self, generator: Any, spec: DataSpec) -> None:
        """Takes a built generator whose spectral norm is already folded in.

        Args:
            generator: called as `generator([latents, labels], training=False)`, or
                `generator(latents, training=False)` when `num_classes` is 0.
            spec: what the images look like and what the classes are called.
        """
        super().__init__(name="serving")
        self.spec = spec
        self.latent_dim = int(generator.latent_dim)
        self.compute_dtype = str(generator.compute_dtype)
        # The weights are named one by one: tracking the model itself misses layers
        # that Keras keeps in lists, and would save the model's own call functions.
        self._weights = tuple(v.value for v in generator.variables)
        self._generate = lambda inputs: generator(inputs, training=False)

    @abc.abstractmethod
    def signatures(self) -> dict[str, Any]:
        """Returns the functions to export, by signature name."""

    def images(self, latents: Any, labels: Any | None = None) -> tf.Tensor:
        """Returns float images `[N, H, W, C]` in [-1, 1] for latents and labels."""
        inputs = latents if labels is None else [latents, tf.cast(labels, tf.int32)]
        images = tf.cast(self._generate(inputs), tf.float32)
        try:
            return tf.ensure_shape(images, [None, *self.spec.image_shape])
        except ValueError:
            raise UserError(
                f"the generator makes images {images.shape[1:]} but its data are "
                f"{self.spec.image_shape}; export with the run's own configuration"
            ) from None

    def _latents_spec(self) -> tf.TensorSpec:
        return tf.TensorSpec([None, self.latent_dim], tf.float32, "latents")


class UnconditionalServing(ServingModule):
    """Signatures of a generator without labels: seeds or latents in, pictures out."""

    kind = "unconditional"

    def signatures(self) -> dict[str, Any]:
        """Returns serving_default, latents, png, truncated and truncated_png."""
        return {
            "serving_default": _function(self.serving_default, SEEDS),
            "latents": _function(self.from_latents, self._latents_spec()),
            "png": _function(self.png, SEEDS),
            "truncated": _function(self.truncated, SEEDS, TRUNCATION),
            "truncated_png": _function(self.truncated_png, SEEDS, TRUNCATION),
        }

    def serving_default(self, seeds: tf.Tensor) -> dict[str, tf.Tensor]:
        """Seeds `[N]` -> `images` uint8."""
        return {"images": to_uint8(self.images(row_latents(seeds, self.latent_dim)))}

    def from_latents(self, latents: tf.Tensor) -> dict[str, tf.Tensor]:
        """Latents `[N, z]` -> `images` float32 in [-1, 1]."""
        return {"images": self.images(latents)}

    def png(self, seeds: tf.Tensor) -> dict[str, tf.Tensor]:
        """Seeds `[N]` -> `image_bytes`, one PNG file each."""
        return _as_png(self.serving_default(seeds))

    def truncated(
        self, seeds: tf.Tensor, truncation: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Seeds and truncation `[N]` -> `images` uint8."""
        truncation = _checked_truncation(truncation, seeds)
        latents = row_latents(seeds, self.latent_dim, truncation)
        return {"images": to_uint8(self.images(latents))}

    def truncated_png(
        self, seeds: tf.Tensor, truncation: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Seeds and truncation `[N]` -> `image_bytes`, one PNG file each."""
        return _as_png(self.truncated(seeds, truncation))


class ClassConditionalServing(ServingModule):
    """Signatures of a generator with labels: like the unconditional ones, by class."""

    kind = "class_conditional"

    def signatures(self) -> dict[str, Any]:
        """Returns the five picture signatures, and class_labels where names exist."""
        latents = self._latents_spec()
        functions = {
            "serving_default": _function(self.serving_default, LABELS, SEEDS),
            "latents": _function(self.from_latents, latents, LABELS),
            "png": _function(self.png, LABELS, SEEDS),
            "truncated": _function(self.truncated, LABELS, SEEDS, TRUNCATION),
            "truncated_png": _function(self.truncated_png, LABELS, SEEDS, TRUNCATION),
        }
        if self.spec.class_names:
            functions["class_labels"] = _function(self.class_labels, CLASS_NAMES)
        return functions

    def serving_default(
        self, labels: tf.Tensor, seeds: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Labels and seeds `[N]` -> `images` uint8."""
        labels = self._checked_labels(labels, seeds)
        latents = row_latents(seeds, self.latent_dim)
        return {"images": to_uint8(self.images(latents, labels))}

    def from_latents(
        self, latents: tf.Tensor, labels: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Latents `[N, z]` and labels `[N]` -> `images` float32 in [-1, 1]."""
        return {"images": self.images(latents, self._checked_labels(labels, latents))}

    def png(self, labels: tf.Tensor, seeds: tf.Tensor) -> dict[str, tf.Tensor]:
        """Labels and seeds `[N]` -> `image_bytes`, one PNG file each."""
        return _as_png(self.serving_default(labels, seeds))

    def truncated(
        self, labels: tf.Tensor, seeds: tf.Tensor, truncation: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Labels, seeds and truncation `[N]` -> `images` uint8."""
        labels = self._checked_labels(labels, seeds)
        truncation = _checked_truncation(truncation, seeds)
        latents = row_latents(seeds, self.latent_dim, truncation)
        return {"images": to_uint8(self.images(latents, labels))}

    def truncated_png(
        self, labels: tf.Tensor, seeds: tf.Tensor, truncation: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Labels, seeds and truncation `[N]` -> `image_bytes`, one PNG file each."""
        return _as_png(self.truncated(labels, seeds, truncation))

    def class_labels(self, class_names: tf.Tensor) -> dict[str, tf.Tensor]:
        """Class names `[N]` -> `labels` int64 to ask the other signatures with."""
        names = self.spec.class_names
        shown = ", ".join(names[:NAMES_SHOWN])
        more = ", ..." if len(names) > NAMES_SHOWN else ""
        matches = tf.equal(class_names[:, None], tf.constant(names)[None, :])
        found = tf.reduce_any(matches, axis=1)
        matches = _require(
            found,
            f"class_names must be among: {shown}{more}. Received:",
            tf.boolean_mask(class_names, tf.logical_not(found)),
            matches,
        )
        return {"labels": tf.argmax(tf.cast(matches, tf.int32), axis=1)}

    def _checked_labels(self, labels: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
        valid = (labels >= 0) & (labels < self.spec.num_classes)
        labels = _require(
            valid,
            f"labels must be from 0 to {self.spec.num_classes - 1}. Received:",
            tf.boolean_mask(labels, tf.logical_not(valid)),
            labels,
        )
        return _same_length("labels", labels, other)


def serving_module(generator: Any, spec: DataSpec) -> ServingModule:
    """Returns the module for a generator's kind.

    Raises:
        UserError: if the generator and the data disagree on the number of classes.
    """
    if not generator.num_classes:
        return UnconditionalServing(generator, spec)
    num_names = len(spec.class_names) or spec.num_classes
    if not generator.num_classes == spec.num_classes == num_names:
        raise UserError(
            f"the generator has {generator.num_classes} classes but its data have "
            f"{spec.num_classes} with {num_names} names; export with the run's own "
            "configuration"
        )
    return ClassConditionalServing(generator, spec)


def to_uint8(images: Any) -> tf.Tensor:
    """Maps [-1, 1] to 0..255, rounding halves up and clipping what lies outside."""
    return tf.cast(
        tf.floor(tf.clip_by_value(127.5 * (images + 1.0) + 0.5, 0.0, 255.0)), tf.uint8
    )


def _function(method: Any, *specs: tf.TensorSpec) -> Any:
    return tf.function(method, input_signature=specs, autograph=False)


def _as_png(outputs: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    return {"image_bytes": tf.io.encode_png(outputs["images"])}


def _require(valid: Any, message: str, received: Any, result: Any) -> tf.Tensor:
    check = tf.debugging.Assert(tf.reduce_all(valid), [message, received])
    # The identity makes whatever uses the result wait for the check, also after the
    # export, where nothing else would hold the check in the graph.
    with tf.control_dependencies([check]):
        return tf.identity(result)


def _same_length(name: str, values: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
    lengths = tf.stack([tf.shape(values)[0], tf.shape(other)[0]])
    equal = lengths[0] == lengths[1]
    message = f"{name} must have as many rows as the other inputs. Received:"
    return _require(equal, message, lengths, values)


def _checked_truncation(truncation: tf.Tensor, seeds: tf.Tensor) -> tf.Tensor:
    # Written so that not-a-number fails too.
    valid = (truncation > 0.0) & (truncation <= 1.0)
    truncation = _require(
        valid,
        "truncation must be above 0 and at most 1 (1 = off). Received:",
        tf.boolean_mask(truncation, tf.logical_not(valid)),
        truncation,
    )
    return _same_length("truncation", truncation, seeds)
