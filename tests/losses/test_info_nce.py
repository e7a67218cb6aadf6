import numpy as np
import pytest
import tensorflow as tf
from golden_files import GOLDEN, load_golden
from loss_checks import (
    assert_finite,
    assert_gradient,
    assert_parts_make_the_whole,
    value_and_gradients,
)

from tfgan_contra.losses import info_nce, info_nce_loss, mutual_information_bound

CASES = sorted(
    path.name for path in (GOLDEN / "ssgan_infomax_dual").glob("infonce_*.npz")
)
# Images, height, width, features, and the largest score if it is not left as it is.
SHAPES = {
    "8x8": (8, 8, 8, 16, None),
    "3x3": (6, 3, 3, 5, None),
    "not_square": (3, 2, 5, 7, None),
    "large": (4, 2, 2, 6, 200.0),
    "one_image": (1, 2, 2, 3, None),
    "one_pair": (1, 1, 1, 3, None),
}


def twin(local, anchors, negatives):
    """Value and gradients in float64, with every pair's logits written out."""
    images, height, width, size = local.shape
    local = np.asarray(local, np.float64).reshape(images, -1, size)
    anchors = np.asarray(anchors, np.float64)
    scores = np.einsum("nr,bpr->nbp", anchors, local)
    own = np.eye(images, dtype=bool)[:, :, None] & np.ones_like(scores, bool)
    positive = scores[own].reshape(images, -1)
    pairs = positive.size
    if negatives == "other_images":
        table = np.where(own, -10.0, scores).reshape(images, 1, pairs)
        table = np.broadcast_to(table, (images, height * width, pairs))
        logits = np.concatenate([positive[:, :, None], table], axis=2)
        chances = softmax(logits)
        of_positive = (chances[:, :, 0] - 1.0) / pairs
        of_table = chances[:, :, 1:].sum(axis=1).reshape(scores.shape) / pairs
        of_scores = np.where(own, 0.0, of_table)
        of_scores[own] = of_positive.ravel()
        value = -np.log(chances[:, :, 0]).mean()
    else:
        chances = softmax(scores.reshape(images, pairs)).reshape(scores.shape)
        of_scores = chances / images - own / pairs
        value = -np.log(chances[own]).mean()
    of_local = np.einsum("nbp,nr->bpr", of_scores, anchors)
    of_anchors = np.einsum("nbp,bpr->nr", of_scores, local)
    return value, of_local.reshape(images, height, width, size), of_anchors


def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def random_case(images=4, height=2, width=3, size=5, largest=None):
    random = np.random.default_rng(5)
    local = random.standard_normal((images, height, width, size))
    anchors = random.standard_normal((images, size))
    if largest is not None:
        scores = np.einsum("nr,bhwr->nbhw", anchors, local)
        anchors *= largest / np.abs(scores).max()
    return local.astype(np.float32), anchors.astype(np.float32)


@pytest.mark.parametrize(("weight", "suffix"), [(1.0, "1"), (0.2, "0p2")])
@pytest.mark.parametrize("case", CASES)
def test_value_and_gradients_equal_the_authors(case, weight, suffix):
    golden = load_golden(f"ssgan_infomax_dual/{case}")
    value, gradients = value_and_gradients(
        lambda *features: weight * info_nce_loss(*features),
        golden["local_nhwc"],
        golden["global_feat"],
    )
    # Their float32 loses digits where the loss is small; float64 is the same code.
    np.testing.assert_allclose(value, weight * golden["loss_float64"], rtol=1e-5)
    np.testing.assert_allclose(value, golden[f"loss_scale_{suffix}"], rtol=1e-4)
    for ours, name in zip(gradients, ("local_nhwc", "global"), strict=True):
        exact = weight * golden[f"grad_{name}_float64"]
        np.testing.assert_allclose(ours, exact, rtol=1e-5, atol=2e-6)
        assert_gradient(ours, exact)
        theirs = golden[f"grad_{name}_scale_{suffix}"]
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=2e-6)


@pytest.mark.parametrize("case", CASES)
def test_the_papers_denominator(case):
    golden = load_golden(f"ssgan_infomax_dual/{case}")
    ours = info_nce_loss(golden["local_nhwc"], golden["global_feat"], negatives="all")
    theirs = golden["loss_alt_paper_full_denominator_float64"]
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


@pytest.mark.parametrize("case", CASES)
def test_the_twin_is_the_authors_function(case):
    golden = load_golden(f"ssgan_infomax_dual/{case}")
    features = golden["local_nhwc"], golden["global_feat"]
    value, of_local, of_global = twin(*features, "other_images")
    np.testing.assert_allclose(value, golden["loss_float64"], rtol=1e-12)
    for ours, name in ((of_local, "local_nhwc"), (of_global, "global")):
        np.testing.assert_allclose(ours, golden[f"grad_{name}_float64"], atol=1e-12)


@pytest.mark.parametrize("negatives", info_nce.NEGATIVES)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_equals_the_formula(shape, negatives):
    features = random_case(*shape)
    value, gradients = value_and_gradients(
        lambda *f: info_nce_loss(*f, negatives=negatives), *features
    )
    expected, *slopes = twin(*features, negatives)
    np.testing.assert_allclose(value, expected, rtol=1e-5)
    for ours, theirs in zip(gradients, slopes, strict=True):
        assert_gradient(ours, theirs)


