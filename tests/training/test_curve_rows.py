"""The file of curves: torn lines, resumed runs."""

import math

from tfgan_contra.training.curve_rows import (
    append_row,
    curves,
    forget_rows_after,
    read_rows,
)


def test_rows_come_back_as_curves(tmp_path):
    path = tmp_path / "curves.jsonl"
    assert read_rows(path) == []
    append_row(path, 2, {"losses/a": 1.0, "losses/b": 0.5})
    append_row(path, 4, {"losses/a": math.nan, "losses/c": 3.0})
    by_name = curves(read_rows(path))
    assert list(by_name) == ["losses/a", "losses/b", "losses/c"]
    assert by_name["losses/a"][0] == (2, 1.0) and by_name["losses/c"] == [(4, 3.0)]
    assert math.isnan(by_name["losses/a"][1][1])


def test_a_torn_line_costs_only_itself(tmp_path):
    path = tmp_path / "curves.jsonl"
    append_row(path, 2, {"a": 1.0})
    path.write_text(path.read_text() + '{"step": 4, "a"\n[1]\n{"a": 2}\n')
    append_row(path, 6, {"a": 3.0})
    assert curves(read_rows(path)) == {"a": [(2, 1.0), (6, 3.0)]}


def test_a_resumed_run_forgets_the_rows_after_its_checkpoint(tmp_path):
    path = tmp_path / "curves.jsonl"
    forget_rows_after(path, 0)
    assert not path.exists()
    for step in (2, 4, 6):
        append_row(path, step, {"a": float(step)})
    forget_rows_after(path, 4)
    append_row(path, 6, {"a": 60.0})
    assert curves(read_rows(path)) == {"a": [(2, 2.0), (4, 4.0), (6, 60.0)]}
