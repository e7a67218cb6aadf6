import numpy as np
import pytest
from golden_files import GOLDEN, load_golden
from loss_checks import (
    assert_equals_twin,
    assert_gradient,
    assert_parts_make_the_whole,
    value_and_gradients,
)

from tfgan_contra.losses import (
    dual_contrastive,
    dual_contrastive_discriminator_loss,
    dual_contrastive_generator_loss,
)

FOLDER = GOLDEN / "ssgan_infomax_dual"
CASES = sorted(
    path.name
    for path in FOLDER.glob("dual_contrastive_*.npz")
    if "two_replicas" not in path.name
)
GENERATOR_KEYS = {
    "minimax": ("G_loss_minimax", "G_minimax_grad_fake"),
    "swapped": ("G_loss_swapped", "G_swapped_grad_fake"),
    "real_anchor": ("G_loss_real_anchor_only", "G_real_anchor_only_grad_fake"),
}


def logits(reals=16, fakes=16, scale=1.0, seed=6):
    random = np.random.default_rng(seed)
    real, fake = random.uniform(-scale, scale, (2, max(reals, fakes)))
    return real[:reals].astype(np.float32), fake[:fakes].astype(np.float32)


# By the names of the cases that are kept elsewhere.
INPUTS = {
    "b16": logits(),
    "nr5_nf3": logits(5, 3, 2.0),
    "b1": logits(1, 1),
    "zeros_b8": (np.zeros(8, np.float32),) * 2,
    "extreme_inverted": tuple(
        sign * (175 + logits(4, 4, 25.0)[place])
        for place, sign in enumerate((-1.0, 1.0))
    ),
    "extreme_mixed": logits(8, 8, 200.0),
}


def each_against_all(rows, rivals):
    """The mean of log(1 + sum exp(rival - row)) in float64, row by row."""
    rows, rivals = np.asarray(rows, np.float64), np.asarray(rivals, np.float64)
    exponents = [np.append(rivals - row, 0.0) for row in rows]
    return np.mean([np.logaddexp.reduce(exponent) for exponent in exponents])


def twin(real, fake, form=None):
    """The discriminator's loss, or a form of the generator's."""
    if form == "swapped":
        return twin(fake, real)
    if form == "real_anchor":
        return each_against_all(-np.asarray(real), -np.asarray(fake))
    loss = each_against_all(real, fake) + each_against_all(
        -np.asarray(fake), -np.asarray(real)
    )
    return -loss if form == "minimax" else loss


def generator_loss(form):
    return lambda real, fake: dual_contrastive_generator_loss(real, fake, form=form)


@pytest.mark.parametrize("case", CASES)
def test_discriminator_loss_equals_the_reference(case):
    golden = load_golden(f"ssgan_infomax_dual/{case}")
    value, (of_real, of_fake) = value_and_gradients(
        dual_contrastive_discriminator_loss,
        golden["real_logits"],
        golden["fake_logits"],
    )
    # 1e-131 of a perfect discriminator is 0 in float32.
    np.testing.assert_allclose(value, golden["D_loss"], rtol=1e-5, atol=1e-30)
    assert_gradient(of_real, golden["D_grad_real"])
    assert_gradient(of_fake, golden["D_grad_fake"])


@pytest.mark.parametrize("form", dual_contrastive.FORMS)
@pytest.mark.parametrize("case", CASES)
def test_generator_losses_equal_the_reference(case, form):
    golden, (key, slope_key) = (
        load_golden(f"ssgan_infomax_dual/{case}"),
        GENERATOR_KEYS[form],
    )
    value, (of_real, of_fake) = value_and_gradients(
        generator_loss(form), golden["real_logits"], golden["fake_logits"]
    )
    np.testing.assert_allclose(value, golden[key], rtol=1e-5, atol=1e-30)
    assert_gradient(of_fake, golden[slope_key])
    if form == "minimax":
        assert_gradient(of_real, golden["G_minimax_grad_real_not_used_if_detached"])


@pytest.mark.parametrize("inputs", INPUTS.values(), ids=INPUTS)
def test_equal_the_formula(inputs):
    assert_equals_twin(dual_contrastive_discriminator_loss, twin, *inputs)
    for form in dual_contrastive.FORMS:
        assert_equals_twin(
            generator_loss(form),
            lambda real, fake, form=form: twin(real, fake, form),
            *inputs,
        )


