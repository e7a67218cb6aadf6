"""What a served translator answers: pictures in, pictures of the same size out."""

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tfgan_contra.data.windows import SMALLEST_SIDE
from tfgan_contra.errors import UserError
from tfgan_contra.networks.translation_sizes import translate_any_size
from tfgan_contra.serving.base import ServingModule, require, signature, to_uint8
from tfgan_contra.serving.picture_bytes import (
    READ_CHANNELS,
    WRITTEN_CHANNELS,
    decode_picture,
)
from tfgan_contra.types import TranslationSpec

FILES = tf.TensorSpec([None], tf.string, "image_bytes")
# A full HD picture; CUT's generator needs about 1.5 kB of memory per pixel.
MAX_PIXELS = 1 << 21
# Height and width of the reference pictures; padding and cropping show in the second.
REFERENCE_SIZES = ((32, 32), (37, 50))
REFERENCE_ROWS = 2


class TranslationServing(ServingModule):
    """Signatures of a generator from image to image, for pictures of any size.

    Sides that are no multiple of 4 are padded by reflection and cropped back in the
    graph. Rows are translated one after the other (`tf.map_fn`), so that a picture
    depends on its own row alone, bit by bit, and a request needs the memory of one
    picture however many it holds. The files of one `png` request may therefore differ
    in size; the rows of `images` are one array and cannot.

    Attributes:
        spec: channels of both domains and the size of the training crops.
        max_pixels: pictures with more are refused.
    """

    kind = "translation"

    def __init__(
        self, generator: Any, spec: TranslationSpec, max_pixels: int = MAX_PIXELS
    ) -> None:
        """Takes a built generator.

        Args:
            generator: with `channels` and `out_channels`, called as
                `generator(images, training=False)`.
            spec: what its data look like.
            max_pixels: most pixels (height times width) of a picture.

        Raises:
            UserError: if the generator has other channels than its data.
        """
        given = (generator.channels, generator.out_channels)
        if given != (spec.channels_in, spec.channels_out):
            raise UserError(
                f"the generator translates {given[0]} channels to {given[1]} but its "
                f"data have {spec.channels_in} and {spec.channels_out}; export with "
                "the run's own configuration"
            )
        super().__init__(generator, spec)
        self.max_pixels = max_pixels
        self._translate = lambda images: translate_any_size(generator, images)

    def signatures(self) -> dict[str, Any]:
        """Returns serving_default, translate, and png if files have the channels."""
        taken = [None, None, None, self.spec.channels_in]
        pixels = tf.TensorSpec(taken, tf.uint8, "images")
        floats = tf.TensorSpec(taken, tf.float32, "images")
        functions = {
            "serving_default": signature(self.serving_default, pixels),
            "translate": signature(self.translate, floats),
        }
        reads = self.spec.channels_in in READ_CHANNELS
        if reads and self.spec.channels_out in WRITTEN_CHANNELS:
            functions["png"] = signature(self.png, FILES)
        return functions

    def facts(self) -> dict[str, Any]:
        """Returns channels, domains and the limits of a picture's size."""
        return {
            "kind": self.kind,
            "image_size": self.spec.image_size,
            "channels_in": self.spec.channels_in,
            "channels_out": self.spec.channels_out,
            "domain_names": list(self.spec.domain_names),
            "smallest_side": SMALLEST_SIDE,
            "max_pixels": self.max_pixels,
        }

    def reference_pictures(self) -> dict[str, Any]:
        """Returns `images_<i>` of two sizes and the Keras model's `translated_<i>`."""
        generator = np.random.Generator(np.random.Philox(7))
        arrays = {}
        for i, size in enumerate(REFERENCE_SIZES):
            shape = (REFERENCE_ROWS, *size, self.spec.channels_in)
            images = generator.uniform(-1.0, 1.0, shape).astype(np.float32)
            arrays[f"images_{i}"] = images
            arrays[f"translated_{i}"] = self._translate(images).numpy()
        return arrays

    def serving_default(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Images `[N, H, W, C]` uint8 -> `images` `[N, H, W, C']` uint8."""
        images = self._checked_size(tf.shape(images)[1:3], images)
        return {"images": self._row_by_row(self._translated_pixels, images, tf.uint8)}

    def translate(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Images `[N, H, W, C]` -> `images` `[N, H, W, C']`, both in [-1, 1]."""
        images = self._checked_size(tf.shape(images)[1:3], images)
        # Written so that not-a-number fails too.
        valid = tf.abs(images) <= 1.0
        images = require(
            valid,
            "images must be from -1 to 1. Received:",
            tf.boolean_mask(images, tf.logical_not(valid)),
            images,
        )
        return {"images": self._row_by_row(self._translated, images, tf.float32)}

    def png(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """PNG or JPEG files `[N]` -> `image_bytes`, one PNG file each."""

        def translated(file: tf.Tensor) -> tf.Tensor:
            """Decodes, translates and encodes one file."""
            pixels = decode_picture(file, self.spec.channels_in, self._checked_size)
            return tf.io.encode_png(self._translated_pixels(pixels))

        return {
            "image_bytes": tf.map_fn(
                translated,
                image_bytes,
                parallel_iterations=1,
                fn_output_signature=tf.TensorSpec([], tf.string),
            )
        }

    def _row_by_row(
        self, make: Callable[[tf.Tensor], tf.Tensor], images: tf.Tensor, dtype: tf.DType
    ) -> tf.Tensor:
        made = tf.TensorSpec([None, None, self.spec.channels_out], dtype)
        return tf.map_fn(make, images, parallel_iterations=1, fn_output_signature=made)

    def _translated_pixels(self, pixels: tf.Tensor) -> tf.Tensor:
        """`[H, W, C]` uint8 -> `[H, W, C']` uint8."""
        return to_uint8(self._translated(tf.cast(pixels, tf.float32) / 127.5 - 1.0))

    def _translated(self, image: tf.Tensor) -> tf.Tensor:
        """`[H, W, C]` -> `[H, W, C']`, both in [-1, 1]."""
        return self._translate(image[None])[0]

    def _checked_size(self, size: tf.Tensor, result: tf.Tensor) -> tf.Tensor:
        pixels = tf.reduce_prod(tf.cast(size, tf.int64))
        return require(
            (tf.reduce_min(size) >= SMALLEST_SIDE) & (pixels <= self.max_pixels),
            f"a picture must have {SMALLEST_SIDE} pixels or more on each side and at "
            f"most {self.max_pixels} in all. Received height and width:",
            size,
            result,
        )
