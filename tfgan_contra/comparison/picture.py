"""A comparison as one picture: scores, stability, overfitting, samples."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, StrMethodFormatter
from PIL import Image

from tfgan_contra.comparison.analysis import Record
from tfgan_contra.comparison.curves import ACCURACIES, Curves, Series

# Okabe and Ito's palette, told apart by colour-blind readers too; yellow is too pale.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", ":", "-.")
ACCURACY_COLORS = {"train": "#0072B2", "held_out": "#D55E00", "fake": "#777777"}
MOST_COLUMNS = 5
COLUMN_INCHES = 3.4
CURVE_INCHES = 3.8
ACCURACY_INCHES = 2.6
SAMPLE_INCHES = 3.5
DPI = 110


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
    looks = dict(zip(methods, map(_look, range(len(methods))), strict=True))
    _draw_scores(figure.add_subplot(grid[0, :columns]), records, looks)
    _draw_norms(figure.add_subplot(grid[0, columns:]), records, curves, looks)
    for number, method in enumerate(methods):
        rows = [i for i, record in enumerate(records) if record["method"] == method]
        row, column = divmod(number, MOST_COLUMNS)
        axes = [
            figure.add_subplot(_cell(grid, 1 + 2 * row + part, column))
            for part in (0, 1)
        ]
        label = "" if column else "D's accuracy"
        own = [curves[i] for i in rows]
        _draw_accuracies(axes[0], label, [records[i] for i in rows], own)
        _draw_samples(axes[1], records[rows[0]], samples[rows[0]])
    entries = [
        Line2D([], [], color=color, label=f"D right on {name.replace('_', '-')} images")
        for name, color in ACCURACY_COLORS.items()
    ]
    figure.legend(handles=entries, loc="outside lower center", ncols=3)
    figure.savefig(path)


def _look(number: int) -> dict[str, Any]:
    """Returns the colour and the dashes of the number-th method."""
    style = STYLES[number // len(COLORS) % len(STYLES)]
    return {"color": COLORS[number % len(COLORS)], "linestyle": style}


def _cell(grid: GridSpec, row: int, column: int) -> Any:
    return grid[row, 2 * column : 2 * column + 2]


def _draw_scores(
    axes: Axes, records: Sequence[Record], looks: dict[str, dict[str, Any]]
) -> None:
    """Draws the headline score over steps with a cross at each collapse."""
    headlines = [r["headline"] for record in records for r in record["own_evaluations"]]
    headline = headlines[0] if headlines else "score"
    for record in records:
        rows = [r for r in record["own_evaluations"] if r["headline"] == headline]
        points = {row["step"]: row["score"] for row in rows}
        _line(axes, points, **looks[record["method"]])
        step, color = record["collapse_step"], looks[record["method"]]["color"]
        if math.isfinite(points.get(step, math.nan)):
            axes.plot(step, points[step], "X", color=color, ms=11, mec="black")
        elif step:  # A score that is no number has no place on the axis.
            axes.axvline(step, color=color, linestyle=":")
    label = f"{headline.replace('_', ' ')} (lower is better)"
    _style(axes, label, _longest(records))
    _scale(axes)
    axes.set_title("Score over steps, one line per seed")
    entries = [Line2D([], [], label=name, **look) for name, look in looks.items()]
    cross: dict[str, Any] = {"marker": "X", "color": "white", "mec": "black", "ms": 9}
    if any(record["collapse_step"] for record in records):
        entries.append(Line2D([], [], label="collapse", linestyle="", **cross))
    axes.legend(handles=entries, fontsize=8)


def _draw_norms(
    axes: Axes,
    records: Sequence[Record],
    curves: Sequence[Curves],
    looks: dict[str, dict[str, Any]],
) -> None:
    """Draws the largest and the median spectral norm of the weights over steps."""
    for record, own in zip(records, curves, strict=True):
        color = looks[record["method"]]["color"]
        _line(axes, own.largest_norm, color=color)
        _line(axes, own.median_norm, color=color, linestyle="--")
    _style(axes, "spectral norm of the weights", _longest(records))
    _scale(axes)
    axes.set_title("Stability: normalised layers of G and D (colours as left)")
    entries = [
        Line2D([], [], color="black", label="largest"),
        Line2D([], [], color="black", linestyle="--", label="median"),
    ]
    axes.legend(handles=entries, fontsize=8)


def _draw_accuracies(
    axes: Axes, label: str, records: Sequence[Record], curves: Sequence[Curves]
) -> None:
    """Draws one method's D accuracy on training, held-out and generated images."""
    for own in curves:
        for name in ACCURACIES:
            _line(axes, own.accuracies[name], color=ACCURACY_COLORS[name])
    _style(axes, label, _longest(records))
    axes.set_ylim(-0.03, 1.03)
    axes.set_title(records[0]["method"])


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


def _line(axes: Axes, points: Series, **look: Any) -> None:
    # The marker shows a run that logged a single row.
    defaults: dict[str, Any] = {"marker": ".", "markersize": 4, "linewidth": 1.2}
    axes.plot(list(points), list(points.values()), **(defaults | look))


def _style(axes: Axes, label: str, num_steps: int) -> None:
    axes.set_xlim(0, 1.02 * num_steps)
    axes.set_xlabel("step")
    axes.set_ylabel(label)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.margins(y=0.08)
    axes.grid(alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _scale(axes: Axes) -> None:
    """Makes the axis logarithmic if what is drawn spans more than a decade."""
    values = np.concatenate([[1.0], *[line.get_ydata() for line in axes.lines]])
    values = values[np.isfinite(values)][1:]
    if len(values) and values.min() > 0 and values.max() > 10 * values.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_locator(LogLocator(subs=()))


def _longest(records: Sequence[Record]) -> int:
    return max(record["num_steps"] for record in records)
