"""A comparison as one picture: scores, stability, overfitting, samples."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from tfgan_contra.comparison.analysis import Record
from tfgan_contra.comparison.curves import Curves
from tfgan_contra.comparison.panels import (
    ACCURACY_INCHES,
    COLUMN_INCHES,
    CURVE_INCHES,
    DPI,
    MOST_COLUMNS,
    accuracy_legend,
    column_cell,
    draw_accuracies,
    draw_norms,
    draw_scores,
    run_look,
)

SAMPLE_INCHES = 3.5


def draw(
    records: Sequence[Record],
    curves: Sequence[Curves],
    samples: Sequence[Optional[Path]],
    path: Path,
) -> None:
    """Draws the picture and writes it as PNG.

    One colour per method and one line per seed; below, one column per method.

    Args:
        records: from `report.collect`, one per run.
        curves: what each run logged.
        samples: each run's newest sample grid, None where it has none.
        path: the file.
    """
    methods = list(dict.fromkeys(record["method"] for record in records))
    columns = min(len(methods), MOST_COLUMNS)
    blocks = math.ceil(len(methods) / MOST_COLUMNS)
    heights = [CURVE_INCHES, *[ACCURACY_INCHES, SAMPLE_INCHES] * blocks]
    # The two panels above need room for their legends, however few methods there are.
    width = max(columns, 3) * COLUMN_INCHES
    figure = Figure(figsize=(width, sum(heights)), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(len(heights), 2 * columns, height_ratios=heights)
    looks = dict(zip(methods, map(run_look, range(len(methods))), strict=True))
    draw_scores(figure.add_subplot(grid[0, :columns]), records, looks)
    draw_norms(figure.add_subplot(grid[0, columns:]), records, curves, looks)
    for number, method in enumerate(methods):
        rows = [i for i, record in enumerate(records) if record["method"] == method]
        row, column = divmod(number, MOST_COLUMNS)
        axes = [
            figure.add_subplot(column_cell(grid, 1 + 2 * row + part, column))
            for part in (0, 1)
        ]
        label = "" if column else "D's accuracy"
        own = [curves[i] for i in rows]
        draw_accuracies(axes[0], label, [records[i] for i in rows], own)
        _draw_samples(axes[1], records[rows[0]], samples[rows[0]])
    accuracy_legend(figure)
    figure.savefig(path)


def _draw_samples(axes: Axes, record: Record, path: Optional[Path]) -> None:
    axes.set_axis_off()
    if path is None:
        axes.text(0.5, 0.5, "no samples", ha="center", va="center")
        return
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    axes.imshow(pixels, interpolation="nearest")
    step = int(path.stem.rpartition("-")[2])
    title = f"{record['method']}, seed {record['seed']}, step {step:,}"
    axes.set_title(title, fontsize=9)
