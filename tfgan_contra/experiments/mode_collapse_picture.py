"""Mode collapse as one picture."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.gridspec import GridSpec

from tfgan_contra.analyses import plots
from tfgan_contra.comparison.panels import run_look
from tfgan_contra.experiments.diversity import COPIES

GREY = "#999999"
NUM_MODES = 1000
SEEDS: dict[str, Any] = {"color": "black", "s": 12, "zorder": 3}
MEASURE_NAMES = {
    "accuracy": "share of places found",
    "bound": "bound ln K - loss, nats",
}


def draw_mode_collapse(
    contrasts: dict[str, Any], coverage: dict[str, Any], samples: dict[str, Any]
) -> Any:
    """Draws the contrast over classes, the modes covered, and some images.

    Args:
        contrasts: curves of `diversity_curve` by name; may be empty.
        coverage: `covered` and `kl` by name, each with its spread; may be empty.
        samples: uint8 images `[n, H, W, C]` by name, as for `coverage`.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    height = 6.5 + 0.62 * len(samples)
    figure = plots.new_figure(12, height, "mode collapse, and InfoNCE against it")
    ratios = [3.2, 3.2] + ([0.62 * len(samples)] if samples else [])
    columns = 2 if contrasts and coverage else 1
    grid = figure.add_gridspec(len(ratios), columns, height_ratios=ratios)
    if contrasts:
        _draw_contrasts(figure, grid, contrasts)
    if coverage:
        upper, lower = (figure.add_subplot(grid[row, -1]) for row in range(2))
        _draw_bars(upper, coverage, "covered")
        upper.axhline(NUM_MODES, color="black", linestyle=":", linewidth=1)
        upper.set_title("Modes of stacked digits that the images cover, of 1,000")
        _draw_bars(lower, coverage, "kl")
        lower.set_title("KL divergence of the images' modes from the data's, nats")
        images = np.array(list(samples.values()), np.uint8)
        axes = figure.add_subplot(grid[2, :])
        plots.picture_table(axes, images, row_names=list(samples))
    return figure


def _draw_contrasts(figure: Any, grid: GridSpec, contrasts: dict[str, Any]) -> None:
    kinds = max((list(curve) for curve in contrasts.values()), key=len)
    ordered = [COPIES, *(kind for kind in kinds if kind != COPIES)]
    for row, (measure, label) in enumerate(MEASURE_NAMES.items()):
        axes = figure.add_subplot(grid[row, 0])
        for number, (name, curve) in enumerate(contrasts.items()):
            values = [
                curve[kind][measure] if kind in curve else np.nan for kind in ordered
            ]
            look = run_look(number)
            axes.plot(values[:1], "s", color=look["color"], ms=5)
            places = range(1, len(ordered))
            axes.plot(places, values[1:], marker=".", label=name, **look)
        axes.set_xticks(range(len(ordered)), ["copies of\none image", *ordered[1:]])
        axes.set_ylabel(label)
        axes.grid(alpha=0.25)
        _open(axes)
        if row == 0:
            axes.set_title("InfoNCE on batches of real images")
            axes.legend(fontsize=8)
        else:
            axes.set_xlabel("classes in a batch")


def _draw_bars(axes: Axes, coverage: dict[str, Any], measure: str) -> None:
    methods = sorted({name.split(",")[0] for name in coverage})
    looks = {name: run_look(i)["color"] for i, name in enumerate(methods)}
    for place, (name, numbers) in enumerate(coverage.items()):
        found = numbers[measure]
        color = looks[name.split(",")[0]] if "," in name else GREY
        axes.bar(place, found["mean"], 0.65, color=color, alpha=0.75)
        seeds = found["seeds"]
        axes.scatter(place + np.linspace(-0.12, 0.12, len(seeds)), seeds, **SEEDS)
    names = [name.replace(", ", "\n") for name in coverage]
    axes.set_xticks(range(len(names)), names, fontsize=8)
    axes.grid(alpha=0.25, axis="y")
    _open(axes)


def _open(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
