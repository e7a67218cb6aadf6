import keras
import numpy as np
import pytest
import tensorflow as tf
from golden_files import GOLDEN, load_golden, relative_error

from tfgan_contra.importers.cut import assign_projector
from tfgan_contra.layers import PatchSampler
from tfgan_contra.layers.patch_sampler import draw_patch_ids, take_patches, unit_vectors

CASES = sorted(path.name for path in (GOLDEN / "cut").glob("sampler_mlp_*.npz"))
NO_KEY = tf.constant([1, 2], tf.int64)


def numbered(golden, name):
    keys = (f"{name}_{i}_nhwc" if "map" in name else f"{name}_{i}" for i in range(4))
    return [golden[key] for key in keys]


def sampler_of(golden):
    channels = tuple(m.shape[3] for m in numbered(golden, "feature_map"))
    sampler = PatchSampler(
        channels,
        num_patches=int(golden["num_patches_requested"]),
        embedding_dim=len(golden["F_state/mlp_0.0.bias"]),
    )
    state = {k[8:]: v for k, v in golden.items() if k.startswith("F_state/")}
    assign_projector(sampler, state)
    return sampler


@pytest.mark.parametrize("case", CASES)
def test_vectors_and_gradients_equal_the_authors(case):
    golden = load_golden(f"cut/{case}")
    sampler = sampler_of(golden)
    maps = tuple(tf.constant(m) for m in numbered(golden, "feature_map"))
    ids = tuple(numbered(golden, "patch_ids"))
    with tf.GradientTape() as tape:
        tape.watch(maps)
        vectors, _ = sampler(maps, patch_ids=ids)
        total = tf.add_n(
            tf.reduce_sum(tf.reshape(v, [-1, v.shape[2]]) * c)
            for v, c in zip(vectors, numbered(golden, "cotangent"), strict=True)
        )
    of_maps, of_weights = tape.gradient(total, (maps, sampler.trainable_variables))

    for i in range(4):
        rows = tf.reshape(vectors[i], [-1, vectors[i].shape[2]])
        assert relative_error(rows, golden[f"normalised_{i}"]) < 1e-5
        sampled = tf.reshape(take_patches(maps[i], ids[i]), [-1, maps[i].shape[3]])
        np.testing.assert_array_equal(sampled, golden[f"sampled_{i}"])
    theirs = numbered(golden, "grad_feature_map")
    for ours, expected in zip(of_maps, theirs, strict=True):
        assert relative_error(ours, expected) < 1e-4
    for variable, ours in zip(sampler.trainable_variables, of_weights, strict=True):
        layer, kind = variable.path.split("/")[-2:]
        part = "0" if layer.startswith("hidden") else "2"
        name = {"kernel": "weight", "bias": "bias"}[kind]
        expected = golden[f"F_grad/mlp_{layer[-1]}.{part}.{name}"].T
        assert relative_error(ours, expected) < 1e-4, variable.path


def test_without_projection_features_are_only_normalised():
    maps = (tf.random.stateless_normal([2, 3, 4, 5], [1, 2]),)
    sampler = PatchSampler((5,), num_patches=6, embedding_dim=None)
    vectors, ids = sampler(maps, key=NO_KEY)
    expected = unit_vectors(take_patches(maps[0], ids[0]))
    np.testing.assert_array_equal(vectors[0], expected)
    assert sampler.weights == []


def test_places_differ_and_follow_from_the_key():
    ids = np.asarray(draw_patch_ids(NO_KEY, 40, 25))
    assert len(set(ids)) == 25 and ids.min() >= 0 and ids.max() < 40
    np.testing.assert_array_equal(ids, draw_patch_ids(NO_KEY, 40, 25))
    other = draw_patch_ids(NO_KEY + 1, 40, 25)
    assert np.any(ids != np.asarray(other))
    every = np.asarray(draw_patch_ids(NO_KEY, 16, 25))
    assert sorted(every) == list(range(16))


