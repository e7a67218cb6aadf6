"""What a served generator of pictures answers, and which kind a generator is.

A server demands every input of a signature, so truncation is not an optional input of
`serving_default`: it has signatures of its own, `truncated` and `truncated_png`. At
truncation 1.0 they give the pictures of `serving_default` and `png`.

Input that would give garbage (a label out of range, unequal lengths) stops the call
with `InvalidArgument` and the valid range; a GPU's gather would otherwise return zeros.
"""

from typing import Any

import numpy as np
import tensorflow as tf

from tfgan_contra.errors import UserError
from tfgan_contra.row_noise import row_latents
from tfgan_contra.serving.base import (
    REFERENCE_ROWS,
    SEEDS,
    TRUNCATION,
    ServingModule,
    as_png,
    checked_truncation,
    of_data_shape,
    require,
    same_length,
    signature,
    to_uint8,
)
from tfgan_contra.serving.caption_signatures import (
    CaptionServing,
    FeatureServing,
    can_be_served,
)
from tfgan_contra.serving.translation_signatures import (
    MAX_PIXELS,
    TranslationServing,
)
from tfgan_contra.types import CaptionSpec, DataSpec, TranslationSpec

LABELS = tf.TensorSpec([None], tf.int64, "labels")
CLASS_NAMES = tf.TensorSpec([None], tf.string, "class_names")
NAMES_SHOWN = 20


class PictureServing(ServingModule):
    """A generator that makes pictures from latents.

    Attributes:
        spec: image size, channels and classes.
        latent_dim: latents per picture.
    """

    def __init__(self, generator: Any, spec: DataSpec) -> None:
        """Takes a built generator whose spectral norm is already folded in.

        Args:
            generator: called as `generator([latents, labels], training=False)`, or
                `generator(latents, training=False)` when `num_classes` is 0.
            spec: what the images look like and what the classes are called.
        """
        super().__init__(generator, spec)
        self.latent_dim = int(generator.latent_dim)
        self._generate = lambda inputs: generator(inputs, training=False)

    def facts(self) -> dict[str, Any]:
        """Returns image size, channels, classes and the number of latents."""
        has_classes = self.kind == "class_conditional"
        return {
            "kind": self.kind,
            "image_size": self.spec.image_size,
            "channels": self.spec.channels,
            "num_classes": self.spec.num_classes if has_classes else 0,
            "class_names": list(self.spec.class_names) if has_classes else [],
            "latent_dim": self.latent_dim,
        }

    def reference_pictures(self) -> dict[str, Any]:
        """Returns seeds, latents, (labels) and the Keras model's own float images."""
        seeds = np.arange(REFERENCE_ROWS, dtype=np.int64)
        latents = row_latents(seeds, self.latent_dim)
        arrays = {"seeds": seeds, "latents": latents.numpy()}
        labels = None
        if self.kind == "class_conditional":
            labels = seeds % self.spec.num_classes
            arrays["labels"] = labels
        arrays["images"] = self.images(latents, labels).numpy()
        return arrays

    def images(self, latents: Any, labels: Any | None = None) -> tf.Tensor:
        """Returns float images `[N, H, W, C]` in [-1, 1] for latents and labels."""
        inputs = latents if labels is None else [latents, tf.cast(labels, tf.int32)]
        images = tf.cast(self._generate(inputs), tf.float32)
        return of_data_shape(images, self.spec)

    def _latents_spec(self) -> tf.TensorSpec:
        return tf.TensorSpec([None, self.latent_dim], tf.float32, "latents")


