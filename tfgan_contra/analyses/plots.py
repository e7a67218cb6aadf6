"""Pictures by matplotlib's Agg canvas: figures as objects, no state between them."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

REAL_COLOUR, FAKE_COLOUR, THIRD_COLOUR = "#1f77b4", "#d62728", "#2ca02c"
COLOURS = (REAL_COLOUR, FAKE_COLOUR, THIRD_COLOUR)
# More names than this have no room beside an axis.
MOST_NAMES = 30
_LETTERS_IN_A_ROW = 60
_DPI = 110
# Share of a cell that its picture fills.
_FILLED = 0.94


def new_figure(width: float, height: float, title: str) -> Any:
    """Returns a `Figure` of so many inches that arranges its parts itself."""
    figure = Figure(figsize=(width, height), dpi=_DPI, layout="constrained")
    figure.suptitle(title)
    return figure


def save(figure: Any, path: Path) -> None:
    """Writes a PNG so that the file is either whole or not there."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with open(temporary, "wb") as file:
        FigureCanvasAgg(figure).print_png(file)
    os.replace(temporary, path)


def picture_table(
    axes: Any,
    rows: Any,
    *,
    row_names: Sequence[str] = (),
    column_names: Sequence[str] = (),
    captions: Optional[Sequence[Sequence[str]]] = None,
) -> None:
    """Lays pictures out in rows, with names at the edges and captions below each.

    Args:
        axes: where to draw.
        rows: sequences of uint8 images `[H, W, 1 or 3]`, all of one size.
        row_names: left of the rows.
        column_names: above the columns.
        captions: one per picture.
    """
    cell_height = 1.0 if captions is None else 1.25
    for r, row in enumerate(rows):
        for c, image in enumerate(row):
            top, left = r * cell_height, c
            axes.imshow(
                image[..., 0] if image.shape[-1] == 1 else image,
                cmap="gray",
                vmin=0,
                vmax=255,
                extent=(left, left + _FILLED, top + _FILLED, top),
            )
            if captions is not None:
                place = (left + _FILLED / 2, top + _FILLED + 0.03)
                axes.text(*place, captions[r][c], ha="center", va="top", size=7)
    axes.set_xlim(0, max(len(row) for row in rows))
    axes.set_ylim(len(rows) * cell_height, 0)
    axes.set_aspect("equal")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_yticks(
        [r * cell_height + _FILLED / 2 for r in range(len(row_names))], row_names
    )
    axes.xaxis.tick_top()
    axes.set_xticks([c + _FILLED / 2 for c in range(len(column_names))], column_names)


def grouped_bars(
    axes: Any, names: Sequence[str], series: Mapping[str, Sequence[float]]
) -> None:
    """Draws one group of bars per name, one labelled bar per series in each."""
    width = 0.8 / len(series)
    places = np.arange(len(names))
    for i, (label, values) in enumerate(series.items()):
        offset = (i - (len(series) - 1) / 2) * width
        axes.bar(places + offset, values, width, label=label, color=COLOURS[i])
    _name_places(axes, names)
    axes.set_xlim(-0.6, len(names) - 0.4)


def confusion_picture(
    axes: Any, confusion: np.ndarray, names: Sequence[str], framed: Mapping[int, int]
) -> Any:
    """Draws a confusion matrix by rows' shares.

    Args:
        axes: where to draw.
        confusion: `[C, C]` counts, rows asked for, columns seen.
        names: C class names, shown where there is room.
        framed: rows to columns of the cells to frame in red.

    Returns:
        The image, for a colour bar.
    """
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    picture = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set(xlabel="class seen", ylabel="class asked for")
    if len(names) <= MOST_NAMES:
        _name_places(axes, names)
        axes.set_yticks(np.arange(len(names)), names)
    for asked, seen in framed.items():
        corner = (seen - 0.5, asked - 0.5)
        frame = Rectangle(corner, 1, 1, fill=False, linewidth=1.5)
        frame.set_edgecolor(FAKE_COLOUR)
        axes.add_patch(frame)
    return picture


def _name_places(axes: Any, names: Sequence[str]) -> None:
    """Writes names below the axis, slanted where they are many or long."""
    shown = [name.replace("_", " ") for name in names]
    slanted = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    short = sum(len(name) for name in shown) <= _LETTERS_IN_A_ROW
    axes.set_xticks(np.arange(len(names)), shown, **({} if short else slanted))
