import numpy as np
import pytest
from golden_files import load_golden, part
from loss_checks import (
    assert_equals_twin,
    assert_finite,
    assert_gradient,
    unit,
    value_and_gradients,
)

from tfgan_contra.losses import proxy_nca_loss
from tfgan_contra.losses.compiled import unit_rows

GOLDEN = load_golden("contragan/losses_pairwise_baselines.npz")
CASES = sorted({k.split("/")[0] for k in GOLDEN if k.startswith("proxy_nca")})
LABELS = np.array([0, 3, 1, 1, 2, 0])


def random_case():
    random = np.random.default_rng(3)
    embeddings = random.standard_normal((6, 7)).astype(np.float32)
    return embeddings, random.standard_normal((4, 7)).astype(np.float32)


def loss(embeddings, table):
    return proxy_nca_loss(embeddings, table, LABELS)


def twin(embeddings, table):
    """Row by row in float64."""
    total = 0.0
    for row, label in zip(np.asarray(embeddings, np.float64), LABELS, strict=True):
        own = unit(table)[label] @ (row / np.linalg.norm(row))
        others = np.delete(np.asarray(table, np.float64), label, axis=0)
        total += np.log(np.sum(np.exp(others @ row))) - own
    return total / len(LABELS)


@pytest.mark.parametrize("case", CASES)
def test_value_and_gradients_equal_the_authors(case):
    golden = part(GOLDEN, f"{case}/")

    def of_case(embeddings, table):
        if case.endswith("normalized"):
            embeddings = unit_rows(embeddings)
        return proxy_nca_loss(embeddings, table, golden["labels"])

    arrays = golden["embed_raw"], golden["class_table_raw"]
    value, gradients = value_and_gradients(of_case, *arrays)
    np.testing.assert_allclose(value, golden["loss"], rtol=1e-5)
    assert_gradient(gradients[0], golden["grad_embed_raw"])
    assert_gradient(gradients[1], golden["grad_class_table_raw"])


def test_equals_the_formula():
    assert_equals_twin(loss, twin, *random_case())


@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e12])
def test_finite_for_extreme_inputs(scale):
    embeddings, table = random_case()
    assert_finite(loss, embeddings * np.float32(scale), table)
    assert_finite(loss, embeddings, table * np.float32(scale))


def test_one_class_is_refused():
    embeddings, table = random_case()
    with pytest.raises(ValueError, match=r"two classes.*\(1, 7\)"):
        proxy_nca_loss(embeddings, table[:1], np.zeros(6, np.int32))