def test_an_indifferent_discriminator_has_the_log_of_its_rivals():
    loss = dual_contrastive_discriminator_loss(*INPUTS["zeros_b8"])
    np.testing.assert_allclose(loss, 2 * np.log(9), rtol=1e-6)


def test_everybody_pulls_in_the_right_direction():
    """A generator with the discriminator's argument order would be turned around."""
    for inputs in (INPUTS["b16"], INPUTS["nr5_nf3"]):
        _, (of_real, of_fake) = value_and_gradients(
            dual_contrastive_discriminator_loss, *inputs
        )
        assert of_real.max() < 0 < of_fake.min()
        for form in dual_contrastive.FORMS:
            _, (_, of_fake) = value_and_gradients(generator_loss(form), *inputs)
            assert of_fake.max() < 0


def test_only_minimax_saturates():
    golden = load_golden("ssgan_infomax_dual/dual_contrastive_extreme_separated.npz")
    largest = {}
    for form in dual_contrastive.FORMS:
        _, (_, of_fake) = value_and_gradients(
            generator_loss(form), golden["real_logits"], golden["fake_logits"]
        )
        largest[form] = np.abs(of_fake).max()
    assert largest["minimax"] == 0.0
    assert largest["swapped"] > 0.5 > 0.4 < largest["real_anchor"]


@pytest.mark.parametrize("gather", [True, False])
def test_replicas_equal_the_reference(gather):
    golden = load_golden("ssgan_infomax_dual/dual_contrastive_two_replicas.npz")
    suffix = "gathered" if gather else "mean_of_replicas"

    def mean_of_replicas(real, fake):
        everyone = {"all_real_logits": real, "all_fake_logits": fake} if gather else {}
        parts = [
            dual_contrastive_discriminator_loss(
                real[first:last], fake[first:last], **everyone
            )
            for first, last in golden["split"]
        ]
        return sum(parts) / len(parts)

    value, (of_real, of_fake) = value_and_gradients(
        mean_of_replicas, golden["real_logits"], golden["fake_logits"]
    )
    np.testing.assert_allclose(value, golden[f"D_loss_{suffix}"], rtol=1e-5)
    assert_gradient(of_real, golden[f"D_grad_real_{suffix}"])
    assert_gradient(of_fake, golden[f"D_grad_fake_{suffix}"])


@pytest.mark.parametrize("form", dual_contrastive.FORMS)
def test_generator_parts_with_gathered_logits_make_the_whole(form):
    def of_rows(rows, real, fake):
        return dual_contrastive_generator_loss(
            real[rows],
            fake[rows],
            form=form,
            all_real_logits=real,
            all_fake_logits=fake,
        )

    assert_parts_make_the_whole(generator_loss(form), of_rows, *INPUTS["b16"])


def test_one_column_is_one_logit_per_image():
    real, fake = INPUTS["nr5_nf3"]
    value, (of_real, of_fake) = value_and_gradients(
        dual_contrastive_discriminator_loss, real[:, None], fake[:, None]
    )
    assert (of_real.shape, of_fake.shape) == ((5, 1), (3, 1))
    np.testing.assert_allclose(value, twin(real, fake), rtol=1e-5)


@pytest.mark.parametrize("shape", [(), (4, 2), (4, 3, 3, 1)])
def test_other_shapes_are_refused(shape):
    fine, wrong = np.zeros(4, np.float32), np.zeros(shape, np.float32)
    with pytest.raises(ValueError, match=r"fake_logits must be one per image.*Rec"):
        dual_contrastive_discriminator_loss(fine, wrong)
    with pytest.raises(ValueError, match=r"real_logits must be one per image.*Rec"):
        dual_contrastive_generator_loss(wrong, fine)


def test_mistakes_are_named():
    real, fake = INPUTS["b16"]
    with pytest.raises(ValueError, match="real_anchor. Received: 'hinge'"):
        dual_contrastive_generator_loss(real, fake, form="hinge")
    with pytest.raises(ValueError, match="belong together.*only all_fake_logits"):
        dual_contrastive_discriminator_loss(real, fake, all_fake_logits=fake)
