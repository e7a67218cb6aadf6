"""Pictures with words underneath: grids of captions, maps of attention."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tfgan_contra.training.pictures import image_grid

# Small pictures are enlarged to about this side.
SHOWN_SIDE = 96
FONT_SIZE, LINE_HEIGHT, MARGIN, MOST_LINES = 12, 15, 8, 4
# Where a word is not read a picture is dimmed to this; where it is, it glows.
DIMMED = 0.4
GLOW = (255, 205, 60)


def caption_grid(
    images: np.ndarray, captions: Sequence[str], columns: int = 2
) -> np.ndarray:
    """Returns the pictures of captions, side by side, with the caption underneath.

    Args:
        images: uint8 `[N, K, H, W, C]`, K pictures of each of the captions.
        captions: N of them.
        columns: captions in a row.

    Returns:
        uint8 `[height, width, 3]`.
    """
    strips = [image_grid(enlarged(own), len(own)) for own in images]
    return labelled_grid(strips, captions, columns)


def attention_panel(
    image: np.ndarray, weights: np.ndarray, words: Sequence[str], columns: int = 6
) -> np.ndarray:
    """Returns a picture and, for every word, where it was read while that was drawn.

    Places glow by the word's weight there, on one scale for all words; underneath
    stands the word with its share of all reading.

    Args:
        image: uint8 `[H, W, C]`.
        weights: `[h, w, T]`, sums of 1 over the words.
        words: as many as the caption has, at most T.
        columns: pictures in a row.

    Returns:
        uint8 `[height, width, 3]`.
    """
    picture = enlarged(image[None])[0]
    height, width, _ = picture.shape
    strongest = max(float(weights[..., : len(words)].max()), 1e-6)
    cells, labels = [np.broadcast_to(picture, (height, width, 3))], ["picture"]
    for number, word in enumerate(words):
        own = weights[..., number].astype(np.float32)
        smooth = Image.fromarray(own / strongest).resize(
            (width, height), Image.Resampling.BILINEAR
        )
        glow = np.clip(np.asarray(smooth), 0, 1)[..., None]
        mixed = (1 - glow) * DIMMED * picture + glow * np.array(GLOW)
        cells.append(np.rint(mixed).astype(np.uint8))
        labels.append(f"{word} {own.mean():.0%}")
    return labelled_grid(cells, labels, columns)


def enlarged(images: np.ndarray) -> np.ndarray:
    """Returns images with every pixel repeated until they are large enough to see."""
    factor = max(SHOWN_SIDE // images.shape[1], 1)
    return images.repeat(factor, axis=1).repeat(factor, axis=2)


def labelled_grid(
    pictures: Sequence[np.ndarray], labels: Sequence[str], columns: int
) -> np.ndarray:
    """Lays pictures out on white, each with a text underneath.

    Args:
        pictures: uint8 `[h, w, C]` of one size, C of 1 or 3.
        labels: one for each; long ones are broken into lines, and cut after four.
        columns: pictures in a row.

    Returns:
        uint8 `[height, width, 3]`.
    """
    font: Any = ImageFont.load_default(FONT_SIZE)
    height, width, _ = pictures[0].shape
    texts = [_lines(label, font, width) for label in labels]
    cell = (width + MARGIN, height + LINE_HEIGHT * max(map(len, texts)) + 2 * MARGIN)
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    size = columns * cell[0] + MARGIN, rows * cell[1] + MARGIN
    canvas = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(canvas)
    for i, (picture, lines) in enumerate(zip(pictures, texts, strict=True)):
        left = MARGIN + (i % columns) * cell[0]
        top = MARGIN + (i // columns) * cell[1]
        pixels = np.broadcast_to(picture, (height, width, 3))
        canvas.paste(Image.fromarray(np.ascontiguousarray(pixels)), (left, top))
        for number, line in enumerate(lines):
            place = left, top + height + number * LINE_HEIGHT
            draw.text(place, line, fill="black", font=font)
    return np.asarray(canvas)


def _lines(text: str, font: Any, width: int) -> list[str]:
    """Breaks a text into lines that are no wider than a picture, words permitting."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], f"{lines[MOST_LINES - 1]} ..."]
    return lines
