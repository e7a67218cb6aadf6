import keras
import numpy as np
import pytest
from golden_files import load_golden, part

from tfgan_contra.optimizers import Adam, ConstantThenLinear

GOLDEN = load_golden("contragan/adam_torch_trace.npz")
CASES = sorted({key.split("/")[0] for key in GOLDEN if "/" in key})


@pytest.mark.parametrize("case", CASES)
def test_equals_pytorch(case):
    golden = part(GOLDEN, f"{case}/")
    rate, beta_1, beta_2, epsilon = map(float, golden["lr_beta1_beta2_eps"])
    optimizer = Adam(rate, beta_1, beta_2, epsilon)
    variable = keras.Variable(GOLDEN["params_start"].astype(np.float32))
    optimizer.build([variable])
    expected = golden["params_after_each_step_float64"]
    for gradient, after in zip(GOLDEN["grads_per_step"], expected, strict=True):
        optimizer.apply([gradient.astype(np.float32)], [variable])
        np.testing.assert_allclose(variable, after, rtol=1e-5, atol=1e-7)


def test_schedule_is_constant_then_linear():
    schedule = ConstantThenLinear(2.0, start=10, end=20, final_fraction=0.1)
    rates = [float(schedule(step)) for step in (0, 10, 15, 20, 30)]
    np.testing.assert_allclose(rates, [2.0, 2.0, 1.1, 0.2, 0.2], rtol=1e-6)
