"""The page of a translation run's results: one HTML file that stands alone.

Pictures are embedded, curves are SVG; nothing is fetched and no script runs. Everything
that comes from outside is escaped here.
"""

import base64
import dataclasses
import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Optional

from tfgan_contra.training.curve_rows import Curves
from tfgan_contra.training.line_charts import line_chart

# Bytes of the embedded pictures; text comes to far less than the rest of 10 MB.
PICTURE_BYTES = 9_000_000
# One row per example; the authors' users look for these.
COLUMNS = ("input", "translation", "identity", "target")

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#222;max-width:1100px;margin:2em auto;
padding:0 1em}
h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}
table{border-collapse:collapse}td,th{padding:.2em .8em .2em 0;text-align:left;
vertical-align:top}
.examples img{display:block;min-width:128px;max-width:250px;image-rendering:pixelated}
.grids figure{display:inline-block;margin:0 1.5em 1.5em 0;vertical-align:top}
.grids img{max-width:100%;min-width:240px;image-rendering:pixelated}
.charts{display:flex;flex-wrap:wrap;gap:10px;margin:1em 0}
.charts svg{width:300px;height:150px;background:#fafafa}
figcaption,.note{color:#666;font-size:.9em}pre{overflow:auto;background:#f4f4f4}
"""


class Example(NamedTuple):
    """One row of the table of examples.

    Attributes:
        name: what the pictures are of.
        pictures: PNG bytes, one for each of `COLUMNS`.
    """

    name: str
    pictures: tuple[bytes, ...]


class Grid(NamedTuple):
    """The examples of one step, as one picture.

    Attributes:
        step: the training step.
        png: PNG bytes.
    """

    step: int
    png: bytes


@dataclasses.dataclass(frozen=True)
class Results:
    """What the page shows.

    Attributes:
        title: the page's.
        facts: named lines below it.
        evaluation: the newest row of `evaluations.jsonl`, or None.
        scores: the headline score over the steps.
        curves: what was logged, by name.
        examples: rows of the newest table of examples.
        examples_step: its training step.
        earlier: the grids of other steps, newest first; too many are left out.
        config: the run's config as text.
    """

    title: str
    facts: Mapping[str, str]
    evaluation: Optional[Mapping[str, Any]] = None
    scores: Sequence[tuple[int, float]] = ()
    curves: Curves = dataclasses.field(default_factory=dict)
    examples: Sequence[Example] = ()
    examples_step: int = 0
    earlier: Sequence[Grid] = ()
    config: str = ""


def results_page(results: Results) -> str:
    """Returns the HTML text."""
    title = html.escape(results.title)
    parts = [
        f"<h1>{title}</h1>",
        _table(results.facts.items()),
        _examples(results),
        _evaluation(results),
        _charts(results.curves),
        _earlier(results),
        "<h2>Config</h2><details><summary>config.json</summary>"
        f"<pre>{html.escape(results.config)}</pre></details>",
    ]
    body = "\n".join(part for part in parts if part)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>{_STYLE}</style></head>\n"
        f"<body>\n{body}\n</body></html>\n"
    )


def fitting(pictures: Sequence[bytes], room: int = PICTURE_BYTES) -> int:
    """Returns how many of the first pictures fit into so many bytes once embedded."""
    for number, png in enumerate(pictures):
        room -= _embedded_bytes(png)
        if room < 0:
            return number
    return len(pictures)


def _examples(results: Results) -> str:
    """Returns the newest table: the names, and a row of pictures for each example."""
    if not results.examples:
        return ""
    head = "".join(f"<th>{html.escape(name)}</th>" for name in COLUMNS)
    rows = []
    for example in results.examples:
        cells = "".join(
            f"<td>{_image(png, f'{column} {example.name}')}</td>"
            for column, png in zip(COLUMNS, example.pictures, strict=True)
        )
        name = f'<td colspan="{len(COLUMNS)}" class="note">{html.escape(example.name)}'
        rows.append(f"<tr>{cells}</tr><tr>{name}</td></tr>")
    return (
        f"<h2>Translations at step {results.examples_step}</h2>"
        '<p class="note">Fixed test pictures, the same at every step. Identity is the '
        "translation of the target, which should change little.</p>"
        f'<table class="examples"><tr>{head}</tr>{"".join(rows)}</table>'
    )


def _evaluation(results: Results) -> str:
    row = results.evaluation
    if row is None:
        return ""
    text = (
        f"<h2>Evaluation at step {int(row['step'])}</h2>"
        f"{_table(row['metrics'].items())}"
    )
    if row.get("per_class"):
        text += f"<h3>Accuracy by class</h3>{_table(row['per_class'].items())}"
    if len(results.scores) > 1:
        chart = line_chart(row["headline"], results.scores)
        text += f'<div class="charts">{chart}</div>'
    return (
        f"{text}<details><summary>How these numbers were taken</summary>"
        f"{_table(row['protocol'].items())}</details>"
    )


def _charts(curves: Curves) -> str:
    if not curves:
        return ""
    groups = list(dict.fromkeys(map(_group, curves)))
    names = sorted(curves, key=lambda name: (groups.index(_group(name)), *_order(name)))
    charts = "".join(line_chart(name, curves[name]) for name in names)
    return (
        "<h2>Curves</h2>"
        '<p class="note">Raw losses, before their weights; means since the row before. '
        f'The newest value stands at the right.</p><div class="charts">{charts}</div>'
    )


def _group(name: str) -> str:
    return name.partition("/")[0]


def _order(name: str) -> list[tuple[bool, str]]:
    """Returns what sorts `layer_4` before `layer_12`."""
    parts = re.findall(r"\d+|\D+", name)
    return [(part.isdecimal(), part.zfill(9)) for part in parts]


def _earlier(results: Results) -> str:
    """Returns the other steps' grids, as many as there is room for."""
    own = [png for example in results.examples for png in example.pictures]
    room = PICTURE_BYTES - sum(map(_embedded_bytes, own))
    shown = results.earlier[: fitting([grid.png for grid in results.earlier], room)]
    if not shown:
        return ""
    figures = "".join(
        f"<figure>{_image(grid.png, f'grid of step {grid.step}')}"
        f"<figcaption>step {grid.step}</figcaption></figure>"
        for grid in shown
    )
    columns = html.escape(" | ".join(COLUMNS))
    return (
        f'<h2>Earlier steps</h2><p class="note">Columns: {columns}</p>'
        f'<div class="grids">{figures}</div>'
    )


def _table(rows: Iterable[tuple[str, Any]]) -> str:
    cells = "".join(
        f"<tr><th>{html.escape(str(name))}</th>"
        f"<td>{html.escape(_text(value))}</td></tr>"
        for name, value in rows
    )
    return f"<table>{cells}</table>"


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.5g}"
    return value if isinstance(value, str) else json.dumps(value)


def _image(png: bytes, name: str) -> str:
    data = base64.b64encode(png).decode("ascii")
    return f'<img src="data:image/png;base64,{data}" alt="{html.escape(name)}">'


def _embedded_bytes(png: bytes) -> int:
    return 4 * (-(-len(png) // 3))
