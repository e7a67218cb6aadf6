"""Colour, crop and resize of one image, with PIL; imports no TensorFlow.

As the authors prepare ImageNet: a square as high as the short edge, then an
antialiased bicubic resize. `random` crops are taken from an image whose short edge
was resized first, so that the resize can be done once and the crop at every visit.
"""

import numpy as np
from PIL import Image, ImageOps

from tfgan_contra.config import DataConfig
from tfgan_contra.errors import DataError

_ORIENTATION_TAG = 0x0112
_MOST_OF_16_BITS = 65535
_GRAYSCALE_MODES = ("1", "L", "LA", "La", "I", "F")
_SIZES = (32, 48, 64, 128, 256)
# No file says which of its numbers means white.
_WAY_OUT = "save it with 8 or 16 bits a channel"
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def is_grayscale(mode: str) -> bool:
    """Returns whether a PIL mode holds one channel of brightness (and maybe alpha)."""
    return mode in _GRAYSCALE_MODES or mode.startswith("I;16")


def mode_problem(mode: str) -> str:
    """Returns why pictures of a PIL mode are refused, or nothing."""
    return f"floating-point pixels, {_WAY_OUT}" if mode == "F" else ""


def size_problem(width: int, height: int, config: DataConfig) -> str:
    """Returns what is wrong with an image's size and the way out, or nothing."""
    size = config.image_size
    if min(width, height) < size:
        smaller = [s for s in _SIZES if s <= min(width, height)]
        hint = f" or --config.data.image_size={smaller[-1]}" if smaller else ""
        return (
            f"is {width}x{height} pixels, smaller than the crop of {size}x{size};"
            f" use images of at least {size} pixels a side{hint}"
        )
    if config.crop == "none" and width != height:
        return (
            f"is {width}x{height} pixels, but config.data.crop 'none' takes square"
            " images only; use --config.data.crop=center"
        )
    return ""


def prepare(image: Image.Image, config: DataConfig, channels: int) -> np.ndarray:
    """Converts, crops and resizes one image.

    The picture is turned upright if its EXIF says so; an alpha channel is dropped.

    Args:
        image: any PIL image.
        config: gives the size and the crop.
        channels: 1 or 3.

    Returns:
        uint8 `[h, w, channels]`, where `min(h, w)` is the image size; a square unless
        `config.crop` is `random`.
    """
    size = config.image_size
    # Lets libjpeg shrink photographs that are far larger than needed while it decodes.
    image.draft(None, (4 * size, 4 * size))
    image = converted(image, channels)
    width, height = image.size
    short = min(width, height)
    if config.crop == "random":
        target = (round(width * size / short), round(height * size / short))
    else:
        left, top = round((width - short) / 2), round((height - short) / 2)
        image = image.crop((left, top, left + short, top + short))
        target = (size, size)
    if image.size != target:
        image = image.resize(target, Image.Resampling.BICUBIC)
    return np.asarray(image).reshape(target[1], target[0], channels)


def prepare_whole(image: Image.Image, size: int, channels: int) -> np.ndarray:
    """Converts one image and resizes it whole to a square; the aspect is not kept.

    As the authors of XMC-GAN prepare COCO, bilinearly; unlike theirs, which reads four
    pixels however far it shrinks, Pillow's resize averages all.

    Args:
        image: any PIL image.
        size: side of the square.
        channels: 1 or 3.

    Returns:
        uint8 `[size, size, channels]`.
    """
    image.draft(None, (2 * size, 2 * size))
    image = converted(image, channels)
    if image.size != (size, size):
        image = image.resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(image).reshape(size, size, channels)


def converted(image: Image.Image, channels: int) -> Image.Image:
    """Returns a decoded picture, upright, with the channels asked for.

    16-bit pictures keep their high byte.

    Args:
        image: any PIL image.
        channels: 1: brightness, 3: colour, 4: colour with alpha (opaque where the
            picture has none).

    Raises:
        DataError: for floating-point pixels, or whole ones of more than 16 bits.
    """
    if problem := mode_problem(image.mode):
        raise DataError(f"has {problem}")
    image = _upright(image)
    if image.mode == "I" or image.mode.startswith("I;16"):
        # PIL would clip 16 bits to 255 instead of scaling them.
        pixels = np.asarray(image).astype(np.int64)
        if pixels.max(initial=0) > _MOST_OF_16_BITS:
            raise DataError(f"has pixels above {_MOST_OF_16_BITS}, {_WAY_OUT}")
        image = Image.fromarray((np.maximum(pixels, 0) >> 8).astype(np.uint8))
    mode = _MODES[channels]
    # Unlike `load`, `copy` also gives the picture a life of its own, without its file.
    return image.copy() if image.mode == mode else image.convert(mode)


def pil_image(pixels: np.ndarray) -> Image.Image:
    """Returns uint8 pixels `[h, w, C]`, C 1, 3 or 4, as a PIL image."""
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def square_window(pixels: np.ndarray, place: float) -> np.ndarray:
    """Returns the square of an image at `place` in [0, 1) along its long edge."""
    height, width = pixels.shape[:2]
    size = min(height, width)
    top, left = int(place * (height - size + 1)), int(place * (width - size + 1))
    return pixels[top : top + size, left : left + size]


def _upright(image: Image.Image) -> Image.Image:
    try:
        orientation = image.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # a good picture may carry broken EXIF, which raises anything
        return image
    return ImageOps.exif_transpose(image) if orientation in range(2, 9) else image
