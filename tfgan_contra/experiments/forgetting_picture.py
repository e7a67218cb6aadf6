"""Forgetting as one picture."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from tfgan_contra.analyses import plots
from tfgan_contra.comparison.panels import run_look, style_steps

BAND: dict[str, Any] = {"alpha": 0.18, "linewidth": 0}
SEEDS: dict[str, Any] = {"color": "black", "s": 12, "zorder": 3}


def draw_forgetting(
    accuracies: dict[str, np.ndarray], offsets: Sequence[int], results: dict[str, Any]
) -> Any:
    """Draws accuracies over all updates, after a switch, and what was lost.

    Args:
        accuracies: `[seeds, cycles, K, E]` by variant.
        offsets: E numbers of updates after a switch.
        results: from `forgetting.summary`.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    title = "forgetting: one class after the other against the rest"
    figure = plots.new_figure(12, 7.5, title)
    grid = figure.add_gridspec(2, 2, height_ratios=(1, 1))
    whole, after, bars = (
        figure.add_subplot(place) for place in (grid[0, :], grid[1, 0], grid[1, 1])
    )
    looks = {name: run_look(number) for number, name in enumerate(accuracies)}
    for name, values in accuracies.items():
        steps, curves = _over_all_steps(values, offsets)
        _draw(whole, steps, curves, name, looks[name])
        later = values[:, 1:].mean(axis=(1, 2))
        _draw(after, np.array(offsets), later, name, looks[name])
    _, cycles, classes, _ = next(iter(accuracies.values())).shape
    turn = offsets[-1]
    style_steps(whole, "accuracy on the task at hand", cycles * classes * turn)
    for switch in range(1, cycles * classes):
        again = switch % classes == 0
        style = {"color": "black" if again else "#bbbbbb", "linewidth": 0.7}
        whole.axvline(switch * turn, zorder=0, **style)
    whole.set_title(
        "Every turn: mean and range of the seeds; lines at the switches, the black one "
        "where the classes begin again"
    )
    whole.legend(loc="lower right", fontsize=8, ncols=len(accuracies))
    style_steps(after, "accuracy on the new task", turn)
    after.set_xlabel("updates after a switch")
    after.set_title("After a switch, mean over the turns after the first cycle")
    _draw_drops(bars, results, looks)
    return figure


def _over_all_steps(
    values: np.ndarray, offsets: Sequence[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Returns steps and curves `[seeds, steps]`, with gaps where the task changes."""
    seeds, cycles, classes, _ = values.shape
    starts = np.arange(cycles * classes)[:, None] * offsets[-1]
    steps = starts + np.array([*offsets, offsets[-1]])
    gap = np.full((seeds, cycles * classes, 1), np.nan)
    curves = values.reshape(seeds, cycles * classes, -1)
    with_gaps = np.concatenate([curves, gap], axis=2)
    return steps.ravel(), with_gaps.reshape(seeds, -1)


def _draw(
    axes: Axes, steps: np.ndarray, curves: np.ndarray, name: str, look: dict[str, Any]
) -> None:
    axes.plot(steps, curves.mean(axis=0), label=name, **look)
    low, high = curves.min(axis=0), curves.max(axis=0)
    axes.fill_between(steps, low, high, color=look["color"], **BAND)


def _draw_drops(
    axes: Axes, results: dict[str, Any], looks: dict[str, dict[str, Any]]
) -> None:
    for place, (name, look) in enumerate(looks.items()):
        drop = results[name]["drop"]
        axes.bar(place, drop["mean"], 0.6, color=look["color"], alpha=0.75)
        axes.errorbar(place, drop["mean"], drop["sd"], color="black", capsize=5)
        seeds = drop["seeds"]
        axes.scatter(place + np.linspace(-0.12, 0.12, len(seeds)), seeds, **SEEDS)
    axes.set_xticks(range(len(looks)), list(looks))
    axes.set_ylabel("drop of accuracy")
    axes.set_title("Lost after a switch: mean, sd and every seed")
    axes.grid(alpha=0.25, axis="y")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
