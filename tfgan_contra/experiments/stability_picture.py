"""Several runs' stability as one picture."""

import math
import textwrap
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from tfgan_contra.analyses import plots
from tfgan_contra.comparison import panels
from tfgan_contra.comparison.analysis import Record
from tfgan_contra.comparison.curves import Curves

# In a line inside a panel.
LETTERS = 38
DOTTED: dict[str, Any] = {"linestyle": ":", "linewidth": 1.4}


def draw_stability(
    records: Sequence[Record], curves: Sequence[Curves], results: dict[str, Any]
) -> Any:
    """Draws scores and norms of all runs, and below, D's accuracies of each.

    Args:
        records: from `stability.run_record`.
        curves: what each run logged.
        results: from `stability.run_numbers` by the runs' names.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    columns = min(len(records), panels.MOST_COLUMNS)
    rows = math.ceil(len(records) / panels.MOST_COLUMNS)
    heights = [panels.CURVE_INCHES, *[panels.ACCURACY_INCHES] * rows]
    # The two panels above need room for their legends, however few runs there are.
    width = max(columns, 3) * panels.COLUMN_INCHES
    figure = plots.new_figure(width, sum(heights) + 0.5, "stability of training")
    grid = figure.add_gridspec(len(heights), 2 * columns, height_ratios=heights)
    names = [record["method"] for record in records]
    looks = {name: panels.run_look(number) for number, name in enumerate(names)}
    scores, norms = (
        figure.add_subplot(grid[0, places])
        for places in (slice(0, columns), slice(columns, None))
    )
    panels.draw_scores(scores, records, looks)
    scores.set_title("Score over steps")
    panels.draw_norms(norms, records, curves, looks)
    _mark_collapses(norms, records, looks)
    for number, (record, own) in enumerate(zip(records, curves, strict=True)):
        row, column = divmod(number, panels.MOST_COLUMNS)
        axes = figure.add_subplot(panels.column_cell(grid, 1 + row, column))
        label = "" if column else "D's accuracy"
        panels.draw_accuracies(axes, label, [record], [own])
        _mark_collapse(axes, record, "black")
        _describe(axes, record, results[record["method"]])
    panels.accuracy_legend(figure)
    return figure


def _mark_collapse(axes: Axes, record: Record, color: str) -> None:
    step = record["collapse_step"]
    if step is not None:
        axes.axvline(step, color=color, **DOTTED)


def _mark_collapses(
    axes: Axes, records: Sequence[Record], looks: dict[str, dict[str, Any]]
) -> None:
    """Marks all runs' collapses in one panel and says so in its legend."""
    for record in records:
        _mark_collapse(axes, record, looks[record["method"]]["color"])
    if any(record["collapse_step"] is not None for record in records):
        collapse = Line2D([], [], color="black", label="collapse", **DOTTED)
        legend: Any = axes.get_legend()
        axes.legend(handles=[*legend.legend_handles, collapse], fontsize=8)


def _describe(axes: Axes, record: Record, numbers: dict[str, Any]) -> None:
    """Writes what a panel shows above it, and into it what there is not."""
    lines = [record["method"]]
    if numbers["last_gap"] is not None:
        # Adding 0 makes 0 of -0.
        last, most = (round(numbers[k], 2) + 0.0 for k in ("last_gap", "largest_gap"))
        step = numbers["largest_gap_step"]
        lines.append(f"gap {last:+.2f}, largest {most:+.2f} at step {step:,}")
    if record["collapse_step"] is not None:
        lines.append(f"collapse at step {record['collapse_step']:,} (dotted)")
    axes.set_title("\n".join(lines), fontsize=9)
    text = "\n".join(textwrap.fill(note, LETTERS) for note in record["notes"])
    place: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8}
    if text:
        place["bbox"] = {"facecolor": "white", "edgecolor": "none"}
        axes.text(0.5, 0.5, text, transform=axes.transAxes, **place)
