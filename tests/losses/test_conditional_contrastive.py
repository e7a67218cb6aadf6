import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part, relative_error

from tfgan_contra.losses import conditional_contrastive_loss

GOLDEN = load_golden("contragan/losses_2c.npz")
CASES = sorted({key.split("/")[0] for key in GOLDEN})


def reference(embeddings, proxies, labels, temperature, positives):
    """2C in float64, row by row, as the paper states it."""

    def unit(rows):
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    e, p = unit(embeddings.astype(np.float64)), unit(proxies.astype(np.float64))
    total = 0.0
    for i in range(len(e)):
        own = np.exp(e[i] @ p[i] / temperature)
        top = bottom = own
        for j in range(len(e)):
            if j != i:
                term = np.exp(e[i] @ e[j] / temperature)
                bottom += term
                same = labels[i] == labels[j] and positives == "same_class"
                top += term if same else 0.0
        total -= np.log(top / bottom)
    return total / len(e)


def random_case(rows=12, size=7, classes=4):
    random = np.random.default_rng(3)
    return (
        random.standard_normal((rows, size)).astype(np.float32),
        random.standard_normal((rows, size)).astype(np.float32),
        random.integers(0, classes, rows),
    )


@pytest.mark.parametrize("case", CASES)
def test_value_and_gradients_equal_the_authors(case):
    golden = part(GOLDEN, f"{case}/")
    embeddings = tf.constant(golden["embed_raw"], tf.float32)
    table = tf.constant(golden["class_table_raw"], tf.float32)
    labels = golden["labels"]
    with tf.GradientTape() as tape:
        tape.watch([embeddings, table])
        loss = conditional_contrastive_loss(
            embeddings,
            tf.gather(table, labels),
            labels,
            temperature=float(golden["temperature"]),
        )
    gradients = tape.gradient(loss, [embeddings, table])
    np.testing.assert_allclose(loss, golden["loss"], rtol=1e-5, atol=1e-7)
    for ours, theirs in zip(
        gradients, ("grad_embed_raw", "grad_class_table_raw"), strict=True
    ):
        scale = np.abs(golden[theirs]).max()
        atol = 1e-4 * scale + 1e-7  # Zero up to rounding where all classes are equal.
        np.testing.assert_allclose(
            tf.convert_to_tensor(ours), golden[theirs], rtol=1e-4, atol=atol
        )


@pytest.mark.parametrize("positives", ["same_class", "proxy"])
def test_equals_the_formula(positives):
    embeddings, proxies, labels = random_case()
    ours = conditional_contrastive_loss(
        embeddings, proxies, labels, temperature=0.3, positives=positives
    )
    theirs = reference(embeddings, proxies, labels, 0.3, positives)
    assert relative_error(ours, theirs) < 1e-5


@pytest.mark.parametrize("positives", ["same_class", "proxy"])
def test_parts_with_gathered_keys_make_the_whole(positives):
    embeddings, proxies, labels = random_case()
    whole = conditional_contrastive_loss(
        embeddings, proxies, labels, positives=positives
    )
    parts = [
        conditional_contrastive_loss(
            embeddings[rows],
            proxies[rows],
            labels[rows],
            positives=positives,
            all_embeddings=embeddings,
            all_labels=labels,
            row_offset=rows.start,
        )
        for rows in (slice(0, 4), slice(4, 8), slice(8, 12))
    ]
    np.testing.assert_allclose(np.mean(parts), whole, rtol=1e-6)


@pytest.mark.parametrize("temperature", [1e-4, 0.07, 100.0])
@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e30])
def test_finite_for_extreme_inputs(temperature, scale):
    embeddings, proxies, labels = random_case()
    embeddings = tf.constant(embeddings * np.float32(scale))
    with tf.GradientTape() as tape:
        tape.watch(embeddings)
        loss = conditional_contrastive_loss(
            embeddings, proxies, labels, temperature=temperature
        )
    assert np.isfinite(float(loss))
    assert not np.any(np.isnan(tape.gradient(loss, embeddings)))


def test_one_row_and_one_class_cost_nothing():
    embeddings, proxies, _ = random_case()
    zeros = np.zeros(len(embeddings), np.int32)
    whole = conditional_contrastive_loss(embeddings, proxies, zeros)
    one = conditional_contrastive_loss(embeddings[:1], proxies[:1], zeros[:1])
    assert float(whole) == pytest.approx(0.0, abs=1e-6)
    assert float(one) == 0.0


def test_unknown_positives_are_named():
    embeddings, proxies, labels = random_case()
    with pytest.raises(ValueError, match="same_class, proxy.*'all'"):
        conditional_contrastive_loss(embeddings, proxies, labels, positives="all")
