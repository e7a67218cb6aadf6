"""Small line charts as SVG text, for pages that stand alone."""

import html
import math
from collections.abc import Sequence

WIDTH, HEIGHT = 300, 150
LEFT, RIGHT, TOP, BOTTOM = 52, 8, 24, 20
COLOUR = "#1f77b4"
# More points than pixels show nothing more.
MOST_POINTS = 240


def line_chart(title: str, points: Sequence[tuple[float, float]]) -> str:
    """Returns an `<svg>` of values over steps, with the ranges at the axes.

    Args:
        title: above the line; escaped here.
        points: (step, value) in the order of the steps; values that are no finite
            numbers are left out, long curves are shown by means of neighbours.
    """
    finite = [(float(x), float(y)) for x, y in points if math.isfinite(y)]
    caption = f'<text x="4" y="14" fill="#000">{html.escape(title)}</text>'
    if not finite:
        return _svg(caption + _text(LEFT, HEIGHT / 2, "no values yet", "start"))
    shown = _thinned(finite)
    low_x, high_x = _range([x for x, _ in shown])
    low_y, high_y = _range([y for _, y in shown])
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    places = " ".join(
        f"{LEFT + width * _part(x, low_x, high_x):.1f},"
        f"{TOP + height * (1 - _part(y, low_y, high_y)):.1f}"
        for x, y in shown
    )
    first, last = places.split(" ")[0].split(","), places.split(" ")[-1].split(",")
    frame = f"M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}"
    parts = [
        caption,
        f'<path d="{frame}" fill="none" stroke="#bbb"/>',
        f'<polyline points="{places}" fill="none" stroke="{COLOUR}"/>',
        f'<circle cx="{last[0]}" cy="{last[1]}" r="2.5" fill="{COLOUR}"/>',
        _text(LEFT - 4, TOP + 8, _number(high_y), "end"),
        _text(LEFT - 4, HEIGHT - BOTTOM, _number(low_y), "end"),
        _text(float(first[0]), HEIGHT - 6, f"{finite[0][0]:.0f}", "start"),
        _text(WIDTH - RIGHT, HEIGHT - 6, f"step {finite[-1][0]:.0f}", "end"),
        _text(WIDTH - RIGHT, 14, _number(finite[-1][1]), "end"),
    ]
    return _svg("".join(parts))


def _svg(inside: str) -> str:
    font = 'font-family="sans-serif" font-size="10" fill="#666"'
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" {font}>{inside}</svg>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{text}</text>'


def _number(value: float) -> str:
    return f"{value:.4g}"


def _range(values: list[float]) -> tuple[float, float]:
    return min(values), max(values)


def _part(value: float, low: float, high: float) -> float:
    """Returns where a value lies between the ends; in the middle if they are one."""
    return (value - low) / (high - low) if high > low else 0.5


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Returns means of as many neighbours as it takes to stay below `MOST_POINTS`."""
    together = -(-len(points) // MOST_POINTS)
    groups = [points[i : i + together] for i in range(0, len(points), together)]
    return [
        (sum(x for x, _ in group) / len(group), sum(y for _, y in group) / len(group))
        for group in groups
    ]
