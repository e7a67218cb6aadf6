import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part

from tfgan_contra.losses import scheduled_temperature

GOLDEN = load_golden("contragan/losses_pairwise_baselines.npz")
CASES = {
    "temperature_constant_start0p7_end0p1_jumpsNA": (0.7, 0.7, 0),
    "temperature_continuous_start2p0_end1p0_jumpsNA": (2.0, 1.0, 0),
    "temperature_discrete_start2p0_end1p0_jumps1": (2.0, 1.0, 1),
    "temperature_discrete_start1p0_end0p5_jumps4": (1.0, 0.5, 4),
}


@pytest.mark.parametrize("case", list(CASES))
def test_equals_the_authors(case):
    golden, (start, end, jumps) = part(GOLDEN, f"{case}/"), CASES[case]
    total = int(golden["total_steps"])
    ours = [
        scheduled_temperature(
            step, start=start, end=end, num_steps=total, jumps=jumps
        ).numpy()
        for step in golden["step"]
    ]
    np.testing.assert_allclose(ours, golden["temperature"], rtol=1e-6)


@pytest.mark.parametrize("jumps", [0, 2])
@pytest.mark.parametrize("step", [10, 11, 1000])
def test_the_end_stays(jumps, step):
    # With two jumps step 10 is one that 10 // 3 leaves over.
    value = scheduled_temperature(step, start=2.0, end=0.5, num_steps=10, jumps=jumps)
    assert float(value) == 0.5


def test_a_step_in_a_graph_gives_float32():
    @tf.function
    def at(step):
        return scheduled_temperature(step, start=2.0, end=1.0, num_steps=4)

    value = at(tf.constant(1, tf.int64))
    assert value.dtype == tf.float32
    assert float(value) == 1.75


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="above 0.*end=0.0"):
        scheduled_temperature(0, start=1.0, end=0.0, num_steps=10)
    with pytest.raises(ValueError, match="below num_steps.*jumps=10"):
        scheduled_temperature(0, start=1.0, end=0.5, num_steps=10, jumps=10)
    with pytest.raises(ValueError, match="at least 1.*num_steps=0"):
        scheduled_temperature(0, start=1.0, end=0.5, num_steps=0)
