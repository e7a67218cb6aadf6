"""The page of results: everything on it, nothing from elsewhere, all escaped."""

import base64
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from tfgan_contra.training.pictures import png_bytes
from tfgan_contra.training.results_page import (
    COLUMNS,
    PICTURE_BYTES,
    Example,
    Grid,
    Results,
    fitting,
    results_page,
)

VOID = {"meta", "img", "br"}


class Reader(HTMLParser):
    """Collects tags, texts and pictures; notices what is not closed in order."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.texts, self.images = [], [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag == "img":
            self.images.append(dict(attributes))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return "\n".join(self.texts)

    def pictures(self):
        prefix = "data:image/png;base64,"
        assert all(image["src"].startswith(prefix) for image in self.images)
        return [base64.b64decode(i["src"].removeprefix(prefix)) for i in self.images]


def picture(value):
    return png_bytes(np.full((4, 4, 3), value, np.uint8))


def example(name, first):
    return Example(name, tuple(picture(first + i) for i in range(len(COLUMNS))))


EVALUATION = {
    "step": 400,
    "headline": "frechet_classifier",
    "metrics": {"frechet_classifier": 12.345678, "recall": 0.25},
    "protocol": {"n_real": 148, "domains": ["plain", "painted"], "seed": 0},
    "per_class": {"three": 0.75},
}
RESULTS = Results(
    "CUT: plain to painted",
    {"data": "bundled:digit_styles"},
    evaluation=EVALUATION,
    scores=[(200, 20.0), (400, 12.3)],
    curves={"losses/g_nce": [(100, 3.0), (200, 2.0)], "d_accuracy/fake": [(100, 0.5)]},
    examples=[example("a.png | b.png", 10), example("c.png | d.png", 20)],
    examples_step=400,
    earlier=[Grid(200, picture(1)), Grid(100, picture(2))],
    config='{"seed": 0}',
)


def test_the_page_shows_everything():
    reader = Reader(results_page(RESULTS))
    for words in (
        "CUT: plain to painted",
        "bundled:digit_styles",
        "Translations at step 400",
        "a.png | b.png",
        "Evaluation at step 400",
        "12.346",
        "frechet_classifier",
        "n_real",
        '["plain", "painted"]',
        "three",
        "losses/g_nce",
        "d_accuracy/fake",
        "step 200",
        '{"seed": 0}',
        *COLUMNS,
    ):
        assert words in reader.text, words
    assert reader.tags.count("svg") == 3
    expected = [png for row in RESULTS.examples for png in row.pictures]
    expected += [grid.png for grid in RESULTS.earlier]
    assert reader.pictures() == expected


def test_the_page_stands_alone():
    page = results_page(RESULTS)
    assert not re.search(r"https?:|<script|<link|@import|url\(", page)


def test_a_run_that_has_just_begun_has_a_page():
    reader = Reader(results_page(Results("CUT", {})))
    assert "CUT" in reader.text and reader.images == [] and "svg" not in reader.tags
    assert "Evaluation" not in reader.text and "Earlier" not in reader.text


def test_everything_from_outside_is_escaped():
    bad = '<b onload="x">&amp;\''
    results = Results(
        bad,
        {bad: bad},
        evaluation={
            "step": 1,
            "headline": bad,
            "metrics": {bad: 1.0},
            "protocol": {bad: bad, "domains": [bad]},
            "per_class": {bad: 0.5},
        },
        scores=[(1, 1.0), (2, 2.0)],
        curves={bad: [(1, 1.0)]},
        examples=[example(bad, 0)],
        config=bad,
    )
    page = results_page(results)
    assert bad not in page and "<b " not in page
    reader = Reader(page)
    assert reader.texts.count(bad) >= 9
    assert reader.images[0]["alt"] == f"input {bad}"


def test_older_grids_give_way_to_keep_the_page_small():
    big = b"\x89PNG" + bytes(1_800_000)
    results = Results(
        "CUT",
        {},
        examples=[Example("a", (big,) * len(COLUMNS))],
        earlier=[Grid(step, big) for step in (30, 20, 10)],
    )
    assert len(results_page(results)) < 10_000_000
    smaller = Results("CUT", {}, earlier=[Grid(step, big) for step in (50, 40, 30, 20)])
    page = results_page(smaller)
    assert len(page) < 10_000_000
    reader = Reader(page)
    assert "step 50" in reader.text and "step 20" not in reader.text


@pytest.mark.parametrize(("room", "count"), [(0, 0), (3, 0), (4, 1), (8, 2), (99, 3)])
def test_pictures_fit_as_they_are_embedded(room, count):
    assert fitting([b"abc", b"d", b"efg"], room) == count
    assert PICTURE_BYTES < 10_000_000


def test_curves_stand_by_group_and_in_the_order_of_their_numbers():
    names = ["losses/a_12", "losses/a", "losses/a_4", "accuracy/b", "losses/a_0"]
    page = results_page(Results("CUT", {}, curves={n: [(1, 1.0)] for n in names}))
    shown = [text for text in Reader(page).texts if text in names]
    ordered = ["losses/a", "losses/a_0", "losses/a_4", "losses/a_12", "accuracy/b"]
    assert shown == ordered
