import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part
from loss_checks import (
    assert_equals_twin,
    assert_finite,
    assert_gradient,
    assert_parts_make_the_whole,
    unit,
    value_and_gradients,
)

from tfgan_contra.losses import data_to_data_cross_entropy_loss

GOLDEN = load_golden("contragan/losses_d2dce.npz")
CASES = sorted({key.split("/")[0] for key in GOLDEN})
OPTIONS = {"temperature": 0.4, "positive_margin": 0.9}
LABELS = np.random.default_rng(5).integers(0, 4, 12)


def random_rows(seed=3):
    random = np.random.default_rng(seed)
    return [random.standard_normal((12, 7)).astype(np.float32) for _ in range(2)]


def golden_case(case, form):
    golden = part(GOLDEN, f"{case}/")
    labels = golden["labels"]

    def loss(embeddings, table):
        return data_to_data_cross_entropy_loss(
            embeddings,
            tf.gather(table, labels),
            labels,
            temperature=float(golden["temperature"]),
            positive_margin=float(golden["m_p"]),
            form=form,
        )

    return golden, loss, (golden["embed_raw"], golden["class_table_raw"])


def paper_twin(embeddings, proxies):
    """The paper's formula in float64."""
    e, p = unit(embeddings), unit(proxies)
    t, margin = OPTIONS["temperature"], OPTIONS["positive_margin"]
    positive = np.maximum(margin - np.sum(e * p, axis=1), 0) / t
    negatives = np.exp(np.maximum(e @ e.T + margin - 1, 0) / t)
    negatives = np.sum(negatives * (LABELS[:, None] != LABELS[None, :]), axis=1)
    return np.mean(positive + np.log(np.exp(-positive) + negatives))


@pytest.mark.parametrize("case", CASES)
def test_value_and_gradients_equal_the_authors(case):
    golden, loss, arrays = golden_case(case, "code")
    value, gradients = value_and_gradients(loss, *arrays)
    np.testing.assert_allclose(value, golden["loss"], rtol=1e-5, atol=1e-7)
    assert_gradient(gradients[0], golden["grad_embed_raw"])
    assert_gradient(gradients[1], golden["grad_class_table_raw"])


@pytest.mark.parametrize("case", CASES)
def test_the_papers_form_equals_its_formula(case):
    golden, loss, arrays = golden_case(case, "paper")
    formula = golden["loss_of_paper_formula_own_numpy"]
    np.testing.assert_allclose(loss(*arrays), formula, rtol=1e-5, atol=1e-7)


def test_gradients_of_the_papers_form():
    def loss(embeddings, proxies):
        return data_to_data_cross_entropy_loss(
            embeddings, proxies, LABELS, form="paper", **OPTIONS
        )

    assert_equals_twin(loss, paper_twin, *random_rows())


@pytest.mark.parametrize("form", ["code", "paper"])
def test_parts_with_gathered_keys_make_the_whole(form):
    def whole(embeddings, proxies):
        return data_to_data_cross_entropy_loss(
            embeddings, proxies, LABELS, form=form, **OPTIONS
        )

    def of_rows(rows, embeddings, proxies):
        return data_to_data_cross_entropy_loss(
            embeddings[rows],
            proxies[rows],
            LABELS[rows],
            form=form,
            all_embeddings=embeddings,
            all_labels=LABELS,
            row_offset=rows.start,
            **OPTIONS,
        )

    assert_parts_make_the_whole(whole, of_rows, *random_rows())


@pytest.mark.parametrize("form", ["code", "paper"])
@pytest.mark.parametrize("temperature", [1e-4, 0.07, 100.0])
@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e30])
def test_finite_for_extreme_inputs(form, temperature, scale):
    embeddings, proxies = random_rows()

    def loss(embeddings, proxies):
        return data_to_data_cross_entropy_loss(
            embeddings,
            proxies,
            LABELS,
            temperature=temperature,
            positive_margin=1.0,
            form=form,
        )

    assert_finite(loss, embeddings * np.float32(scale), proxies)
    proxies[::2] = 0.0
    assert_finite(loss, np.ones_like(embeddings), proxies)


@pytest.mark.parametrize("form", ["code", "paper"])
@pytest.mark.parametrize("count", [1, 12])
def test_one_row_and_one_class_cost_nothing(form, count):
    def loss(embeddings, proxies):
        labels = np.zeros(count, np.int32)
        return data_to_data_cross_entropy_loss(
            embeddings, proxies, labels, form=form, **OPTIONS
        )

    value, gradients = value_and_gradients(loss, *(r[:count] for r in random_rows()))
    assert value == 0.0
    assert not np.any(gradients)


def test_mistakes_are_named():
    rows = random_rows()
    with pytest.raises(ValueError, match="code, paper.*'eq6'"):
        data_to_data_cross_entropy_loss(*rows, LABELS, form="eq6", **OPTIONS)
    with pytest.raises(ValueError, match="belong together.*only all_embeddings"):
        data_to_data_cross_entropy_loss(
            *rows, LABELS, all_embeddings=rows[0], **OPTIONS
        )
