"""Picture files decoded in the graph, against Pillow."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfgan_contra.serving.picture_bytes import decode_picture

MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def colours():
    """A smooth picture, which survives JPEG."""
    y, x = np.mgrid[0:37, 0:50]
    return np.stack([5 * x, 6 * y, 2 * (x + y)], axis=-1).astype(np.uint8)


def encoded(image, kind="PNG", **options):
    """A Pillow image, or an array, as a file."""
    file = io.BytesIO()
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    image.save(file, kind, **options)
    return file.getvalue()


def decoded(file, channels):
    """Decodes in a graph, as a server does, and tells the size that was checked."""
    sizes = []

    @tf.function
    def decode(file):
        def check_size(size, file):
            sizes.append(size)
            return file

        pixels = decode_picture(file, channels, check_size)
        return pixels, sizes[0]

    pixels, size = decode(tf.constant(file))
    assert size.numpy().tolist() == list(pixels.shape[:2])
    return pixels.numpy()


def with_transparent_colour():
    """A picture of few colours, of which one is transparent."""
    image = Image.fromarray(colours()).quantize(16)
    return encoded(image, transparency=3)


FILES = {
    "gray": encoded(colours()[..., 1]),
    "colour": encoded(colours()),
    "black and white": encoded(Image.fromarray(colours()).convert("1")),
    "gray and alpha": encoded(Image.fromarray(colours()).convert("LA")),
    "transparent colour": with_transparent_colour(),
    "palette": encoded(Image.fromarray(colours()).quantize(16)),
    "alpha": encoded(np.dstack([colours(), colours()[..., :1]])),
    "jpeg": encoded(colours(), "JPEG", quality=95),
    "gray_jpeg": encoded(colours()[..., 1], "JPEG"),
    "progressive": encoded(colours(), "JPEG", progressive=True, subsampling=0),
    "cmyk": encoded(Image.fromarray(colours()).convert("CMYK"), "JPEG"),
}


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("name", FILES)
def test_files_are_converted_as_pillow_does(name, channels):
    with Image.open(io.BytesIO(FILES[name])) as image:
        # Pillow makes colour of CMYK before it makes gray of it.
        image = image.convert("RGB") if image.mode == "CMYK" else image
        expected = np.asarray(image.convert(MODES[channels]))
    expected = expected.reshape(37, 50, channels).astype(int)
    # Only brightness is rounded, by each library in its way.
    allowed = 1 if channels == 1 else 0
    np.testing.assert_allclose(decoded(FILES[name], channels), expected, atol=allowed)


def test_sixteen_bits_keep_their_high_byte():
    gray = colours()[..., 1]
    deep = encoded(gray.astype(np.uint16) * 256 + 7)
    np.testing.assert_array_equal(decoded(deep, 1)[..., 0], gray)


def test_the_size_of_a_jpeg_is_that_of_its_pixels_before_turning():
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = encoded(colours(), "JPEG", exif=exif.tobytes())
    assert decoded(turned, 3).shape == (37, 50, 3)
