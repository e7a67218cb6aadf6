"""Kernel distance: the unbiased squared MMD with a cubic kernel; NumPy.

Shapes: `N` images, `D` features.
"""

from typing import NamedTuple

import numpy as np

from tfgan_contra.errors import DataError
from tfgan_contra.metrics.frechet import checked_pair


class KernelDistance(NamedTuple):
    """Mean and standard deviation of the estimate over random subsets.

    Attributes:
        mean: the kernel distance.
        std: its spread over the subsets (N - 1); 0 for a single subset.
        num_subsets: subsets that were drawn.
        subset_size: images per subset and side.
    """

    mean: float
    std: float
    num_subsets: int
    subset_size: int


def kernel_distance(
    features_real: np.ndarray,
    features_fake: np.ndarray,
    *,
    num_subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 0,
) -> float:
    """Returns the mean of `kernel_distance_and_std`; unbiased, so it may be negative.

    Reference: Binkowski et al., ICLR 2018 (arXiv 1801.01401).
    """
    return kernel_distance_and_std(
        features_real,
        features_fake,
        num_subsets=num_subsets,
        subset_size=subset_size,
        seed=seed,
    ).mean


def kernel_distance_and_std(
    features_real: np.ndarray,
    features_fake: np.ndarray,
    *,
    num_subsets: int = 100,
    subset_size: int = 1000,
    seed: int = 0,
) -> KernelDistance:
    """Returns the unbiased squared MMD under k(x, y) = (x . y / D + 1)^3.

    For a subset of n rows of each side: the mean of k over pairs of different real
    rows, plus the same over fake rows, minus twice the mean over real-fake pairs. That
    is averaged over `num_subsets` subsets drawn without replacement.

    Args:
        features_real: `[N1, D]`, 2 rows or more.
        features_fake: `[N2, D]`, 2 rows or more.
        num_subsets: how many subsets; one suffices where a subset holds every row.
        subset_size: rows of each side per subset; fewer where a side has fewer.
        seed: chooses the subsets.

    Raises:
        DataError: for other shapes, values that are not finite or counts out of range.

    Reference: Binkowski et al., ICLR 2018 (arXiv 1801.01401).
    """
    real, fake = checked_pair(features_real, features_fake, minimum=2)
    if num_subsets < 1 or subset_size < 2:
        raise DataError(
            "num_subsets must be 1 or more and subset_size 2 or more. "
            f"Received: {num_subsets} and {subset_size}"
        )
    size = min(subset_size, len(real), len(fake))
    if size == len(real) == len(fake):
        num_subsets = 1
    random = np.random.default_rng(seed)
    values = np.empty(num_subsets)
    for i in range(num_subsets):
        x = real[random.choice(len(real), size, replace=False)]
        y = fake[random.choice(len(fake), size, replace=False)]
        values[i] = _unbiased_squared_mmd(x, y)
    std = float(values.std(ddof=1)) if num_subsets > 1 else 0.0
    return KernelDistance(float(values.mean()), std, num_subsets, size)


def _unbiased_squared_mmd(x: np.ndarray, y: np.ndarray) -> float:
    pairs = len(x) * (len(x) - 1)
    within = sum(k.sum() - np.trace(k) for k in (_cubic(x, x), _cubic(y, y))) / pairs
    return float(within - 2 * _cubic(x, y).mean())


def _cubic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    base = x @ y.T / x.shape[1] + 1
    return base * base * base
