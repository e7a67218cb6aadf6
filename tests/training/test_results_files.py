"""From the files of a run folder to what its page shows."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from tfgan_contra.training.curve_rows import append_row
from tfgan_contra.training.pictures import save_png
from tfgan_contra.training.results_files import (
    MOST_EARLIER,
    MOST_SIDE,
    example_grid,
    gather_results,
    grid_cells,
    grid_path,
)
from tfgan_contra.training.runs import RunFolder


def row(first, size=(6, 5), channels=3):
    return [np.full((*size, channels), first + i, np.uint8) for i in range(4)]


def pixels(png):
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_cells_come_back_out_of_a_grid(channels):
    rows = [row(10, channels=channels), row(20, channels=channels)]
    grid = example_grid(rows)
    assert grid.shape == (2 * 8 + 2, 4 * 7 + 2, channels)
    assert (grid[:2] == 255).all() and (grid[:, -2:] == 255).all()
    cells = grid_cells(grid, 2, 4)
    for ours, theirs in zip(rows, cells, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_smaller_pictures_stand_on_white():
    rows = [[np.zeros((4, 9, 1), np.uint8), np.zeros((7, 3, 1), np.uint8)]]
    wide, high = grid_cells(example_grid(rows), 1, 2)[0]
    assert wide.shape == high.shape == (7, 9, 1)
    assert not wide[:4].any() and (wide[4:] == 255).all()
    assert not high[:, :3].any() and (high[:, 3:] == 255).all()


@pytest.fixture
def folder(tmp_path):
    folder = RunFolder(tmp_path)
    folder.config_file.write_text('{"seed": 1}')
    return folder


def save_grid(folder, step, first, size=(6, 5)):
    save_png(grid_path(folder, step), example_grid([row(first, size)]))


def test_everything_is_read_from_the_folder(folder):
    for step, first in ((2, 10), (4, 20), (6, 30)):
        save_grid(folder, step, first)
        append_row(folder.path / "curves.jsonl", step, {"losses/a": float(step)})
        evaluation = {"step": step, "headline": "f", "metrics": {"f": step / 2}}
        with open(folder.evaluations_file, "a") as file:
            file.write(json.dumps(evaluation) + "\n")
    (folder.samples / "other.png").write_bytes(b"")
    results = gather_results(folder, "title", {"a": "b"}, ["x | y"])
    assert results.title == "title" and results.facts == {"a": "b"}
    assert results.examples_step == 6 and results.examples[0].name == "x | y"
    values = [pixels(png)[0, 0, 0] for png in results.examples[0].pictures]
    assert values == [30, 31, 32, 33]
    assert [grid.step for grid in results.earlier] == [4, 2]
    np.testing.assert_array_equal(
        pixels(results.earlier[1].png), example_grid([row(10)])
    )
    assert results.curves == {"losses/a": [(2, 2.0), (4, 4.0), (6, 6.0)]}
    assert results.evaluation == evaluation
    assert results.scores == [(2, 1.0), (4, 2.0), (6, 3.0)]
    assert results.config == '{"seed": 1}'


def test_a_folder_without_anything_gives_an_empty_page(tmp_path):
    results = gather_results(RunFolder(tmp_path), "title", {}, ["x"])
    assert results.examples == [] and results.earlier == [] and results.curves == {}
    assert results.evaluation is None and results.config == ""


def test_of_many_grids_some_are_kept_from_all_over_the_run(folder):
    for step in range(1, 41):
        save_grid(folder, step, step)
    shown = [g.step for g in gather_results(folder, "", {}, ["x"]).earlier]
    assert len(shown) == MOST_EARLIER
    assert shown[0] == 39 and shown[-1] == 1
    assert shown == sorted(shown, reverse=True)
    gaps = -np.diff(shown)
    assert gaps.max() - gaps.min() <= 1


def test_large_pictures_are_shrunk_for_the_page(folder):
    save_grid(folder, 1, 10, (700, 900))
    save_grid(folder, 2, 20, (700, 900))
    results = gather_results(folder, "", {}, ["x"])
    assert pixels(results.examples[0].pictures[2]).shape == (498, MOST_SIDE, 3)
    assert pixels(results.earlier[0].png).shape[1] == MOST_SIDE
