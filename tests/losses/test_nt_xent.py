import numpy as np
import pytest
from golden_files import load_golden, part
from loss_checks import (
    assert_equals_twin,
    assert_finite,
    assert_gradient,
    assert_parts_make_the_whole,
    unit,
    value_and_gradients,
)

from tfgan_contra.losses import nt_xent_loss

GOLDEN = load_golden("contragan/losses_pairwise_baselines.npz")
CASES = sorted({k.split("/")[0] for k in GOLDEN if k.startswith("nt_xent")})


def random_views(rows=6):
    random = np.random.default_rng(3)
    return [random.standard_normal((rows, 7)).astype(np.float32) for _ in range(2)]


def twin(view_a, view_b, temperature=0.3):
    """Cross entropy over rows of the 2N x 2N similarities, in float64."""
    views = unit(np.concatenate([view_a, view_b]))
    similarities = views @ views.T / temperature
    np.fill_diagonal(similarities, -np.inf)
    count = len(views)
    others = np.roll(np.arange(count), count // 2)
    positives = similarities[np.arange(count), others]
    return np.mean(np.log(np.sum(np.exp(similarities), axis=1)) - positives)


@pytest.mark.parametrize("case", CASES)
def test_value_and_gradients_equal_the_authors(case):
    golden = part(GOLDEN, f"{case}/")

    def loss(view_a, view_b):
        return nt_xent_loss(view_a, view_b, temperature=float(golden["temperature"]))

    value, gradients = value_and_gradients(loss, golden["view_i"], golden["view_j"])
    np.testing.assert_allclose(value, golden["loss"], rtol=1e-5)
    assert_gradient(gradients[0], golden["grad_view_i"])
    assert_gradient(gradients[1], golden["grad_view_j"])


def test_equals_the_formula():
    def loss(view_a, view_b):
        return nt_xent_loss(view_a, view_b, temperature=0.3)

    assert_equals_twin(loss, twin, *random_views())


def test_parts_with_gathered_keys_make_the_whole():
    def of_rows(rows, view_a, view_b):
        return nt_xent_loss(
            view_a[rows],
            view_b[rows],
            all_view_a=view_a,
            all_view_b=view_b,
            row_offset=rows.start,
        )

    assert_parts_make_the_whole(nt_xent_loss, of_rows, *random_views())


@pytest.mark.parametrize("temperature", [1e-4, 0.07, 100.0])
@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e30])
def test_finite_for_extreme_inputs(temperature, scale):
    view_a, view_b = random_views()

    def loss(view_a, view_b):
        return nt_xent_loss(view_a, view_b, temperature=temperature)

    assert_finite(loss, view_a * np.float32(scale), view_b)


def test_one_image_alone_has_no_negatives():
    value, gradients = value_and_gradients(nt_xent_loss, *random_views(rows=1))
    assert value == 0.0
    assert not np.any(gradients)


def test_half_of_the_gathered_views_is_refused():
    view_a, view_b = random_views()
    with pytest.raises(ValueError, match="belong together.*only all_view_b"):
        nt_xent_loss(view_a, view_b, all_view_b=view_b)
