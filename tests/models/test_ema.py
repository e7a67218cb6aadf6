"""The moving average follows the authors' trace, statistics included."""

import dataclasses

import numpy as np
from golden_files import load_golden
from models import harness
from models.test_variants import CONTRAGAN

from tfgan_contra.layers import batch_norm_layers


def first_values(variable, count):
    return np.array(variable).ravel()[:count]


def with_first_values(variable, values):
    array = np.array(variable).ravel()
    array[: len(values)] = values
    return array.reshape(variable.shape)


def test_average_equals_the_authors_trace():
    golden = load_golden("contragan/ema_trace.npz")
    config = dataclasses.replace(
        CONTRAGAN,
        ema_decay=float(golden["decay"]),
        ema_start=int(golden["start_iter"]),
    )
    gan = harness.build(config)
    networks = (gan.generator, gan.generator_ema)
    weight, average = (network.first.bias for network in networks)
    mean, mean_average = (batch_norm_layers(n)[0].moving_mean for n in networks)
    trace = {key.split("/")[1]: golden[key] for key in golden if "/" in key}
    for i in range(5):
        weight.assign(with_first_values(weight, trace["w"][i]))
        mean.assign(with_first_values(mean, trace["rm"][i]))
        gan.step.assign(i)
        gan.update_ema()
        np.testing.assert_allclose(
            first_values(average, 4), trace["ema_w"][i], rtol=1e-5, atol=1e-7
        )
        np.testing.assert_allclose(
            first_values(mean_average, 3), trace["ema_rm"][i], rtol=1e-5, atol=1e-7
        )