def test_places_are_uniform():
    counts = np.zeros(10)
    for i in range(300):
        counts[np.asarray(draw_patch_ids(tf.constant([7, i], tf.int64), 10, 3))] += 1
    assert counts.min() > 60 and counts.max() < 120  # 90 expected each, sd 8.


def test_queries_can_use_the_places_of_the_keys():
    sampler = PatchSampler((3, 4), num_patches=5, embedding_dim=8)
    maps = (
        tf.random.stateless_normal([2, 6, 6, 3], [0, 1]),
        tf.random.stateless_normal([2, 3, 3, 4], [0, 2]),
    )
    keys, ids = sampler(maps, key=NO_KEY)
    queries, same = sampler(maps, patch_ids=ids)
    for k, q, i, j in zip(keys, queries, ids, same, strict=True):
        np.testing.assert_array_equal(k, q)
        np.testing.assert_array_equal(i, j)
    assert [k.shape for k in keys] == [(2, 5, 8)] * 2
    assert np.any(np.asarray(ids[0]) != np.asarray(ids[1]))


def test_a_zero_vector_is_safe():
    rows = tf.constant([[0.0, 0.0], [3e-4, 0.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        tape.watch(rows)
        vectors = unit_vectors(rows)
    gradient = tape.gradient(vectors, rows)
    np.testing.assert_array_equal(vectors[0], [0.0, 0.0])
    np.testing.assert_array_equal(gradient[0], [0.0, 0.0])
    np.testing.assert_allclose(vectors[1, 0], 3e-4 / (3e-4 + 1e-7), rtol=1e-6)
    assert np.all(np.isfinite(gradient))


@pytest.fixture
def mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


def test_half_precision_gives_float32_vectors(mixed_precision):
    sampler = PatchSampler((3,), embedding_dim=64, init_gain=1.0)
    maps = (tf.random.stateless_normal([1, 4, 4, 3], [0, 1]),)
    vectors, _ = sampler(maps, key=NO_KEY)
    assert sampler.hidden_layers[0].compute_dtype == "bfloat16"
    assert vectors[0].dtype == tf.float32
    np.testing.assert_allclose(tf.norm(vectors[0], axis=2), 1.0, atol=2e-3)


def test_batch_and_size_may_be_unknown_to_the_graph():
    sampler = PatchSampler((3,), num_patches=4, embedding_dim=8)
    spec = tf.TensorSpec([None, None, None, 3], tf.float32)
    graph = tf.function(
        lambda maps: sampler((maps,), key=NO_KEY)[0][0], input_signature=[spec]
    )
    maps = tf.random.stateless_normal([2, 4, 5, 3], [0, 1])
    np.testing.assert_allclose(
        graph(maps), sampler((maps,), key=NO_KEY)[0][0], atol=1e-6
    )


def test_initialisation_is_the_authors():
    sampler = PatchSampler((128,))
    kernel = np.asarray(sampler.hidden_layers[0].kernel)
    assert kernel.std() == pytest.approx(0.02 * np.sqrt(2 / (128 + 256)), rel=0.03)
    assert np.abs(kernel).max() > 3 * kernel.std()  # Not truncated at 2.
    assert not np.any(np.asarray(sampler.hidden_layers[0].bias))
    copy = PatchSampler.from_config(sampler.get_config())
    assert np.any(np.asarray(copy.hidden_layers[0].kernel) != kernel)


def test_mistakes_are_named():
    maps = (tf.zeros([1, 4, 4, 3]),)
    sampler = PatchSampler((3,), embedding_dim=8)
    with pytest.raises(ValueError, match="1 maps. Received: 2"):
        sampler(2 * maps, key=NO_KEY)
    with pytest.raises(ValueError, match="either patch_ids or a key"):
        sampler(maps)
    with pytest.raises(ValueError, match="either patch_ids or a key"):
        sampler(maps, patch_ids=(np.arange(2),), key=NO_KEY)
    with pytest.raises(ValueError, match="num_patches must be 1 or more. Received: 0"):
        PatchSampler((3,), num_patches=0)
    with pytest.raises(ValueError, match="channels"):
        PatchSampler(())
