import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part, relative_error
from loss_checks import assert_gradient

from tfgan_contra.layers import attend_to_regions, attend_to_words

GOLDEN = load_golden("xmcgan/attention.npz")
TO_WORDS = ("region_to_word_generator", "region_to_word_nomask")
TO_REGIONS = ("word_to_region", "word_to_region_nomask")


def cases(kinds):
    names = {key.rsplit("/", 1)[0] for key in GOLDEN}
    return sorted(name for name in names if name.split("/")[0] in kinds)


def unit(rows):
    rows = np.asarray(rows, np.float64)
    return rows / np.sqrt(np.maximum((rows**2).sum(-1, keepdims=True), 1e-12))


def run(function, first, second, cotangents, **options):
    """Outputs and the gradients of both inputs under cotangents of the outputs."""
    first, second = tf.constant(first), tf.constant(second)
    with tf.GradientTape() as tape:
        tape.watch([first, second])
        outputs = function(first, second, **options)
        score = tf.add_n(
            [tf.reduce_sum(o * c) for o, c in zip(outputs, cotangents, strict=False)]
        )
    return outputs, tape.gradient(score, [first, second])


def random(*shape, seed=3):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("name", cases(TO_WORDS))
def test_regions_read_words_as_in_the_authors_code(name):
    golden = part(GOLDEN, f"{name}/")
    outputs, gradients = run(
        attend_to_words,
        golden["region"],
        golden["word"],
        (golden["cotangent_context"], golden["cotangent_weights"]),
        lengths=golden.get("length"),
        temperature=float(golden["gamma"]),
    )
    for ours, theirs in zip(outputs, ("out_context", "out_weights"), strict=True):
        assert relative_error(ours, golden[theirs]) < 3e-6
    for ours, theirs in zip(gradients, ("grad_region", "grad_word"), strict=True):
        assert_gradient(ours, golden[theirs])
    if "length" in golden:
        assert float(golden["gamma"]) == 15.0
        valid = np.arange(golden["word"].shape[1]) < golden["length"][:, None]
        assert not np.asarray(gradients[1])[~valid].any()


@pytest.mark.parametrize("name", cases(TO_REGIONS))
def test_words_read_regions_as_in_the_authors_code(name):
    """Their mask only changes what padding reads: we compare the words before it.

    What padding reads goes back to the regions, so their gradient is compared where
    nothing is masked.
    """
    golden = part(GOLDEN, f"{name}/")
    (context, _), (of_words, of_regions) = run(
        attend_to_regions,
        golden["word"],
        golden["region"],
        (golden["cotangent_context"],),
        temperature=float(golden["gamma"]),
    )
    places = np.arange(golden["word"].shape[1])
    lengths = golden.get("length", np.full(len(golden["word"]), len(places)))
    valid = places < lengths[:, None]
    assert relative_error(context[valid], golden["out_context"][valid]) < 3e-6
    assert_gradient(of_words[valid], golden["grad_word"][valid])
    if "length" not in golden:
        assert_gradient(of_regions, golden["grad_region"])


def test_vectors_are_scaled_as_in_the_authors_code():
    """A single region is all that a word can read: its context is the unit region."""
    golden = part(GOLDEN, "l2_normalize/with_zero_and_tiny_rows/")
    rows = golden["input"][:, None]
    (context, _), (_, gradient) = run(
        attend_to_regions,
        np.ones_like(rows),
        rows,
        (golden["cotangent_normalized"][:, None],),
    )
    np.testing.assert_allclose(context[:, 0], golden["out_normalized"], rtol=1e-6)
    assert_gradient(gradient[:, 0], golden["grad_input"])


