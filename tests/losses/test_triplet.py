import numpy as np
import pytest
from loss_checks import (
    assert_equals_twin,
    assert_finite,
    assert_parts_make_the_whole,
    unit,
    value_and_gradients,
)

from tfgan_contra.losses import triplet_loss

# Three classes, and one image (the last) that is alone in its class.
LABELS = np.array([0, 1, 2, 1, 0, 2, 2, 0, 1, 3])


def random_rows(rows=10):
    random = np.random.default_rng(3)
    return random.standard_normal((rows, 5)).astype(np.float32)


def loss_of(labels, margin=1.0):
    return lambda embeddings: triplet_loss(embeddings, labels, margin=margin)


def twin_of(labels, margin=1.0):
    """Anchor by anchor in float64, as TensorFlow Addons' hard triplet loss."""

    def twin(embeddings):
        e, total = unit(embeddings), 0.0
        for i, anchor in enumerate(e):
            distances = np.linalg.norm(e - anchor, axis=1)
            same = (labels == labels[i]) & (np.arange(len(e)) != i)
            positive = distances[same].max() if same.any() else 0.0
            other = labels != labels[i]
            negative = distances[other].min() if other.any() else distances.max()
            total += max(positive - negative + margin, 0.0)
        return total / len(e)

    return twin


@pytest.mark.parametrize("margin", [0.0, 0.3, 1.0])
def test_equals_the_formula(margin):
    assert_equals_twin(loss_of(LABELS, margin), twin_of(LABELS, margin), random_rows())


def test_anchors_without_positives_count():
    labels = np.arange(10)
    assert_equals_twin(loss_of(labels), twin_of(labels), random_rows())


@pytest.mark.parametrize("rows", [1, 10])
def test_one_class_costs_the_margin_and_nothing_moves(rows):
    labels = np.zeros(rows, np.int32)
    value, (gradient,) = value_and_gradients(loss_of(labels, 0.7), random_rows(rows))
    assert value == pytest.approx(0.7)
    assert not np.any(gradient)


def test_parts_with_gathered_keys_make_the_whole():
    def of_rows(rows, embeddings):
        return triplet_loss(
            embeddings[rows],
            LABELS[rows],
            all_embeddings=embeddings,
            all_labels=LABELS,
            row_offset=rows.start,
        )

    assert_parts_make_the_whole(loss_of(LABELS), of_rows, random_rows())


@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e30])
def test_finite_for_extreme_inputs(scale):
    assert_finite(loss_of(LABELS), random_rows() * np.float32(scale))


def test_equal_images_have_a_finite_gradient():
    rows = random_rows()
    rows[:] = rows[0]
    value, (gradient,) = value_and_gradients(loss_of(LABELS), rows)
    assert value == pytest.approx(1.0)
    assert np.all(np.isfinite(gradient))


def test_distances_of_near_images_are_exact():
    # 1 - cos is 5e-9 here, which float32 rounds to 0 or 6e-8.
    rows = np.array([[1, 0], [1, 1e-4], [-1, 0]], np.float32)
    value = triplet_loss(rows, np.array([0, 0, 1]), margin=2.0)
    assert float(value) == pytest.approx((2 * 1e-4 + 0.0) / 3, rel=1e-2)


def test_keys_without_labels_are_refused():
    rows = random_rows()
    with pytest.raises(ValueError, match="belong together.*only all_embeddings"):
        triplet_loss(rows, LABELS, all_embeddings=rows)
