import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part
from loss_checks import (
    assert_equals_twin,
    assert_finite,
    assert_parts_make_the_whole,
    value_and_gradients,
)

from tfgan_contra.losses import (
    embedding_pair_scores,
    pair_contrastive_loss,
    pair_losses,
    pair_scores,
    retrieval_accuracy,
    retrieval_entropy,
)

GOLDEN = load_golden("xmcgan/sentence_image_contrastive.npz")
CASES = sorted({key.split("/")[0] for key in GOLDEN})
# What to take the gradient of, and the authors' name for it.
PARTS = {
    "a_to_b": lambda scores: pair_losses(scores)[0],
    "b_to_a": lambda scores: pair_losses(scores)[1],
}


def of_case(case):
    """The case's arrays, and a function of both embeddings that gives the scores."""
    golden = part(GOLDEN, f"{case}/")

    def scores(first, second):
        return embedding_pair_scores(
            first,
            second,
            temperature=float(golden["temperature"]),
            normalize=bool(golden["l2_norm"]),
        )

    return golden, scores


def twin(first, second, temperature=0.1):
    """The sum of both directions in float64, one pair after the other."""
    first, second = (
        np.asarray(rows, np.float64)
        / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
        for rows in (first, second)
    )
    total = 0.0
    for firsts, seconds in ((first, second), (second, first)):
        for i, row in enumerate(firsts):
            logits = seconds @ row / temperature
            top = logits.max()
            total += top + np.log(np.exp(logits - top).sum()) - logits[i]
    return total / len(first)


def random_case(pairs=4, size=5):
    random = np.random.default_rng(5)
    return random.standard_normal((2, pairs, size)).astype(np.float32)


def loss_of(first, second, **options):
    return pair_contrastive_loss(embedding_pair_scores(first, second, **options))


@pytest.mark.parametrize("case", CASES)
def test_scores_accuracy_and_entropy_equal_the_authors(case):
    golden, scores_of = of_case(case)
    scores = scores_of(golden["a"], golden["b"])
    logits = golden["logits_a_to_b"]
    np.testing.assert_allclose(scores.rows, logits, rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(scores.columns, np.transpose(scores.rows))
    np.testing.assert_allclose(retrieval_accuracy(scores), golden["accuracy"])
    np.testing.assert_allclose(retrieval_entropy(scores), golden["entropy"], atol=1e-6)
    losses = [float(loss) for loss in pair_losses(scores)]
    theirs = golden["loss_a_to_b"], golden["loss_b_to_a"]
    np.testing.assert_allclose(losses, theirs, rtol=0, atol=2e-6)
    np.testing.assert_allclose(sum(losses), golden["loss_f64"], rtol=0, atol=2e-6)


@pytest.mark.parametrize("direction", PARTS)
@pytest.mark.parametrize("case", CASES)
def test_gradients_of_each_direction_equal_the_authors(case, direction):
    golden, scores_of = of_case(case)
    _, gradients = value_and_gradients(
        lambda a, b: PARTS[direction](scores_of(a, b)), golden["a"], golden["b"]
    )
    for ours, name in zip(gradients, "ab", strict=True):
        theirs = golden[f"grad_{name}_from_{direction}"]
        np.testing.assert_allclose(
            ours, theirs, rtol=0, atol=2e-6 * np.abs(theirs).max()
        )


@pytest.mark.parametrize("pairs", [1, 2, 5])
@pytest.mark.parametrize("temperature", [0.1, 2.0])
def test_equals_the_formula(pairs, temperature):
    assert_equals_twin(
        lambda a, b: loss_of(a, b, temperature=temperature),
        lambda a, b: twin(a, b, temperature),
        *random_case(pairs),
    )


@pytest.mark.parametrize("normalize", [True, False])
def test_parts_with_gathered_embeddings_make_the_whole(normalize):
    def part_of(rows, first, second):
        return loss_of(
            first[rows],
            second[rows],
            normalize=normalize,
            all_first=first,
            all_second=second,
            row_offset=rows.start,
        )

    assert_parts_make_the_whole(
        lambda a, b: loss_of(a, b, normalize=normalize), part_of, *random_case()
    )


def test_parts_with_gathered_rows_make_the_whole():
    """Finished rows are enough to gather: columns are cut out of them."""
    rows = np.random.default_rng(6).standard_normal((4, 4)).astype(np.float32)

    def part_of(places, table):
        scores = pair_scores(table[places], all_rows=table, row_offset=places.start)
        return pair_contrastive_loss(scores)

    assert_parts_make_the_whole(
        lambda table: pair_contrastive_loss(pair_scores(table)), part_of, rows
    )


def test_accuracy_and_entropy_of_parts_average_to_the_whole():
    first, second = random_case(6)
    second += 1.5 * first
    whole = embedding_pair_scores(first, second)
    halves = [
        embedding_pair_scores(
            first[rows], second[rows], all_first=first, all_second=second, row_offset=k
        )
        for k, rows in ((0, slice(0, 3)), (3, slice(3, 6)))
    ]
    for measure in (retrieval_accuracy, retrieval_entropy):
        of_halves = [float(measure(half)) for half in halves]
        np.testing.assert_allclose(np.mean(of_halves), measure(whole), rtol=1e-5)
    assert 0.5 < float(retrieval_accuracy(whole)) < 1.0


def test_accuracy_and_entropy_at_their_ends():
    sure = pair_scores(100.0 * np.eye(5))
    assert float(retrieval_accuracy(sure)) == 1.0
    np.testing.assert_allclose(retrieval_entropy(sure), 0.0, atol=1e-6)
    wrong = pair_scores(np.roll(np.eye(5), 1, axis=1))
    assert float(retrieval_accuracy(wrong)) == 0.0
    np.testing.assert_allclose(
        retrieval_entropy(pair_scores(np.zeros((5, 5)))), np.log(5), rtol=1e-6
    )


@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e15])
def test_finite_for_extreme_inputs(scale):
    first, second = random_case()
    first[0] = 0.0
    assert_finite(loss_of, first * np.float32(scale), second)


def test_stable_for_any_scores():
    table = np.diag([1e30, 0.0, -1e30]).astype(np.float32)
    assert_finite(lambda rows: pair_contrastive_loss(pair_scores(rows)), table)


def test_half_precision_is_computed_in_float32():
    halves = [tf.cast(array, tf.bfloat16) for array in random_case()]
    loss = loss_of(*halves)
    assert loss.dtype == tf.float32
    assert float(loss) == float(loss_of(*(tf.cast(h, tf.float32) for h in halves)))


def test_number_of_pairs_may_be_unknown_to_the_graph():
    spec = tf.TensorSpec([None, 5], tf.float32)

    @tf.function(input_signature=[spec, spec])
    def value(first, second):
        return loss_of(first, second)

    cases = random_case()
    np.testing.assert_allclose(value(*cases), twin(*cases), rtol=1e-5)


def test_mistakes_are_named():
    first, second = random_case()
    with pytest.raises(ValueError, match="belong together. Received: only .* first"):
        embedding_pair_scores(first, second, all_first=first)
    with pytest.raises(ValueError, match="belong together. Received: only .* second"):
        embedding_pair_scores(first, second, all_second=second)
    for wrong in (second[:3], second[:, :4], second[None]):
        with pytest.raises(ValueError, match=r"one shape. Received: \(4, 5\) and "):
            embedding_pair_scores(first, wrong)
    with pytest.raises(ValueError, match=r"all_rows. Received: \(2, 4\)"):
        pair_scores(np.zeros((2, 4)))
