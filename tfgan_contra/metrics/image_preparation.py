"""From a generator's floats to the pixels a feature extractor reads; NumPy and Pillow.

How images are quantised and resized moves a Frechet distance by several points, so the
choice is part of every score's protocol (Parmar et al., CVPR 2022, arXiv 2104.11222).
"""

import numpy as np
from PIL import Image

from tfgan_contra.errors import DataError

RESIZERS = ("legacy", "clean", "friendly")


def quantize(images: np.ndarray) -> np.ndarray:
    """Rounds images in [-1, 1] to bytes: floor(clip(127.5 * (x + 1) + 0.5, 0, 255)).

    Args:
        images: float array of any shape; values outside [-1, 1] are clipped.

    Returns:
        uint8 array of the same shape.
    """
    # The order of the operations decides which way values on the border round.
    scaled = np.float32(127.5) * (np.asarray(images, np.float32) + np.float32(1))
    return np.clip(scaled + np.float32(0.5), 0, 255).astype(np.uint8)


def to_three_channels(images: np.ndarray) -> np.ndarray:
    """Repeats the channel of grayscale `[N, H, W, 1]`; leaves `[N, H, W, 3]` alone."""
    return np.repeat(images, 3, axis=-1) if images.shape[-1] == 1 else images


def resize(images: np.ndarray, size: int, method: str = "clean") -> np.ndarray:
    """Resizes bytes to `size` x `size` as one of the three common FID pipelines does.

    Args:
        images: uint8 `[N, H, W, C]`.
        size: height and width of the result, 1 or more.
        method: `legacy`: bilinear between pixel centres, without antialiasing;
            `clean`: Pillow's antialiased bicubic on each float channel, so values may
            leave [0, 255]; `friendly`: Pillow's antialiased bilinear, likewise.

    Returns:
        float32 `[N, size, size, C]` on the scale 0 to 255.

    Raises:
        DataError: for an unknown method or images that are no batch of bytes.

    Reference: Parmar et al., CVPR 2022 (arXiv 2104.11222).
    """
    if method not in RESIZERS:
        raise DataError(
            f"The resizer must be one of {', '.join(RESIZERS)}. Received: {method!r}"
        )
    if images.ndim != 4 or images.dtype != np.uint8:
        raise DataError(
            "Images to resize must be uint8 [N, H, W, C]. "
            f"Received: {images.dtype} {list(images.shape)}"
        )
    if method == "legacy":
        return _resize_between_centres(images, size)
    kernel = {
        "clean": Image.Resampling.BICUBIC,
        "friendly": Image.Resampling.BILINEAR,
    }[method]
    resized = np.empty((len(images), size, size, images.shape[-1]), np.float32)
    for image, target in zip(images, resized, strict=True):
        for channel in range(images.shape[-1]):
            plane = Image.fromarray(image[..., channel].astype(np.float32))
            target[..., channel] = np.asarray(plane.resize((size, size), kernel))
    return resized


def _resize_between_centres(images: np.ndarray, size: int) -> np.ndarray:
    above, below, down = _neighbours(images.shape[1], size)
    left, right, across = _neighbours(images.shape[2], size)
    pixels = images.astype(np.float32)
    down = down[:, None, None]
    rows = pixels[:, above] * (1 - down) + pixels[:, below] * down
    across = across[:, None]
    return rows[:, :, left] * (1 - across) + rows[:, :, right] * across


def _neighbours(length: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The two source pixels of every target pixel and the weight of the second."""
    position = np.clip((np.arange(size) + 0.5) * length / size - 0.5, 0, length - 1)
    first = np.floor(position).astype(np.int64)
    second = np.minimum(first + 1, length - 1)
    return first, second, (position - first).astype(np.float32)
