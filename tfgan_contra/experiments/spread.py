"""Numbers of several seeds, in one form in every report."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def spread_of(values: Sequence[float] | np.ndarray) -> dict[str, Any]:
    """Returns the mean and the spread of one number per seed.

    Args:
        values: one or more numbers, by seed.

    Returns:
        `mean`, `sd` (of a sample; 0 for one value), `min`, `max` and the `seeds`
        themselves, rounded to six places.
    """
    numbers = np.asarray(values, np.float64)
    sd = numbers.std(ddof=1) if len(numbers) > 1 else 0.0
    found = {
        "mean": numbers.mean(),
        "sd": sd,
        "min": numbers.min(),
        "max": numbers.max(),
    }
    rounded: dict[str, Any] = {name: round(float(v), 6) for name, v in found.items()}
    return rounded | {"seeds": np.round(numbers, 6).tolist()}
