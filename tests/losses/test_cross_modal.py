import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part
from loss_checks import assert_parts_make_the_whole, value_and_gradients

from tfgan_contra.losses import (
    image_image_loss,
    pair_contrastive_loss,
    pair_losses,
    pair_scores,
    retrieval_accuracy,
    retrieval_entropy,
    sentence_image_loss,
    word_region_loss,
    word_region_scores,
)

PAIRS = load_golden("xmcgan/sentence_image_contrastive.npz")
WORDS = load_golden("xmcgan/word_region.npz")
GATHERED = {
    sentence_image_loss: ("all_image_embeddings", "all_sentence_embeddings"),
    image_image_loss: ("all_real_features", "all_fake_features"),
}


def cases_of(golden):
    return sorted({key.split("/")[0] for key in golden})


def assert_close(gradients, *theirs):
    """As near as a second implementation in float32 came to the authors' numbers."""
    for ours, exact in zip(gradients, theirs, strict=True):
        np.testing.assert_allclose(ours, exact, rtol=0, atol=2e-6 * np.abs(exact).max())


def factors(golden):
    names = ("region_temperature", "word_temperature", "score_temperature")
    return dict(zip(names, map(float, golden["gamma"]), strict=True))


def word_case(images=4, regions=3, num_words=3, size=5):
    random = np.random.default_rng(5)
    lengths = np.arange(images) % num_words + 1
    return (
        random.standard_normal((images, regions, size)).astype(np.float32),
        random.standard_normal((images, num_words, size)).astype(np.float32),
        lengths.astype(np.int32),
    )


@pytest.mark.parametrize("loss", GATHERED)
@pytest.mark.parametrize("case", cases_of(PAIRS))
def test_pair_losses_equal_the_authors(case, loss):
    golden = part(PAIRS, f"{case}/")
    value, gradients = value_and_gradients(
        lambda a, b: loss(
            a,
            b,
            temperature=float(golden["temperature"]),
            normalize=bool(golden["l2_norm"]),
        ),
        golden["a"],
        golden["b"],
    )
    np.testing.assert_allclose(value, golden["loss"], rtol=0, atol=2e-6)
    assert_close(gradients, golden["grad_a"], golden["grad_b"])


@pytest.mark.parametrize("loss", GATHERED)
def test_parts_with_gathered_embeddings_make_the_whole(loss):
    def of_rows(rows, first, second):
        gathered = dict(zip(GATHERED[loss], (first, second), strict=True))
        return loss(first[rows], second[rows], **gathered, row_offset=rows.start)

    arrays = np.random.default_rng(5).standard_normal((2, 6, 5))
    assert_parts_make_the_whole(loss, of_rows, *arrays)


def test_both_directions_count_and_the_temperature_is_the_papers():
    golden = part(PAIRS, "b4_c16/")
    value = sentence_image_loss(golden["a"], golden["b"])
    np.testing.assert_allclose(value, golden["loss"], rtol=1e-6)
    swapped = image_image_loss(golden["b"], golden["a"])
    np.testing.assert_allclose(swapped, golden["loss"], rtol=1e-6)
    assert value.dtype == tf.float32
    assert value.shape == ()


@pytest.mark.parametrize("case", cases_of(WORDS))
def test_word_region_loss_equals_the_authors(case):
    golden = part(WORDS, f"{case}/")
    value, gradients = value_and_gradients(
        lambda r, w: word_region_loss(r, w, golden["length"], **factors(golden)),
        golden["region"],
        golden["word"],
    )
    np.testing.assert_allclose(value, golden["loss"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(value, golden["loss_f64"], rtol=0, atol=1e-5)
    assert_close(gradients, golden["grad_region"], golden["grad_word"])


@pytest.mark.parametrize("case", cases_of(WORDS))
def test_word_region_loss_comes_with_what_logs_show(case):
    golden = part(WORDS, f"{case}/")
    rows = word_region_scores(
        golden["region"], golden["word"], golden["length"], **factors(golden)
    )
    scores = pair_scores(rows)
    of_images, of_captions = pair_losses(scores)
    for ours, name in (
        (of_images, "loss_image_to_caption"),
        (of_captions, "loss_caption_to_image"),
        (retrieval_entropy(scores), "entropy"),
        (retrieval_accuracy(scores), "accuracy"),
    ):
        np.testing.assert_allclose(ours, golden[name], rtol=0, atol=1e-5)


@pytest.mark.parametrize("chunk_bytes", [None, 1])
def test_replicas_that_gather_words_and_rows_make_the_whole(chunk_bytes):
    """What each replica does, with tensors in the place of the gathering."""
    regions, words, lengths = word_case()

    def rows_of(places, regions, words):
        return word_region_scores(
            regions[places], words, lengths, chunk_bytes=chunk_bytes
        )

    def of_replica(places, regions, words):
        replicas = [rows_of(p, regions, words) for p in (slice(0, 2), slice(2, 4))]
        rows = replicas[places.start // 2]
        scores = pair_scores(
            rows, all_rows=tf.concat(replicas, axis=0), row_offset=places.start
        )
        return pair_contrastive_loss(scores)

    assert_parts_make_the_whole(
        lambda r, w: word_region_loss(r, w, lengths), of_replica, regions, words
    )


def test_the_order_of_the_pairs_does_not_matter():
    regions, words, lengths = word_case(images=5)
    order = [3, 0, 4, 1, 2]
    np.testing.assert_allclose(
        word_region_loss(regions[order], words[order], lengths[order]),
        word_region_loss(regions, words, lengths),
        rtol=1e-6,
    )


def test_one_image_alone_costs_nothing():
    regions, words, lengths = word_case(images=1)
    value, gradients = value_and_gradients(
        lambda r, w: word_region_loss(r, w, lengths), regions, words
    )
    assert value == 0.0
    assert not any(gradient.any() for gradient in gradients)
    assert float(sentence_image_loss(regions[0, :1], words[0, :1])) == 0.0


def test_word_region_loss_needs_a_caption_for_each_image():
    regions, words, lengths = word_case()
    with pytest.raises(ValueError, match=r"must be \[N, N\].*Received: \(3, 4\)"):
        word_region_loss(regions[:3], words, lengths)
