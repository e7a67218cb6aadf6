"""The text transformer: a NumPy twin, padding, size, precision, seeds."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import erf

from tfgan_contra.text import TextTransformer

IDS = np.array([[2, 3, 4, 0, 0], [5, 1, 2, 3, 6], [7, 0, 0, 0, 0]], np.int32)


def small(**changes):
    arguments = {"num_ids": 8, "max_words": 5, "dim": 8, "num_heads": 2}
    return TextTransformer(**(arguments | changes))


def norm(rows, weights):
    centred = rows - rows.mean(axis=-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-6)
    return centred / deviation * weights["gamma"] + weights["beta"]


def twin(network, ids):
    """The transformer of one caption, without padding, word by word."""

    def of(layer):
        return {v.name: np.asarray(v, np.float64) for v in layer.variables}

    def dense(layer, rows):
        return rows @ of(layer)["kernel"] + of(layer)["bias"]

    rows = of(network.words)["embeddings"][ids]
    rows = rows + of(network.places)["embeddings"][: len(ids)]
    size = network.dim // network.num_heads
    for block in network.blocks:
        joint = dense(block.queries_keys_values, norm(rows, of(block.attention_norm)))
        queries, keys, values = np.split(joint, 3, axis=1)
        read = np.zeros_like(rows)
        for head in range(network.num_heads):
            own = slice(head * size, (head + 1) * size)
            for i in range(len(ids)):
                weights = np.exp(keys[:, own] @ queries[i, own] / np.sqrt(size))
                read[i, own] = weights @ values[:, own] / weights.sum()
        rows = rows + dense(block.attended, read)
        wide = dense(block.hidden, norm(rows, of(block.hidden_norm)))
        rows = rows + dense(block.out, wide * (1 + erf(wide / np.sqrt(2))) / 2)
    return norm(rows, of(network.last_norm))


def test_equals_the_twin_whatever_stands_behind_the_words():
    network = small(seed=3)
    random = np.random.default_rng(0)
    for variable in network.variables:
        # So that no weight is 0 or 1, as those of norms and biases are at first.
        variable.assign_add(0.3 * random.normal(size=variable.shape))
    words = network(IDS).numpy()
    for row, length in enumerate((3, 5, 1)):
        expected = twin(network, IDS[row, :length])
        np.testing.assert_allclose(words[row, :length], expected, atol=1e-4)


def test_shorter_padding_changes_no_word():
    network = small()
    np.testing.assert_allclose(
        network(IDS[:1, :3]).numpy(), network(IDS[:1]).numpy()[:, :3], atol=1e-6
    )


def test_captions_without_words_give_numbers():
    assert np.isfinite(small()(np.zeros((2, 5), np.int32))).all()


def test_size_and_seeds():
    network = TextTransformer(num_ids=38)
    assert network.count_params() == 103_616
    first, again, other = small(seed=1), small(seed=1), small(seed=2)
    for a, b, c in zip(first.weights, again.weights, other.weights, strict=True):
        np.testing.assert_array_equal(a, b)
        if "kernel" in a.path or "embeddings" in a.path:
            assert np.abs(np.asarray(a) - np.asarray(c)).max() > 0.01
    kernels = [np.asarray(block.attended.kernel) for block in small().blocks]
    assert len(kernels) == 2 and np.abs(kernels[0] - kernels[1]).max() > 0.01


def test_float32_in_any_policy_and_rebuilt_from_its_config():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = small(seed=5)
        words = network(IDS)
    finally:
        keras.config.set_dtype_policy("float32")
    assert words.dtype == tf.float32
    assert {v.dtype for v in network.variables} == {"float32"}
    twin_network = TextTransformer.from_config(network.get_config())
    np.testing.assert_allclose(twin_network(IDS), words, atol=1e-6)
    paths = [v.path for v in network.variables]
    assert len(set(paths)) == len(paths)


def test_heads_must_share_the_vector():
    with pytest.raises(ValueError, match="multiple of num_heads. Received: 8 and 3"):
        small(num_heads=3)
