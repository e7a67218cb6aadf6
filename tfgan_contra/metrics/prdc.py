"""Precision, recall, density and coverage by nearest neighbours, in blocks; NumPy.

Shapes: `N` real images, `M` fake images, `D` features.
"""

from collections.abc import Iterator

import numpy as np

from tfgan_contra.errors import DataError
from tfgan_contra.metrics.frechet import checked_pair

# Distances held at once: 128 MB of float64.
_BLOCK_ELEMENTS = 2**24


def prdc(
    real: np.ndarray,
    fake: np.ndarray,
    nearest_k: int = 5,
    *,
    block_rows: int | None = None,
) -> dict[str, float]:
    """Returns precision, recall, density and coverage of fake features.

    Around every image lies a ball that reaches its `nearest_k`-th neighbour of its own
    side. Precision: fakes inside any real ball. Recall: reals inside any fake ball.
    Density: real balls around a fake, divided by `nearest_k` (may exceed 1). Coverage:
    real balls that hold a fake. All are means over their side.

    Distances are taken in blocks of rows, so memory grows with N + M and not N x M.

    Args:
        real: `[N, D]`, more than `nearest_k` rows.
        fake: `[M, D]`, more than `nearest_k` rows.
        nearest_k: which neighbour sets the radius, 1 or more.
        block_rows: rows per block; None: as many as 128 MB hold.

    Returns:
        The four values under `precision`, `recall`, `density` and `coverage`.

    Raises:
        DataError: for other shapes, values that are not finite or too few rows.

    References: Kynkaanniemi et al., NeurIPS 2019 (arXiv 1904.06991) for precision and
    recall; Naeem et al., ICML 2020 (arXiv 2002.09797) for density and coverage.
    """
    real, fake = checked_pair(real, fake, minimum=1)
    if not 1 <= nearest_k < min(len(real), len(fake)):
        raise DataError(
            f"nearest_k must be 1 or more and below the {min(len(real), len(fake))} "
            f"images of the smaller side. Received: {nearest_k}"
        )
    # Distances do not see a common offset, but their rounding does.
    offset = real.mean(axis=0)
    real, fake = real - offset, fake - offset
    real_radii = _radii(real, nearest_k, block_rows)
    fake_radii = _radii(fake, nearest_k, block_rows)
    balls_around_fake = np.zeros(len(fake), np.int64)
    recalled = np.zeros(len(real), bool)
    covered = np.zeros(len(real), bool)
    for rows, distances in _blocks(real, fake, block_rows):
        inside_real = distances < real_radii[rows, None]
        balls_around_fake += inside_real.sum(axis=0)
        covered[rows] = inside_real.any(axis=1)
        recalled[rows] = (distances < fake_radii).any(axis=1)
    return {
        "precision": float((balls_around_fake > 0).mean()),
        "recall": float(recalled.mean()),
        "density": float(balls_around_fake.mean() / nearest_k),
        "coverage": float(covered.mean()),
    }


def _radii(rows: np.ndarray, nearest_k: int, block_rows: int | None) -> np.ndarray:
    """Squared distance of every row to its `nearest_k`-th neighbour."""
    radii = np.empty(len(rows))
    for block, distances in _blocks(rows, rows, block_rows):
        own = np.arange(block.start, block.stop)
        distances[np.arange(len(own)), own] = 0
        # The row itself is the nearest of all, at place 0.
        radii[block] = np.partition(distances, nearest_k, axis=1)[:, nearest_k]
    return radii


def _blocks(
    rows: np.ndarray, columns: np.ndarray, block_rows: int | None
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yields slices of `rows` and their squared distances to all `columns`."""
    step = block_rows or max(_BLOCK_ELEMENTS // len(columns), 1)
    squares = np.square(columns).sum(axis=1)
    for start in range(0, len(rows), step):
        block = slice(start, min(start + step, len(rows)))
        distances = rows[block] @ columns.T
        distances *= -2
        distances += squares
        distances += np.square(rows[block]).sum(axis=1)[:, None]
        yield block, np.maximum(distances, 0, out=distances)
