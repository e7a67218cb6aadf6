"""The curves of a run as a file of JSON lines, one for every row of the log."""

import json
from pathlib import Path
from typing import Any

from tfgan_contra.training.runs import write_text

ROWS_FILE = "curves.jsonl"

# From a name to (step, value) in the order of the steps.
Curves = dict[str, list[tuple[int, float]]]


def append_row(path: Path, step: int, values: dict[str, float]) -> None:
    """Adds the values of a step."""
    with open(path, "a") as file:
        file.write(json.dumps({"step": step, **values}) + "\n")


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Returns the rows, oldest first, without those that were torn; none: no file."""
    if not path.exists():
        return []
    rows = []
    for line in path.read_text().splitlines():
        try:
            row = json.loads(line)
            row["step"]
        except (ValueError, KeyError, TypeError):
            continue  # A process was killed while it wrote this line.
        rows.append(row)
    return rows


def forget_rows_after(path: Path, step: int) -> None:
    """Drops the rows that a killed process wrote after its last checkpoint."""
    rows = read_rows(path)
    kept = [row for row in rows if row["step"] <= step]
    if len(kept) < len(rows):
        write_text(path, "".join(json.dumps(row) + "\n" for row in kept))


def curves(rows: list[dict[str, Any]]) -> Curves:
    """Returns the rows' values by name, in the order in which names first appear."""
    by_name: Curves = {}
    for row in rows:
        for name, value in row.items():
            if name != "step":
                by_name.setdefault(name, []).append((row["step"], value))
    return by_name
