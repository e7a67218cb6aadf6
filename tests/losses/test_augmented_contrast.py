import numpy as np
import pytest
from loss_checks import (
    assert_equals_twin,
    assert_finite,
    assert_parts_make_the_whole,
    unit,
    value_and_gradients,
)

from tfgan_contra.losses import conditional_contrastive_loss

LABELS = np.array([0, 1, 2, 1, 0, 2, 2, 3])
POSITIVES = ["same_class", "proxy"]


def random_rows():
    random = np.random.default_rng(3)
    return [random.standard_normal((8, 5)).astype(np.float32) for _ in range(3)]


def loss_of(positives="same_class", labels=LABELS, temperature=0.3):
    def loss(embeddings, proxies, augmented):
        return conditional_contrastive_loss(
            embeddings,
            proxies,
            labels,
            temperature=temperature,
            positives=positives,
            augmented_embeddings=augmented,
        )

    return loss


def twin_of(positives, temperature=0.3):
    """2C of June 2020 in float64: the augmented copy stands in both sums."""

    def twin(embeddings, proxies, augmented):
        e, p, a = unit(embeddings), unit(proxies), unit(augmented)
        others = np.exp(e @ e.T / temperature) * (1 - np.eye(len(e)))
        same = others * (LABELS[:, None] == LABELS[None, :])
        own = np.exp(np.sum(e * p, axis=1) / temperature)
        own += np.exp(np.sum(e * a, axis=1) / temperature)
        top = own + np.sum(same, axis=1) * (positives == "same_class")
        return np.mean(np.log(own + np.sum(others, axis=1)) - np.log(top))

    return twin


@pytest.mark.parametrize("positives", POSITIVES)
def test_equals_the_formula(positives):
    assert_equals_twin(loss_of(positives), twin_of(positives), *random_rows())


def test_parts_with_gathered_keys_make_the_whole():
    def of_rows(rows, embeddings, proxies, augmented):
        return conditional_contrastive_loss(
            embeddings[rows],
            proxies[rows],
            LABELS[rows],
            temperature=0.3,
            augmented_embeddings=augmented[rows],
            all_embeddings=embeddings,
            all_labels=LABELS,
            row_offset=rows.start,
        )

    assert_parts_make_the_whole(loss_of(), of_rows, *random_rows())


def test_a_near_copy_lowers_the_loss():
    embeddings, proxies, _ = random_rows()
    without = conditional_contrastive_loss(embeddings, proxies, LABELS, temperature=0.3)
    assert loss_of()(embeddings, proxies, embeddings) < without


def test_one_class_costs_nothing():
    value, _ = value_and_gradients(loss_of(labels=np.zeros(8, int)), *random_rows())
    assert value == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("temperature", [1e-4, 100.0])
@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e30])
def test_finite_for_extreme_inputs(temperature, scale):
    embeddings, proxies, augmented = random_rows()
    assert_finite(
        loss_of(temperature=temperature),
        embeddings,
        proxies,
        augmented * np.float32(scale),
    )