def test_products_of_scaled_vectors_are_the_authors_cosines():
    golden = part(GOLDEN, "cosine_similarity/no_eps/")

    def cosines(a, b):
        shape = [-1, 1, a.shape[-1]]
        words = tf.ones_like(tf.reshape(a, shape))
        parts = (attend_to_regions(words, tf.reshape(x, shape))[0] for x in (a, b))
        product = tf.reduce_sum(tf.multiply(*parts), [1, 2])
        return (tf.reshape(product, a.shape[:-1]),)

    (ours,), gradients = run(
        cosines, golden["a"], golden["b"], (golden["cotangent_cosine"],)
    )
    np.testing.assert_allclose(ours, golden["out_cosine"], atol=1e-6)
    for gradient, name in zip(gradients, ("grad_a", "grad_b"), strict=True):
        assert_gradient(gradient, golden[name])


def test_defaults_are_the_papers():
    """A twin in float64 with rho 0 = 15 and rho 1 = 5."""
    regions, words = random(2, 6, 4), random(2, 3, 4, seed=4)
    for function, queries, read, factor in (
        (attend_to_words, regions, words, 15.0),
        (attend_to_regions, words, regions, 5.0),
    ):
        scores = np.exp(factor * unit(queries) @ unit(read).transpose(0, 2, 1))
        expected = scores / scores.sum(-1, keepdims=True)
        context, weights = function(queries, read)
        np.testing.assert_allclose(weights, expected, atol=1e-6)
        np.testing.assert_allclose(context, expected @ unit(read), atol=1e-6)


def test_what_stands_in_padding_is_of_no_account():
    regions, words = random(2, 6, 4), random(2, 5, 4, seed=4)
    lengths = np.array([2, 4])
    valid = np.arange(5) < lengths[:, None]
    kept = []
    for padding in (0.0, 100.0):
        filled = np.where(valid[..., None], words, np.float32(padding))
        outputs, gradients = run(
            attend_to_words,
            regions,
            filled,
            (random(2, 6, 4, seed=5), random(2, 6, 5, seed=6)),
            lengths=lengths,
        )
        kept.append([*outputs, *gradients])
    for zeros, garbage in zip(*kept, strict=True):
        assert np.isfinite(zeros).all()
        np.testing.assert_array_equal(zeros, garbage)


def test_captions_without_words_are_read_as_nothing():
    regions, words = random(3, 6, 4), random(3, 5, 4, seed=4)
    outputs, gradients = run(
        attend_to_words, regions, words, (random(3, 6, 4, seed=5),), lengths=[2, 0, 5]
    )
    context, weights = outputs
    assert not np.asarray(context[1]).any() and not np.asarray(weights[1]).any()
    np.testing.assert_allclose(tf.reduce_sum(weights[0::2], -1), 1.0, rtol=1e-6)
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    assert not np.asarray(gradients[0][1]).any()


@pytest.mark.parametrize("function", [attend_to_words, attend_to_regions])
def test_one_image_with_a_word_of_zeros(function):
    regions, words = random(1, 6, 4), np.zeros((1, 1, 4), np.float32)
    pair = (regions, words) if function is attend_to_words else (words, regions)
    outputs, gradients = run(function, *pair, (1.0, 1.0))
    assert all(np.isfinite(array).all() for array in (*outputs, *gradients))
    assert outputs[1].shape == (1, pair[0].shape[1], pair[1].shape[1])
    np.testing.assert_allclose(tf.reduce_sum(outputs[1], -1), 1.0, rtol=1e-6)


def test_half_precision_and_unknown_sizes():
    """In half precision scores differ, but not their precision behind the inputs."""
    spec = tf.TensorSpec([None, None, 4], tf.bfloat16)

    @tf.function(
        input_signature=[spec, spec, tf.TensorSpec([None], tf.int64)], autograph=False
    )
    def attend(regions, words, lengths):
        return attend_to_words(regions, words, lengths)

    regions = tf.cast(random(2, 6, 4), tf.bfloat16)
    words = tf.cast(random(2, 3, 4, seed=4), tf.bfloat16)
    ours = attend(regions, words, [1, 3])
    exact = attend_to_words(*(tf.cast(x, tf.float32) for x in (regions, words)), [1, 3])
    for mine, theirs in zip(ours, exact, strict=True):
        assert mine.dtype == tf.float32
        np.testing.assert_allclose(mine, theirs, atol=1e-6)
