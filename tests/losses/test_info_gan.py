import numpy as np
import pytest
from golden_files import load_golden, part
from loss_checks import (
    assert_equals_twin,
    assert_finite,
    assert_gradient,
    value_and_gradients,
)

from tfgan_contra.losses import gaussian_negative_log_likelihood

GOLDEN = part(load_golden("contragan/losses_adversarial.npz"), "infogan_continuous/")


def twin(codes, mean, log_variance):
    variance = np.exp(np.asarray(log_variance, np.float64))
    error = np.square(np.asarray(codes, np.float64) - mean) / (2 * variance + 1e-6)
    norm = 0.5 * np.log(2 * np.pi * variance + 1e-6)
    return np.mean(np.sum(norm + error, axis=1))


def test_value_and_gradients_equal_the_authors():
    variance = GOLDEN["var"].astype(np.float64)
    value, gradients = value_and_gradients(
        gaussian_negative_log_likelihood, GOLDEN["c"], GOLDEN["mu"], np.log(variance)
    )
    np.testing.assert_allclose(value, GOLDEN["nll"], rtol=1e-5)
    assert_gradient(gradients[1], GOLDEN["grad_mu"])
    assert_gradient(gradients[2], GOLDEN["grad_var"] * variance)


def test_equals_the_formula_also_where_the_guard_counts():
    random = np.random.default_rng(0)
    codes = random.uniform(-1, 1, (4, 3)).astype(np.float32)
    mean = codes + np.float32(1e-3) * random.standard_normal((4, 3), np.float32)
    log_variance = random.uniform(-18, 1, (4, 3)).astype(np.float32)
    loss = gaussian_negative_log_likelihood
    value, _ = value_and_gradients(loss, codes, mean, log_variance)
    np.testing.assert_allclose(value, twin(codes, mean, log_variance), rtol=1e-5)
    # Means apart from the codes, so that differences of the twin are well defined.
    assert_equals_twin(loss, twin, codes, -mean, log_variance + 10)


@pytest.mark.parametrize("log_variance", [-1e4, -90.0, 0.0, 90.0, 1e4])
def test_finite_for_extreme_inputs(log_variance):
    assert_finite(
        gaussian_negative_log_likelihood,
        GOLDEN["c"],
        GOLDEN["mu"],
        np.full_like(GOLDEN["mu"], log_variance),
    )
