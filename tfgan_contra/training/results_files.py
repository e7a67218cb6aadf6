"""Gathers a run folder's files for its page of results; survives a resume by that."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tfgan_contra.data.preparation import pil_image
from tfgan_contra.training.curve_rows import ROWS_FILE, curves, read_rows
from tfgan_contra.training.pictures import png_bytes
from tfgan_contra.training.results_page import COLUMNS, Example, Grid, Results
from tfgan_contra.training.runs import RunFolder

RESULTS_PAGE = "results.html"
GAP = 2
# Grids of earlier steps: so many, spread over the run.
MOST_EARLIER = 12
# Pictures on the page are no wider and no higher than this.
MOST_SIDE = 640

_GRID_NAME = re.compile(r"step-(\d+)\.png")


def grid_path(folder: RunFolder, step: int) -> Path:
    """Returns where the grid of a step lies."""
    return folder.samples / f"step-{step:08d}.png"


def example_grid(rows: Sequence[Sequence[np.ndarray]]) -> np.ndarray:
    """Lays rows of pictures out in cells of one size, on white.

    Args:
        rows: uint8 `[h, w, C]` of any sizes and one C; as many in each row.

    Returns:
        uint8 `[H, W, C]`.
    """
    height = max(picture.shape[0] for row in rows for picture in row)
    width = max(picture.shape[1] for row in rows for picture in row)
    shape = len(rows) * (height + GAP) + GAP, len(rows[0]) * (width + GAP) + GAP
    grid = np.full((*shape, rows[0][0].shape[2]), 255, np.uint8)
    for r, row in enumerate(rows):
        for c, picture in enumerate(row):
            top, left = GAP + r * (height + GAP), GAP + c * (width + GAP)
            grid[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    return grid


def grid_cells(grid: np.ndarray, rows: int, columns: int) -> list[list[np.ndarray]]:
    """Returns the cells of an `example_grid`, row by row."""
    height = (grid.shape[0] - GAP) // rows
    width = (grid.shape[1] - GAP) // columns
    return [
        [
            grid[r * height + GAP : (r + 1) * height, c * width + GAP : (c + 1) * width]
            for c in range(columns)
        ]
        for r in range(rows)
    ]


def gather_results(
    folder: RunFolder, title: str, facts: dict[str, str], names: Sequence[str]
) -> Results:
    """Reads what the page shows out of a run folder.

    Args:
        folder: the run folder.
        title: of the page.
        facts: named lines to show.
        names: of the examples, one for each row of the grids.
    """
    evaluations = folder.evaluations()
    newest = evaluations[-1] if evaluations else None
    steps = _grid_steps(folder)
    examples = _examples(folder, steps[0], names) if steps else []
    return Results(
        title,
        facts,
        evaluation=newest,
        scores=_scores(evaluations),
        curves=curves(read_rows(folder.path / ROWS_FILE)),
        examples=examples,
        examples_step=steps[0] if steps else 0,
        earlier=[
            Grid(step, _small_png(_pixels(grid_path(folder, step))))
            for step in _spread(steps[1:])
        ],
        config=folder.config_file.read_text() if folder.config_file.exists() else "",
    )


def _grid_steps(folder: RunFolder) -> list[int]:
    """Returns the steps that have a grid, newest first."""
    if not folder.samples.is_dir():
        return []
    matches = (_GRID_NAME.fullmatch(path.name) for path in folder.samples.iterdir())
    return sorted((int(match[1]) for match in matches if match), reverse=True)


def _examples(folder: RunFolder, step: int, names: Sequence[str]) -> list[Example]:
    grid = _pixels(grid_path(folder, step))
    cells = grid_cells(grid, len(names), len(COLUMNS))
    return [
        Example(name, tuple(_small_png(cell) for cell in row))
        for name, row in zip(names, cells, strict=True)
    ]


def _pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image).reshape(image.height, image.width, -1)


def _small_png(pixels: np.ndarray) -> bytes:
    if max(pixels.shape) <= MOST_SIDE:
        return png_bytes(pixels)
    image = pil_image(pixels)
    image.thumbnail((MOST_SIDE, MOST_SIDE), Image.Resampling.BOX)
    return png_bytes(np.asarray(image).reshape(image.height, image.width, -1))


def _spread(steps: Sequence[int]) -> list[int]:
    """Returns at most `MOST_EARLIER` of the steps, evenly spread, in their order."""
    if len(steps) <= MOST_EARLIER:
        return list(steps)
    places = np.linspace(0, len(steps) - 1, MOST_EARLIER).round().astype(int)
    return [steps[place] for place in places]


def _scores(evaluations: list[dict[str, Any]]) -> list[tuple[int, float]]:
    """Returns the newest headline's score by step."""
    if not evaluations:
        return []
    name = evaluations[-1]["headline"]
    return [
        (row["step"], row["metrics"][name])
        for row in evaluations
        if name in row["metrics"]
    ]
