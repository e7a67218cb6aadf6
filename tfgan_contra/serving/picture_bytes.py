"""Reading picture files inside the graph of a served model."""

from collections.abc import Callable

import tensorflow as tf

from tfgan_contra.serving.base import require

PNG_START = b"\x89PNG\r\n\x1a\n"
JPEG_START = b"\xff\xd8\xff"
# Where a PNG file says its width and height, four bytes each.
PNG_SIZE_AT, PNG_SIZE_BYTES = 16, 8

# What PNG files can hold, and what the decoder gives.
WRITTEN_CHANNELS = (1, 2, 3, 4)
READ_CHANNELS = (1, 3, 4)


def decode_picture(
    file: tf.Tensor,
    channels: int,
    check_size: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
) -> tf.Tensor:
    """Decodes one PNG or JPEG file to the channels that a model takes.

    Gray becomes colour and colour gray (brightness), an alpha channel is dropped, or
    opaque where there is none; 16 bits keep their high byte. The size is read from the
    file's header and checked before anything is decoded, so that a small file cannot
    ask for all memory. The orientation that a JPEG may name in its EXIF is not applied.

    Args:
        file: a scalar string.
        channels: 1, 3 or 4.
        check_size: called with height and width `[2]` and the file; returns the file
            and stops the call if the size is not acceptable.

    Returns:
        `[H, W, channels]` uint8.
    """
    length = tf.strings.length(file)
    is_png = _starts_with(file, PNG_START) & (length >= PNG_SIZE_AT + PNG_SIZE_BYTES)
    is_jpeg = _starts_with(file, JPEG_START)
    # The bytes themselves are not shown: an error message must be text.
    file = require(
        is_png | is_jpeg,
        "image_bytes must be PNG or JPEG files. Received another, of so many bytes:",
        length,
        file,
    )
    size = tf.cond(
        is_png, lambda: _png_size(file), lambda: tf.io.extract_jpeg_shape(file)[:2]
    )
    file = check_size(size, file)
    pixels = tf.cond(
        is_png,
        lambda: _decode_png(file, channels),
        lambda: _decode_jpeg(file, channels),
    )
    return tf.ensure_shape(pixels, [None, None, channels])


def _starts_with(file: tf.Tensor, start: bytes) -> tf.Tensor:
    return tf.equal(tf.strings.substr(file, 0, len(start)), start)


def _png_size(file: tf.Tensor) -> tf.Tensor:
    numbers = tf.strings.substr(file, PNG_SIZE_AT, PNG_SIZE_BYTES)
    return tf.io.decode_raw(numbers, tf.int32, little_endian=False)[::-1]


def _decode_png(file: tf.Tensor, channels: int) -> tf.Tensor:
    if channels < 4:
        return tf.io.decode_png(file, channels)
    # Asked for 4 channels, the decoder adds an alpha of 15 to pictures of 4 bits.
    stored = tf.io.decode_png(file)
    has_alpha = tf.shape(stored)[2] % 2 == 0
    colour = tf.io.decode_png(file, 3)
    return tf.cond(
        has_alpha,
        lambda: tf.concat([colour, stored[:, :, -1:]], axis=2),
        lambda: _with_opaque(colour),
    )


def _decode_jpeg(file: tf.Tensor, channels: int) -> tf.Tensor:
    # The accurate transform is the one that Pillow uses for the training pictures.
    pixels = tf.io.decode_jpeg(file, 3, dct_method="INTEGER_ACCURATE")
    if channels == 1:
        return tf.image.rgb_to_grayscale(pixels)
    return _with_opaque(pixels) if channels == 4 else pixels


def _with_opaque(colour: tf.Tensor) -> tf.Tensor:
    alpha = tf.ones_like(colour[:, :, :1]) * tf.uint8.max
    return tf.concat([colour, alpha], axis=2)
