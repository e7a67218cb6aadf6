import numpy as np
import pytest
from golden_files import load_golden, part
from loss_checks import assert_finite, assert_gradient, value_and_gradients

from tfgan_contra.losses import (
    multi_hinge_discriminator_loss,
    multi_hinge_generator_loss,
)

GOLDEN = part(load_golden("contragan/losses_adversarial.npz"), "multi_hinge/")


def test_discriminator_loss_equals_the_authors():
    def loss(real, fake):
        return multi_hinge_discriminator_loss(real, fake, GOLDEN["real_labels"])

    arrays = GOLDEN["real_logits"], GOLDEN["fake_logits"]
    value, gradients = value_and_gradients(loss, *arrays)
    np.testing.assert_allclose(value, GOLDEN["d_loss"], rtol=1e-5)
    assert_gradient(gradients[0], GOLDEN["d_grad_real"])
    assert_gradient(gradients[1], GOLDEN["d_grad_fake"])


def test_generator_loss_equals_the_authors():
    def loss(fake):
        return multi_hinge_generator_loss(fake, GOLDEN["fake_labels"])

    value, (gradient,) = value_and_gradients(loss, GOLDEN["fake_logits"])
    np.testing.assert_allclose(value, GOLDEN["g_loss_before_lambda"], rtol=1e-5)
    assert_gradient(gradient, GOLDEN["g_grad_fake"])


def test_a_margin_of_one_suffices():
    logits = np.array([[2.0, 1.0, -5.0], [0.0, 3.0, 2.0]], np.float32)
    assert float(multi_hinge_generator_loss(logits, [0, 1])) == 0.0
    assert float(multi_hinge_generator_loss(logits, [1, 1])) == pytest.approx(1.0)


@pytest.mark.parametrize("scale", [0.0, 1e12])
def test_finite_for_extreme_inputs(scale):
    def loss(real, fake):
        return multi_hinge_discriminator_loss(real, fake, GOLDEN["real_labels"])

    factor = np.float32(scale)
    assert_finite(loss, GOLDEN["real_logits"] * factor, GOLDEN["fake_logits"] * factor)
