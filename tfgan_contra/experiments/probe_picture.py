"""The linear probe as one picture."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from tfgan_contra.analyses import plots
from tfgan_contra.comparison.panels import draw_line, run_look, style_steps
from tfgan_contra.experiments.block_features import PIXELS

GREY = "#777777"
RANDOM: dict[str, Any] = {"linestyle": (0, (4, 2)), "marker": "", "linewidth": 1.2}
DOTTED: dict[str, Any] = {"linestyle": ":", "color": "black", "linewidth": 1.4}


def draw_probe(results: dict[str, Any], num_architectures: int) -> Any:
    """Draws accuracies over steps (left) and over blocks (right).

    Args:
        results: of the probe: `pixels`, and `runs` as `linear_probe.summary` gives
            them.
        num_architectures: different discriminators; with one, all random ones are one.

    Returns:
        A `matplotlib.figure.Figure`.
    """
    runs = results["runs"]
    figure = plots.new_figure(12, 5, "linear probe of the discriminator's features")
    left, right = figure.subplots(1, 2)
    looks = {name: run_look(number) for number, name in enumerate(runs)}
    greys = {name: GREY for name in runs} if num_architectures == 1 else {}
    random_colors = {name: look["color"] for name, look in looks.items()} | greys
    for name, run in runs.items():
        points = dict(
            zip(run["steps"], run["over_steps"][run["best_block"]], strict=True)
        )
        draw_line(left, points, **looks[name])
        left.axhline(run["random_d"], color=random_colors[name], **RANDOM)
        draw_line(right, _by_number(run["at_last_step"]), **looks[name])
        random = _by_number(run["random_d_by_block"])
        draw_line(right, random, **RANDOM, color=random_colors[name])
    for axes in (left, right):
        axes.axhline(results[PIXELS], **DOTTED)
    longest = max(run["last_step"] for run in runs.values())
    style_steps(left, "top-1 accuracy on held-out images", max(longest, 1))
    left.set_title("Over training: each run's best block")
    _style_blocks(right, runs)
    entries = [
        Line2D([], [], label=f"{name} ({_words(runs[name]['best_block'])})", **look)
        for name, look in looks.items()
    ]
    color = GREY if num_architectures == 1 else "black"
    entries += [
        Line2D([], [], label="random D", **(RANDOM | {"color": color})),
        Line2D([], [], label="raw pixels", **DOTTED),
    ]
    figure.legend(handles=entries, loc="outside lower center", ncols=4)
    return figure


def _style_blocks(axes: Axes, runs: dict[str, Any]) -> None:
    numbers = {n for run in runs.values() for n in _by_number(run["at_last_step"])}
    style_steps(axes, "", max(numbers))
    axes.set_xlim(min(numbers) - 0.3, max(numbers) + 0.3)
    axes.set_xticks(sorted(numbers))
    axes.set_xlabel("block of the discriminator")
    axes.set_title("By block, at the last checkpoint")


def _by_number(values: dict[str, float]) -> dict[int, float]:
    return {int(name.removeprefix("block")): value for name, value in values.items()}


def _words(block: str) -> str:
    return f"block {block.removeprefix('block')}"
