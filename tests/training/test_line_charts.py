"""Charts as SVG: well formed, inside their frame, honest about what is not a number."""

import math
import xml.etree.ElementTree as ElementTree

import pytest

from tfgan_contra.training.line_charts import HEIGHT, MOST_POINTS, WIDTH, line_chart


def parsed(*arguments):
    return ElementTree.fromstring(line_chart(*arguments))


def places(chart):
    (line,) = chart.findall("polyline")
    return [tuple(map(float, pair.split(","))) for pair in line.get("points").split()]


def texts(chart):
    return [text.text for text in chart.findall("text")]


def test_values_lie_between_the_ends():
    chart = parsed("loss", [(10, 1.0), (20, 3.0), (30, 2.0)])
    points = places(chart)
    (x0, y0), (x1, y1), (x2, y2) = points
    assert x0 < x1 < x2 and x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    # Up is down in SVG.
    assert y1 < y2 < y0 and y2 == pytest.approx((y0 + y1) / 2, abs=0.2)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
    assert texts(chart) == ["loss", "3", "1", "10", "step 30", "2"]


def test_names_are_escaped():
    name = '<script>&"'
    assert name not in line_chart(name, [(1, 1.0)])
    assert texts(parsed(name, [(1, 1.0)]))[0] == name


@pytest.mark.parametrize("points", [[], [(1, math.nan), (2, math.inf)]])
def test_nothing_to_show_is_said(points):
    chart = parsed("loss", points)
    assert texts(chart) == ["loss", "no values yet"]
    assert not chart.findall("polyline")


def test_what_is_no_number_is_left_out():
    assert len(places(parsed("a", [(1, 1.0), (2, math.nan), (3, 2.0)]))) == 2


def test_constant_and_single_values_stand_in_the_middle():
    for points in ([(5, 2.0)], [(5, 2.0), (6, 2.0)]):
        heights = {y for _, y in places(parsed("a", points))}
        assert len(heights) == 1 and 60 < heights.pop() < 100


def test_long_curves_are_means_of_neighbours():
    chart = parsed("a", [(step, float(step % 2)) for step in range(10_000)])
    points = places(chart)
    assert MOST_POINTS / 2 < len(points) <= MOST_POINTS
    assert len({y for _, y in points}) == 1
