"""The trained encoder: pooling, batches, what it says of captions, a saved graph."""

import weakref

import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra.errors import UsageError
from tfgan_contra.text import (
    TextTransformer,
    Tokenizer,
    TrainedTextEncoder,
    pooled_features,
    trained,
)

VOCABULARY = ("a", "red", "purple", "ring", "on", "black")
CAPTIONS = [
    "a red ring",
    "Purple ring, on black!",
    "a ring on a ring on a ring",
    "scarlet ring",
]


def make_encoder(sentence="masked_mean"):
    tokenizer = Tokenizer(VOCABULARY, 5)
    transformer = TextTransformer(
        num_ids=tokenizer.num_ids, max_words=5, dim=8, num_heads=2, num_layers=1
    )
    return TrainedTextEncoder(tokenizer, transformer, sentence)


@pytest.fixture(scope="module")
def encoder():
    return make_encoder()


def test_pooling_equals_the_twin():
    random = np.random.default_rng(0)
    words, lengths = random.normal(size=(4, 5, 3)), np.array([1, 5, 3, 0])
    for sentence in ("masked_mean", "padded_sum"):
        heard, kept, pooled = pooled_features(words, lengths, sentence)
        for row, length in enumerate(lengths):
            np.testing.assert_allclose(heard[row, :length], words[row, :length], 1e-6)
            assert not np.any(heard[row, length:])
            counted = words[row] if sentence == "padded_sum" else words[row, :length]
            expected = counted.sum(axis=0) / length if length else np.zeros(3)
            np.testing.assert_allclose(pooled[row], expected, rtol=1e-5)
        np.testing.assert_array_equal(kept, lengths)
    with pytest.raises(ValueError, match="must be one of .* Received: 'mean'"):
        pooled_features(words, lengths, "mean")


def test_features_are_those_of_the_network(encoder):
    words, lengths, sentences = encoder.encode(CAPTIONS)
    assert (words.dtype, lengths.dtype, sentences.dtype) == ("f4", "i4", "f4")
    assert lengths.tolist() == [3, 4, 5, 2]
    ids, _ = encoder.tokenizer.numbered(CAPTIONS)
    raw = encoder.transformer(ids).numpy()
    np.testing.assert_allclose(words[1, :4], raw[1, :4], atol=1e-6)
    np.testing.assert_allclose(sentences[0], raw[0, :3].mean(axis=0), atol=1e-6)
    padded = make_encoder("padded_sum").encode(CAPTIONS).sentences
    np.testing.assert_allclose(padded[0], raw[0].sum(axis=0) / 3, atol=1e-6)
    assert (encoder.word_dim, encoder.max_words) == (8, 5)


def test_batches_and_neighbours_change_nothing(encoder, monkeypatch):
    whole = encoder.encode(CAPTIONS)
    monkeypatch.setattr(trained, "_BATCH", 3)
    for one, other in zip(encoder.encode(CAPTIONS), whole, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)
    alone = encoder.encode(CAPTIONS[2:3])
    np.testing.assert_allclose(alone.sentences[0], whole.sentences[2], atol=1e-6)
    assert encoder.encode([]).words.shape == (0, 5, 8)


def test_batches_are_let_go_and_their_bits_kept(encoder, monkeypatch):
    monkeypatch.setattr(trained, "_BATCH", 2)
    captions = CAPTIONS * 3 + CAPTIONS[:1]
    run, copies, made, most = encoder._run, [], [], 0

    def watched(texts):
        """Runs a batch and notes how many earlier ones are still held."""
        nonlocal most
        most = max(most, sum(one() is not None for one in made))
        features = run(texts)
        copies.append([np.array(value) for value in features])
        made.append(weakref.ref(features.words))
        return features

    monkeypatch.setattr(encoder, "_run", watched)
    found = encoder.encode(captions)
    assert len(made) == 7 and most <= 1
    for one, parts in zip(found, zip(*copies, strict=True), strict=True):
        assert one.tobytes() == np.concatenate(parts).tobytes()


def test_says_what_will_not_be_heard(encoder):
    assert encoder.check(["A red ring", "purple, purple."]) == []
    assert encoder.check(CAPTIONS[2:] + ["Purpel square", "a" + " a" * 90]) == [
        f"caption {CAPTIONS[2]!r} is cut: it has 8 words, the encoder takes 5",
        "caption 'scarlet ring' has the unknown word 'scarlet'",
        "caption 'Purpel square' has only unknown words: 'purpel' (did you mean "
        "'purple'?), 'square'",
        "caption 'a a a a a a a a a a a a a a a a a a a a a a a a a a a a a...' is "
        "cut: it has 91 words, the encoder takes 5",
    ]


@pytest.mark.parametrize("caption", ["", "  ", "?!"])
def test_captions_without_words_are_refused(encoder, caption):
    for method in (encoder.check, encoder.encode):
        with pytest.raises(UsageError, match="caption 2 of 2 has no words; it needs"):
            method(["a ring", caption])
        with pytest.raises(UsageError, match="a list of texts. Received: the text"):
            method("a ring")


@pytest.mark.parametrize("caption", ["a red \udcff star", "\ud83d", "ü\udcff"])
def test_captions_that_are_no_utf_8_are_refused(encoder, caption):
    for method in (encoder.check, encoder.encode):
        with pytest.raises(UsageError) as error:
            method(["a ring", caption])
        message = str(error.value)
        assert message.encode() and "\n" not in message
        assert message == (
            f"caption 2 of 2 must be text in UTF-8. Received: {caption!r}"
        )


def test_parts_that_do_not_fit_are_refused(encoder):
    with pytest.raises(ValueError, match="must take 8 numbers and 7 words. Received"):
        TrainedTextEncoder(Tokenizer(VOCABULARY, 7), encoder.transformer)


def test_a_saved_graph_reads_captions(encoder, tmp_path):
    odd = [*CAPTIONS, "", "A\u00a0RED-ring\u2019s"]

    class Saved(tf.Module):
        def __init__(self):
            super().__init__()
            self.resources = encoder.resources

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def read(self, captions):
            return encoder.graph(captions)._asdict()

    module = Saved()
    tf.saved_model.save(module, tmp_path, signatures=module.read)
    served = tf.saved_model.load(tmp_path).signatures["serving_default"]
    found, expected = served(captions=tf.constant(odd)), encoder.embed(odd)
    assert expected.lengths.tolist() == [3, 4, 5, 2, 0, 3]
    assert not np.any(expected.sentences[4])
    for name, value in expected._asdict().items():
        np.testing.assert_allclose(found[name], value, atol=1e-5)
