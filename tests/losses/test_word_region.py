import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part
from loss_checks import assert_finite, value_and_gradients

from tfgan_contra.losses import word_region, word_region_loss, word_region_scores

GOLDEN = load_golden("xmcgan/word_region.npz")
CASES = sorted({key.split("/")[0] for key in GOLDEN})
NAMES = ("region_temperature", "word_temperature", "score_temperature")
# Images, captions, regions, words of a caption, embedding.
SHAPES = {
    "odd": (5, 5, 9, 3, 7),
    "more_captions": (2, 7, 4, 3, 6),
    "one_of_each": (1, 1, 1, 1, 4),
    "one_region": (3, 3, 1, 2, 5),
    "one_word": (3, 3, 6, 1, 5),
}


def twin(regions, words, lengths, factors=(5.0, 5.0, 50.0)):
    """Scores of pairs in float64 as stated, every context written out."""
    g1, g2, g3 = factors
    regions, words = (
        x / tf.sqrt(tf.maximum(tf.reduce_sum(x * x, -1, keepdims=True), 1e-12))
        for x in (regions, words)
    )
    similarity = tf.einsum("irc,ntc->intr", regions, words)
    context = tf.einsum("intr,irc->intc", tf.nn.softmax(g1 * similarity), regions)
    square = tf.reduce_sum(context * context, axis=-1)
    cosine = tf.einsum("ntc,intc->int", words, context)
    cosine /= tf.sqrt(tf.maximum(square, 1e-12))
    counted = tf.sequence_mask(lengths, words.shape[1], tf.float64)
    total = tf.reduce_sum(counted * tf.exp(g2 * cosine), axis=2)
    return g3 / g2 * tf.math.log(total)


def random_case(images=4, captions=4, regions=5, num_words=3, size=6):
    random = np.random.default_rng(5)
    lengths = np.arange(captions) % num_words + 1
    return (
        random.standard_normal((images, regions, size)).astype(np.float32),
        random.standard_normal((captions, num_words, size)).astype(np.float32),
        lengths[::-1].astype(np.int32),
    )


def bytes_of(images, regions, words):
    """What the attention of some images takes; None: no limit."""
    return images and images * 24 * words[:, :, 0].size * regions.shape[1]


def weighted(scores):
    """A number that depends on every score in another way."""
    places = tf.cast(
        tf.reshape(tf.range(tf.size(scores)), tf.shape(scores)), tf.float64
    )
    return tf.reduce_sum(tf.cast(scores, tf.float64) * tf.sin(1.0 + places))


def exact_gradients(regions, words, lengths):
    tensors = [tf.constant(array, tf.float64) for array in (regions, words)]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = weighted(twin(*tensors, lengths))
    return [np.asarray(gradient) for gradient in tape.gradient(value, tensors)]


def assert_equals_twin(regions, words, lengths, chunk_bytes):
    scores = word_region_scores(regions, words, lengths, chunk_bytes=chunk_bytes)
    exact = twin(np.float64(regions), np.float64(words), lengths)
    np.testing.assert_allclose(scores, exact, rtol=1e-6, atol=1e-5)
    _, gradients = value_and_gradients(
        lambda r, w: weighted(
            word_region_scores(r, w, lengths, chunk_bytes=chunk_bytes)
        ),
        regions,
        words,
    )
    for ours, theirs in zip(
        gradients, exact_gradients(regions, words, lengths), strict=True
    ):
        # One region is its own context: its true gradient can be next to nothing.
        largest = max(np.abs(theirs).max(), 1.0)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=3e-6 * largest)


@pytest.mark.parametrize("images_at_once", [None, 1])
@pytest.mark.parametrize("case", CASES)
def test_scores_and_gradients_equal_the_authors(case, images_at_once):
    golden = part(GOLDEN, f"{case}/")
    regions, words, lengths = (golden[k] for k in ("region", "word", "length"))
    options = dict(zip(NAMES, map(float, golden["gamma"]), strict=True))
    options["chunk_bytes"] = bytes_of(images_at_once, regions, words)
    scores = word_region_scores(regions, words, lengths, **options)
    theirs = golden["scaled_similarity_image_by_caption"]
    np.testing.assert_allclose(scores, theirs, rtol=5e-7, atol=1e-6)

    value, gradients = value_and_gradients(
        lambda r, w: word_region_loss(r, w, lengths, **options), regions, words
    )
    np.testing.assert_allclose(value, golden["loss_f64"], rtol=0, atol=1e-5)
    for ours, name in zip(gradients, ("region", "word"), strict=True):
        theirs = golden[f"grad_{name}"]
        largest = np.abs(theirs).max()
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-6 * largest)
    behind = np.arange(words.shape[1]) >= lengths[:, None]
    assert not gradients[1][behind].any()


@pytest.mark.parametrize("images_at_once", [None, 2])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_equals_the_direct_form(shape, images_at_once):
    regions, words, lengths = random_case(*shape)
    chunk_bytes = bytes_of(images_at_once, regions, words)
    assert_equals_twin(regions, words, lengths, chunk_bytes)


def test_aligned_pairs_equal_the_direct_form():
    regions, words, lengths = random_case(size=9)
    for place in range(regions.shape[1]):
        regions[:, place] *= 0.1
        regions[:, place] += words[:, place % words.shape[1]]
    assert_equals_twin(regions, words, lengths, 1)