def test_height_and_width_are_not_exchanged():
    """The value is a sum over locations: only the gradient can tell them apart."""
    golden = load_golden("ssgan_infomax_dual/infonce_b4_4x4_r8.npz")
    _, (of_local, _) = value_and_gradients(
        info_nce_loss, golden["local_nhwc"].swapaxes(1, 2), golden["global_feat"]
    )
    theirs = golden["grad_local_nhwc_scale_1"]
    assert_gradient(of_local.swapaxes(1, 2), theirs)
    assert np.abs(of_local - theirs).max() > 0.1 * np.abs(theirs).max()


@pytest.mark.parametrize("negatives", info_nce.NEGATIVES)
def test_parts_with_gathered_locations_make_the_whole(negatives):
    def whole(local, anchors):
        return info_nce_loss(local, anchors, negatives=negatives)

    def of_rows(rows, local, anchors):
        return info_nce_loss(
            local[rows],
            anchors[rows],
            negatives=negatives,
            all_local_features=local,
            row_offset=rows.start,
        )

    assert_parts_make_the_whole(whole, of_rows, *random_case())


@pytest.mark.parametrize("negatives", info_nce.NEGATIVES)
@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e15])
def test_finite_for_extreme_inputs(negatives, scale):
    local, anchors = random_case()
    local[0, 0] = 0.0
    assert_finite(
        lambda *f: info_nce_loss(*f, negatives=negatives),
        local * np.float32(scale),
        anchors,
    )


def test_without_information_the_loss_is_the_log_of_the_candidates():
    local, anchors = np.zeros((6, 4, 4, 3)), np.zeros((6, 3))
    loss = info_nce_loss(local, anchors)
    np.testing.assert_allclose(loss, np.log(5 * 16 + 1), atol=1e-4)
    np.testing.assert_allclose(
        info_nce_loss(local, anchors, negatives="all"), np.log(6 * 16), rtol=1e-5
    )
    np.testing.assert_allclose(mutual_information_bound(loss, local), 0.0, atol=1e-4)


@pytest.mark.parametrize(("side", "candidates"), [(8, 4033), (3, 568), (4, 1009)])
def test_bound_on_mutual_information(side, candidates):
    local = np.zeros((64, side, side, 1), np.float32)
    bound = mutual_information_bound(0.5, local)
    np.testing.assert_allclose(bound, np.log(candidates) - 0.5, rtol=1e-6)
    full = mutual_information_bound(0.5, local, negatives="all")
    np.testing.assert_allclose(full, np.log(64 * side**2) - 0.5, rtol=1e-6)


def test_half_precision_is_computed_in_float32():
    features = [tf.cast(array, tf.bfloat16) for array in random_case(largest=200.0)]
    loss = info_nce_loss(*features)
    exact = info_nce_loss(*(tf.cast(feature, tf.float32) for feature in features))
    assert loss.dtype == tf.float32
    assert float(loss) == float(exact)


@pytest.mark.parametrize("negatives", info_nce.NEGATIVES)
def test_batch_size_may_be_unknown_to_the_graph(negatives):
    local, anchors = random_case()
    specs = [
        tf.TensorSpec([None, None, None, 5], tf.float32),
        tf.TensorSpec([None, 5], tf.float32),
    ]

    @tf.function(input_signature=specs)
    def value_and_bound(local, anchors):
        loss = info_nce_loss(local, anchors, negatives=negatives)
        return loss, mutual_information_bound(loss, local, negatives=negatives)

    loss, bound = value_and_bound(local, anchors)
    expected = twin(local, anchors, negatives)[0]
    np.testing.assert_allclose(loss, expected, rtol=1e-5)
    candidates = {"other_images": 3 * 6 + 1, "all": 4 * 6}[negatives]
    np.testing.assert_allclose(bound, np.log(candidates) - expected, rtol=1e-4)


def test_memory_grows_with_images_times_locations_only():
    """No buffer of the compiled program, backward included, holds all pairs."""
    images, locations = 7, 11
    features = [tf.constant(array) for array in random_case(images, 1, locations, 3)]

    @tf.function(jit_compile=True)
    def slopes(local, anchors):
        with tf.GradientTape() as tape:
            tape.watch([local, anchors])
            loss = info_nce_loss(local, anchors)
        return tape.gradient(loss, [local, anchors])

    program = slopes.experimental_get_compiler_ir(*features)(stage="optimized_hlo")
    pairs = images * locations
    assert f"f32[{images},{pairs}]" in program
    assert f"[{pairs},{pairs}]" not in program
    assert f"[{images},{locations},{pairs}]" not in program


def test_mistakes_are_named():
    local, anchors = random_case()
    with pytest.raises(ValueError, match="other_images, all. Received: 'image'"):
        info_nce_loss(local, anchors, negatives="image")
    with pytest.raises(ValueError, match="other_images, all. Received: 'image'"):
        mutual_information_bound(1.0, local, negatives="image")
    for wrong in (anchors[:3], anchors[:, :4], local):
        with pytest.raises(
            ValueError, match=r"global_features \[B, R\] and .*Received"
        ):
            info_nce_loss(local, wrong)
    with pytest.raises(ValueError, match=r"and \(4, 2, 2, 5\)"):
        info_nce_loss(local, anchors, all_local_features=local[:, :, :2])
