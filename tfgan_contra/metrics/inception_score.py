"""Inception score of class logits; NumPy.

Under a classifier other than the Inception graph the number is another one: name it
after that classifier.

Shapes: `N` images, `C` classes.
"""

import numpy as np

from tfgan_contra.errors import DataError
from tfgan_contra.metrics.frechet import checked_features


def inception_score(logits: np.ndarray, splits: int = 1) -> float:
    """Returns the mean over `splits` of exp(mean KL(p(class | image) || p(class))).

    Args:
        logits: `[N, C]` before the softmax.
        splits: consecutive parts that are scored on their own, 1 to N.

    Returns:
        A value from 1 (all images look alike, or unsure) to C.

    Raises:
        DataError: for other shapes, values that are not finite or too many splits.

    Reference: Salimans et al., NeurIPS 2016 (arXiv 1606.03498).
    """
    return float(_scores(logits, splits).mean())


def inception_score_std(logits: np.ndarray, splits: int = 10) -> float:
    """Returns the standard deviation (N - 1) of the score over 2 or more `splits`.

    Raises:
        DataError: as `inception_score`, and for a single split, which has no spread.
    """
    if splits < 2:
        raise DataError(f"A spread needs splits of 2 or more. Received: {splits}")
    return float(_scores(logits, splits).std(ddof=1))


def _scores(logits: np.ndarray, splits: int) -> np.ndarray:
    rows = checked_features(logits, "logits", minimum=1)
    if not 1 <= splits <= len(rows):
        raise DataError(
            f"splits must be 1 to {len(rows)}, the number of images. Received: {splits}"
        )
    shifted = rows - rows.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return np.array([_score(part) for part in np.array_split(log_p, splits)])


def _score(log_p: np.ndarray) -> float:
    p = np.exp(log_p)
    # A class that no image can have adds nothing: 0 * log(0 / 0) is taken as 0.
    log_marginal = np.log(np.maximum(p.mean(axis=0), np.finfo(np.float64).tiny))
    return float(np.exp((p * (log_p - log_marginal)).sum(axis=1).mean()))