@pytest.mark.parametrize("filling", [0.0, 1e4, np.nan, np.inf])
def test_words_behind_the_caption_may_hold_anything(filling):
    regions, words, lengths = random_case()
    behind = np.arange(words.shape[1]) >= lengths[:, None]
    changed = np.where(behind[:, :, None], np.float32(filling), words)

    def loss(regions, words):
        return word_region_loss(regions, words, lengths)

    value, (of_regions, of_words) = value_and_gradients(loss, regions, words)
    same, (same_regions, same_words) = value_and_gradients(loss, regions, changed)
    assert value == same
    np.testing.assert_array_equal(of_regions, same_regions)
    np.testing.assert_array_equal(of_words, same_words)
    assert not of_words[behind].any()


@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e15])
@pytest.mark.parametrize("which", ["one_word", "all_words", "one_region", "image"])
def test_finite_for_extreme_inputs(which, scale):
    regions, words, lengths = random_case()
    index = {"one_word": np.s_[0, 0], "one_region": np.s_[0, 0], "image": 0}
    array = regions if which in ("one_region", "image") else words
    array[index.get(which, ...)] *= np.float32(scale)
    assert_finite(lambda r, w: word_region_loss(r, w, lengths), regions, words)


def test_zero_vectors_have_no_direction():
    regions, words, lengths = random_case()
    words[1], regions[2] = 0.0, 0.0
    scores = word_region_scores(regions, words, lengths).numpy()
    of_zeros = 10.0 * np.log(lengths)
    np.testing.assert_allclose(scores[:, 1], of_zeros[1], atol=1e-4)
    np.testing.assert_allclose(scores[2], of_zeros, atol=1e-4)


@pytest.mark.parametrize("chunk_bytes", [None, 1])
def test_captions_without_words_score_zero_and_stay_as_they_are(chunk_bytes):
    regions, words, lengths = random_case()
    lengths[[0, 2]] = 0, -3
    scores = word_region_scores(regions, words, lengths, chunk_bytes=chunk_bytes)
    assert not scores.numpy()[:, [0, 2]].any()
    assert scores.numpy()[:, [1, 3]].all()
    value, (_, of_words) = value_and_gradients(
        lambda r, w: word_region_loss(r, w, lengths, chunk_bytes=chunk_bytes),
        regions,
        words,
    )
    assert 0.0 < value < 100.0
    assert not of_words[[0, 2]].any()
    assert of_words[[1, 3]].any()


def test_lengths_beyond_the_last_word_mean_all_words():
    regions, words, lengths = random_case()
    np.testing.assert_array_equal(
        word_region_scores(regions, words, np.full_like(lengths, 99)),
        word_region_scores(regions, words, np.full_like(lengths, 3)),
    )


@pytest.mark.parametrize(
    ("images", "chunk_bytes", "expected"),
    [
        (8, None, (8, 1)),
        (8, 1 << 20, (8, 1)),
        (8, 4 * 24 * 60, (4, 2)),
        (8, 3 * 24 * 60, (2, 4)),
        (7, 3 * 24 * 60, (2, 4)),
        (7, 1, (1, 7)),
    ],
)
def test_chunks_follow_from_the_bytes(images, chunk_bytes, expected):
    """An image's attention takes 6 tensors of 12 words x 5 regions: 24 * 60 bytes."""
    regions, words = tf.zeros([images, 5, 2]), tf.zeros([12, 2])
    assert word_region._chunking(regions, words, chunk_bytes) == expected


def test_sizes_may_be_unknown_to_the_graph():
    regions, words, lengths = random_case()
    specs = [
        tf.TensorSpec([None, None, 6], tf.float32),
        tf.TensorSpec([None, None, 6], tf.float32),
        tf.TensorSpec([None], tf.int32),
    ]

    @tf.function(input_signature=specs)
    def value_and_slopes(regions, words, lengths):
        with tf.GradientTape() as tape:
            tape.watch([regions, words])
            loss = word_region_loss(regions, words, lengths, chunk_bytes=3 * 24 * 60)
        return loss, tape.gradient(loss, [regions, words])

    loss, slopes = value_and_slopes(regions, words, lengths)
    expected, gradients = value_and_gradients(
        lambda r, w: word_region_loss(r, w, lengths), regions, words
    )
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    for ours, theirs in zip(slopes, gradients, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)


def test_memory_is_that_of_a_chunk():
    """No buffer of the compiled program holds all images' attention, or a context."""
    regions, words, lengths = random_case(8, 8, regions=11, num_words=5, size=13)

    @tf.function(jit_compile=True)
    def slopes(regions, words):
        with tf.GradientTape() as tape:
            tape.watch([regions, words])
            loss = word_region_loss(
                regions, words, lengths, chunk_bytes=2 * 24 * 40 * 11
            )
        return tape.gradient(loss, [regions, words])

    inputs = tf.constant(regions), tf.constant(words)
    program = slopes.experimental_get_compiler_ir(*inputs)(stage="optimized_hlo")
    assert "f32[2,40,11]" in program
    assert "[8,40,11]" not in program
    assert "[2,40,13]" not in program


def test_half_precision_is_computed_in_float32():
    *arrays, lengths = random_case()
    halves = [tf.cast(array, tf.bfloat16) for array in arrays]
    scores = word_region_scores(*halves, lengths)
    exact = word_region_scores(*(tf.cast(h, tf.float32) for h in halves), lengths)
    assert scores.dtype == tf.float32
    np.testing.assert_array_equal(scores, exact)


def test_mistakes_are_named():
    regions, words, lengths = random_case()
    message = r"regions must be \[images, regions, embedding\].*Received: "
    for wrong in (
        (regions[0], words, lengths),
        (regions, words[:, :, :4], lengths),
        (regions, words[0], lengths),
        (regions, words, lengths[:2]),
        (regions, words, lengths[:, None]),
    ):
        with pytest.raises(ValueError, match=message):
            word_region_scores(*wrong)
