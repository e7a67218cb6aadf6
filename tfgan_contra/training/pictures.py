"""Grids of images as PNG files."""

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image


def image_grid(images: np.ndarray, columns: int, gap: int = 2) -> np.ndarray:
    """Lays images out row by row on white.

    Args:
        images: uint8 `[N, H, W, C]`, C of 1 or 3.
        columns: images per row.
        gap: pixels between them.

    Returns:
        uint8 `[height, width, C]`.
    """
    count, height, width, channels = images.shape
    rows = -(-count // columns)
    size = (rows * (height + gap) + gap, columns * (width + gap) + gap, channels)
    grid = np.full(size, 255, np.uint8)
    for i, image in enumerate(images):
        top = gap + (i // columns) * (height + gap)
        left = gap + (i % columns) * (width + gap)
        grid[top : top + height, left : left + width] = image
    return grid


def png_bytes(image: np.ndarray) -> bytes:
    """Encodes uint8 `[H, W, C]` as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(
        buffer, format="PNG"
    )
    return buffer.getvalue()


def save_png(path: str | os.PathLike, image: np.ndarray) -> None:
    """Writes a PNG so that the file is either whole or not there."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(png_bytes(image))
        os.replace(temporary, target)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