class UnconditionalServing(PictureServing):
    """Signatures of a generator without labels: seeds or latents in, pictures out."""

    kind = "unconditional"

    def signatures(self) -> dict[str, Any]:
        """Returns serving_default, latents, png, truncated and truncated_png."""
        return {
            "serving_default": signature(self.serving_default, SEEDS),
            "latents": signature(self.from_latents, self._latents_spec()),
            "png": signature(self.png, SEEDS),
            "truncated": signature(self.truncated, SEEDS, TRUNCATION),
            "truncated_png": signature(self.truncated_png, SEEDS, TRUNCATION),
        }

    def serving_default(self, seeds: tf.Tensor) -> dict[str, tf.Tensor]:
        """Seeds `[N]` -> `images` uint8."""
        return {"images": to_uint8(self.images(row_latents(seeds, self.latent_dim)))}

    def from_latents(self, latents: tf.Tensor) -> dict[str, tf.Tensor]:
        """Latents `[N, z]` -> `images` float32 in [-1, 1]."""
        return {"images": self.images(latents)}

    def png(self, seeds: tf.Tensor) -> dict[str, tf.Tensor]:
        """Seeds `[N]` -> `image_bytes`, one PNG file each."""
        return as_png(self.serving_default(seeds))

    def truncated(
        self, seeds: tf.Tensor, truncation: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Seeds and truncation `[N]` -> `images` uint8."""
        truncation = checked_truncation(truncation, seeds)
        latents = row_latents(seeds, self.latent_dim, truncation)
        return {"images": to_uint8(self.images(latents))}

    def truncated_png(
        self, seeds: tf.Tensor, truncation: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Seeds and truncation `[N]` -> `image_bytes`, one PNG file each."""
        return as_png(self.truncated(seeds, truncation))


class ClassConditionalServing(PictureServing):
    """Signatures of a generator with labels: like the unconditional ones, by class."""

    kind = "class_conditional"

    def signatures(self) -> dict[str, Any]:
        """Returns the five picture signatures, and class_labels where names exist."""
        latents = self._latents_spec()
        functions = {
            "serving_default": signature(self.serving_default, LABELS, SEEDS),
            "latents": signature(self.from_latents, latents, LABELS),
            "png": signature(self.png, LABELS, SEEDS),
            "truncated": signature(self.truncated, LABELS, SEEDS, TRUNCATION),
            "truncated_png": signature(self.truncated_png, LABELS, SEEDS, TRUNCATION),
        }
        if self.spec.class_names:
            functions["class_labels"] = signature(self.class_labels, CLASS_NAMES)
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
        return as_png(self.serving_default(labels, seeds))

    def truncated(
        self, labels: tf.Tensor, seeds: tf.Tensor, truncation: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Labels, seeds and truncation `[N]` -> `images` uint8."""
        labels = self._checked_labels(labels, seeds)
        truncation = checked_truncation(truncation, seeds)
        latents = row_latents(seeds, self.latent_dim, truncation)
        return {"images": to_uint8(self.images(latents, labels))}

    def truncated_png(
        self, labels: tf.Tensor, seeds: tf.Tensor, truncation: tf.Tensor
    ) -> dict[str, tf.Tensor]:
        """Labels, seeds and truncation `[N]` -> `image_bytes`, one PNG file each."""
        return as_png(self.truncated(labels, seeds, truncation))

    def class_labels(self, class_names: tf.Tensor) -> dict[str, tf.Tensor]:
        """Class names `[N]` -> `labels` int64 to ask the other signatures with."""
        names = self.spec.class_names
        shown = ", ".join(names[:NAMES_SHOWN])
        more = ", ..." if len(names) > NAMES_SHOWN else ""
        matches = tf.equal(class_names[:, None], tf.constant(names)[None, :])
        found = tf.reduce_any(matches, axis=1)
        matches = require(
            found,
            f"class_names must be among: {shown}{more}. Received:",
            tf.boolean_mask(class_names, tf.logical_not(found)),
            matches,
        )
        return {"labels": tf.argmax(tf.cast(matches, tf.int32), axis=1)}

    def _checked_labels(self, labels: tf.Tensor, other: tf.Tensor) -> tf.Tensor:
        valid = (labels >= 0) & (labels < self.spec.num_classes)
        labels = require(
            valid,
            f"labels must be from 0 to {self.spec.num_classes - 1}. Received:",
            tf.boolean_mask(labels, tf.logical_not(valid)),
            labels,
        )
        return same_length("labels", labels, other)


def serving_module(
    generator: Any,
    spec: DataSpec | TranslationSpec | CaptionSpec,
    *,
    max_pixels: int = MAX_PIXELS,
    text_encoder: Any = None,
) -> ServingModule:
    """Returns the module for a generator's kind.

    Args:
        generator: of pictures, or from picture to picture.
        spec: of its data; a `TranslationSpec` makes it a translator, a `CaptionSpec`
            one from text to image.
        max_pixels: translators refuse larger pictures.
        text_encoder: `TextEncoder` that the graph reads captions with. Without one, or
            with one that no graph can hold, clients send the features of captions.

    Raises:
        UserError: if the generator and the data disagree on the number of classes or
            channels, or either with the text encoder.
    """
    if isinstance(spec, TranslationSpec):
        return TranslationServing(generator, spec, max_pixels)
    if isinstance(spec, CaptionSpec):
        if can_be_served(text_encoder):
            return CaptionServing(generator, spec, text_encoder)
        return FeatureServing(generator, spec)
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
