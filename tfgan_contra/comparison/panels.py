"""The panels of pictures about runs: scores, norms and accuracies over steps."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, StrMethodFormatter

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
DPI = 110


def run_look(number: int) -> dict[str, Any]:
    """Returns the colour and the dashes of the number-th method or run."""
    style = STYLES[number // len(COLORS) % len(STYLES)]
    return {"color": COLORS[number % len(COLORS)], "linestyle": style}


def column_cell(grid: GridSpec, row: int, column: int) -> Any:
    """Returns a place in a grid that has two columns for each method."""
    return grid[row, 2 * column : 2 * column + 2]


def draw_scores(
    axes: Axes, records: Sequence[Record], looks: dict[str, dict[str, Any]]
) -> None:
    """Draws the headline score over steps with a cross at each collapse.

    Args:
        axes: where to draw.
        records: runs, each with `method`, `own_evaluations`, `collapse_step` and
            `num_steps` as in `report.collect`.
        looks: from `run_look` by method.
    """
    headlines = [r["headline"] for record in records for r in record["own_evaluations"]]
    headline = headlines[0] if headlines else "score"
    for record in records:
        rows = [r for r in record["own_evaluations"] if r["headline"] == headline]
        points = {row["step"]: row["score"] for row in rows}
        draw_line(axes, points, **looks[record["method"]])
        step, color = record["collapse_step"], looks[record["method"]]["color"]
        if math.isfinite(points.get(step, math.nan)):
            axes.plot(step, points[step], "X", color=color, ms=11, mec="black")
        elif step:  # A score that is no number has no place on the axis.
            axes.axvline(step, color=color, linestyle=":")
    label = f"{headline.replace('_', ' ')} (lower is better)"
    style_steps(axes, label, longest_run(records))
    scale_axis(axes)
    axes.set_title("Score over steps, one line per seed")
    entries = [Line2D([], [], label=name, **look) for name, look in looks.items()]
    cross: dict[str, Any] = {"marker": "X", "color": "white", "mec": "black", "ms": 9}
    if any(record["collapse_step"] for record in records):
        entries.append(Line2D([], [], label="collapse", linestyle="", **cross))
    axes.legend(handles=entries, fontsize=8)


def draw_norms(
    axes: Axes,
    records: Sequence[Record],
    curves: Sequence[Curves],
    looks: dict[str, dict[str, Any]],
) -> None:
    """Draws the largest and the median spectral norm of the weights over steps."""
    for record, own in zip(records, curves, strict=True):
        color = looks[record["method"]]["color"]
        draw_line(axes, own.largest_norm, color=color)
        draw_line(axes, own.median_norm, color=color, linestyle="--")
    style_steps(axes, "spectral norm of the weights", longest_run(records))
    scale_axis(axes)
    axes.set_title("Stability: normalised layers of G and D (colours as left)")
    entries = [
        Line2D([], [], color="black", label="largest"),
        Line2D([], [], color="black", linestyle="--", label="median"),
    ]
    axes.legend(handles=entries, fontsize=8)


def draw_accuracies(
    axes: Axes, label: str, records: Sequence[Record], curves: Sequence[Curves]
) -> None:
    """Draws one method's D accuracy on training, held-out and generated images."""
    for own in curves:
        for name in ACCURACIES:
            draw_line(axes, own.accuracies[name], color=ACCURACY_COLORS[name])
    style_steps(axes, label, longest_run(records))
    axes.set_ylim(-0.03, 1.03)
    axes.set_title(records[0]["method"])


def accuracy_legend(figure: Figure) -> None:
    """Says below a figure which colour stands for D's accuracy on which images."""
    entries = [
        Line2D([], [], color=color, label=f"D right on {name.replace('_', '-')} images")
        for name, color in ACCURACY_COLORS.items()
    ]
    figure.legend(handles=entries, loc="outside lower center", ncols=3)


def draw_line(axes: Axes, points: Series, **look: Any) -> None:
    """Draws values over steps; `look` is matplotlib's."""
    # The marker shows a run that logged a single row.
    defaults: dict[str, Any] = {"marker": ".", "markersize": 4, "linewidth": 1.2}
    axes.plot(list(points), list(points.values()), **(defaults | look))


def style_steps(axes: Axes, label: str, num_steps: int) -> None:
    """Makes an axis of steps from 0 on, a grid, and a label for the values."""
    axes.set_xlim(0, 1.02 * num_steps)
    axes.set_xlabel("step")
    axes.set_ylabel(label)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.margins(y=0.08)
    axes.grid(alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def scale_axis(axes: Axes) -> None:
    """Makes the axis logarithmic if what is drawn spans more than a decade."""
    values = np.concatenate([[1.0], *[line.get_ydata() for line in axes.lines]])
    values = values[np.isfinite(values)][1:]
    if len(values) and values.min() > 0 and values.max() > 10 * values.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_locator(LogLocator(subs=()))


def longest_run(records: Sequence[Record]) -> int:
    """Returns how many steps the longest run has."""
    return max(record["num_steps"] for record in records)
