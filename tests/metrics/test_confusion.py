import numpy as np
import pytest

from tfgan_contra.metrics.confusion import (
    best_relabelling,
    class_accuracies,
    confusion_matrix,
    overall_accuracy,
    permuted_classes,
)


def test_rows_are_asked_for_and_columns_seen():
    confusion = confusion_matrix(np.array([0, 0, 1, 2]), np.array([0, 2, 1, 1]), 3)
    assert confusion.tolist() == [[1, 0, 1], [0, 1, 0], [0, 1, 0]]
    assert overall_accuracy(confusion) == 0.5
    assert class_accuracies(confusion).tolist() == [0.5, 1.0, 0.0]


def test_the_renaming_is_one_to_one_and_best():
    confusion = np.array([[1, 8, 1], [0, 5, 5], [9, 1, 0]])
    meant = best_relabelling(confusion)
    assert meant.tolist() == [1, 2, 0]
    assert overall_accuracy(confusion, meant) == pytest.approx(22 / 30)
    # Class 1 shows class 2 in half of its images only.
    assert permuted_classes(confusion, meant) == {0: 1, 2: 0}


def test_a_class_without_images_is_never_right():
    confusion = np.array([[0, 0], [0, 3]])
    assert class_accuracies(confusion).tolist() == [0.0, 1.0]
    assert overall_accuracy(np.zeros((2, 2), int)) == 0.0
