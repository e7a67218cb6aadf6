import numpy as np
import pytest
import tensorflow as tf
from golden_files import GOLDEN, load_golden
from loss_checks import (
    assert_equals_twin,
    assert_finite,
    assert_gradient,
    unit,
    value_and_gradients,
)

from tfgan_contra.losses import patch_nce, patch_nce_loss

CASES = sorted(path.name for path in (GOLDEN / "cut").glob("patchnce_*.npz"))
SETTINGS = {"image": "per_image", "batch": "whole_minibatch"}


def twin(queries, keys, temperature, negatives):
    """PatchNCE in float64, query by query, as the paper states it."""
    images, patches, size = queries.shape
    rows = np.asarray(queries, np.float64).reshape(-1, size)
    others = np.asarray(keys, np.float64).reshape(-1, size)
    total = 0.0
    for i, row in enumerate(rows):
        group = range(images * patches)
        if negatives == "image":
            group = range(i // patches * patches, (i // patches + 1) * patches)
        logits = [row @ others[i]]
        logits += [row @ others[j] if j != i else -10.0 for j in group]
        logits = np.array(logits) / temperature
        top = logits.max()
        total += top + np.log(np.exp(logits - top).sum()) - logits[0]
    return total / len(rows)


def random_case(images=2, patches=4, size=3):
    random = np.random.default_rng(5)
    rows = random.standard_normal((2, images * patches, size))
    return [unit(r).reshape(images, patches, size).astype(np.float32) for r in rows]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("negatives", SETTINGS)
def test_value_and_gradient_equal_the_authors(case, negatives):
    golden, setting = load_golden(f"cut/{case}"), SETTINGS[negatives]
    shape = (int(golden["batch_size"]), int(golden["num_patches"]), -1)
    queries, keys = (golden[f"feat_{name}"].reshape(shape) for name in "qk")

    def loss(queries, keys):
        return patch_nce_loss(
            queries,
            keys,
            temperature=float(golden["temperature"]),
            negatives=negatives,
        )

    value, (of_queries, of_keys) = value_and_gradients(loss, queries, keys)
    np.testing.assert_allclose(
        value, golden[f"loss_mean_{setting}"], rtol=1e-5, atol=1e-7
    )
    theirs = golden[f"grad_feat_q_of_mean_{setting}"].reshape(queries.shape)
    assert_gradient(of_queries, theirs)
    assert not of_keys.any()


@pytest.mark.parametrize("negatives", SETTINGS)
@pytest.mark.parametrize("temperature", [0.07, 0.5, 5.0])
def test_equals_the_formula(negatives, temperature):
    queries, keys = random_case()
    assert_equals_twin(
        lambda q: patch_nce_loss(q, keys, temperature=temperature, negatives=negatives),
        lambda q: twin(q, keys, temperature, negatives),
        queries,
    )


def test_vectors_need_no_length():
    """Products below the mask's -10 and large ones, as of unprojected features."""
    queries, keys = (9.0 * array for array in random_case())
    assert_equals_twin(
        lambda q: patch_nce_loss(q, keys, negatives="batch"),
        lambda q: twin(q, keys, 0.07, "batch"),
        queries,
    )


@pytest.mark.parametrize("negatives", SETTINGS)
@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e15])
def test_finite_for_extreme_inputs(negatives, scale):
    queries, keys = random_case()
    queries[0, 0] = 0.0
    assert_finite(
        lambda q, k: patch_nce_loss(q, k, negatives=negatives),
        queries * np.float32(scale),
        keys,
    )
    assert_finite(
        lambda q, k: patch_nce_loss(q, k, negatives=negatives),
        queries,
        keys * np.float32(scale),
    )


def test_one_patch_has_negatives_only_in_the_batch():
    queries, keys = random_case(images=4, patches=1)
    assert float(patch_nce_loss(queries, keys)) == 0.0
    in_batch = patch_nce_loss(queries, keys, negatives="batch")
    as_one_image = patch_nce_loss(queries[None, :, 0], keys[None, :, 0])
    assert float(in_batch) > 0.1
    np.testing.assert_allclose(in_batch, as_one_image, rtol=1e-6)


def test_images_with_all_replicas_keys_make_the_whole():
    queries, keys = random_case(images=4)
    whole, whole_gradients = value_and_gradients(
        lambda q: patch_nce_loss(q, keys, negatives="batch"), queries
    )

    def halves(queries):
        parts = [
            patch_nce_loss(
                queries[rows],
                keys[rows],
                negatives="batch",
                all_keys=keys,
                row_offset=rows.start,
            )
            for rows in (slice(0, 2), slice(2, 4))
        ]
        return tf.add_n(parts) / 2

    value, gradients = value_and_gradients(halves, queries)
    np.testing.assert_allclose(value, whole, rtol=1e-6)
    assert_gradient(gradients[0], whole_gradients[0])


def test_half_precision_is_computed_in_float32():
    queries, keys = (tf.cast(a, tf.bfloat16) for a in random_case())
    loss = patch_nce_loss(queries, keys)
    exact = patch_nce_loss(tf.cast(queries, tf.float32), tf.cast(keys, tf.float32))
    assert loss.dtype == tf.float32
    assert float(loss) == float(exact)


def test_batch_size_may_be_unknown_to_the_graph():
    queries, keys = random_case()
    spec = tf.TensorSpec([None, None, 3], tf.float32)

    @tf.function(input_signature=[spec, spec])
    def value_and_slope(queries, keys):
        with tf.GradientTape() as tape:
            tape.watch(queries)
            loss = patch_nce_loss(queries, keys, negatives="batch")
        return loss, tape.gradient(loss, queries)

    loss, slope = value_and_slope(queries, keys)
    expected, (gradient,) = value_and_gradients(
        lambda q: patch_nce_loss(q, keys, negatives="batch"), queries
    )
    np.testing.assert_allclose(loss, expected, rtol=1e-6)
    assert_gradient(slope, gradient)


def test_memory_does_not_grow_with_the_square_of_the_batch():
    """No buffer of the compiled program, backward included, holds all pairs."""
    images, patches = 7, 11
    queries, keys = (
        tf.constant(array) for array in random_case(images, patches, size=3)
    )

    @tf.function(jit_compile=True)
    def slope(queries):
        with tf.GradientTape() as tape:
            tape.watch(queries)
            loss = patch_nce_loss(queries, keys, negatives="batch")
        return tape.gradient(loss, queries)

    program = slope.experimental_get_compiler_ir(queries)(stage="optimized_hlo")
    pairs = images * patches
    assert f"f32[{patches},{pairs}]" in program
    assert f"[{pairs},{pairs}]" not in program
    assert f"[{images},{patches},{pairs}]" not in program


def test_mistakes_are_named():
    queries, keys = random_case()
    with pytest.raises(ValueError, match="image, batch. Received: 'all'"):
        patch_nce_loss(queries, keys, negatives="all")
    with pytest.raises(ValueError, match="only with negatives='batch'"):
        patch_nce_loss(queries, keys, all_keys=keys)
    with pytest.raises(ValueError, match=r"one shape. Received: \(2, 4, 3\)"):
        patch_nce_loss(queries, keys[:1])
    assert patch_nce.NEGATIVES == tuple(SETTINGS)
