"""Classes asked for against classes seen, and the renaming that explains them best.

Shapes: `N` images, `C` classes. A confusion matrix has one row per class that was asked
for, one column per class that was seen.
"""

import numpy as np
from scipy.optimize import linear_sum_assignment


def confusion_matrix(
    labels: np.ndarray, seen: np.ndarray, num_classes: int
) -> np.ndarray:
    """Returns how often class `labels` (row) was seen as class `seen` (column).

    Args:
        labels: `[N]` integers in [0, num_classes).
        seen: `[N]` integers in [0, num_classes).
        num_classes: C.

    Returns:
        `[C, C]` int64.
    """
    confusion = np.zeros((num_classes, num_classes), np.int64)
    np.add.at(confusion, (labels, seen), 1)
    return confusion


def best_relabelling(confusion: np.ndarray) -> np.ndarray:
    """Returns, for every class asked for, the class it should have been called.

    The one-to-one renaming under which most images are right; where several are
    equally good, any of them. A generator that permutes its classes, as the ContraGAN
    authors' own does, is wrong under the names asked for and right under these.

    Returns:
        `[C]` integers, a permutation.
    """
    return linear_sum_assignment(confusion, maximize=True)[1]


def overall_accuracy(
    confusion: np.ndarray, relabelling: np.ndarray | None = None
) -> float:
    """Returns the share of images seen as their class, or as its new name."""
    meant = np.arange(len(confusion)) if relabelling is None else relabelling
    right = confusion[np.arange(len(confusion)), meant].sum()
    return float(right / max(confusion.sum(), 1))


def class_accuracies(confusion: np.ndarray) -> np.ndarray:
    """Returns the share of right images of every class, 0 where there are none."""
    return np.diag(confusion) / np.maximum(confusion.sum(axis=1), 1)


def permuted_classes(confusion: np.ndarray, meant: np.ndarray) -> dict[int, int]:
    """Returns classes most of whose images show the class they are renamed to.

    (In a confused model every class has some best renaming, which says nothing.)

    Args:
        confusion: `[C, C]`, rows asked for, columns seen.
        meant: `[C]`, from `best_relabelling`.
    """
    shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
    return {
        asked: int(seen)
        for asked, seen in enumerate(meant)
        if asked != seen and shares[asked, seen] > 0.5
    }
