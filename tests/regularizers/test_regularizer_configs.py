import dataclasses

import pytest

from tfgan_contra.config import from_json, to_json
from tfgan_contra.errors import ConfigError
from tfgan_contra.regularizers import configs

DEFAULTS = {
    configs.ConsistencyConfig: {"d_consistency": 10.0},
    configs.BalancedConsistencyConfig: {
        "d_consistency_real": 10.0,
        "d_consistency_fake": 10.0,
    },
    configs.LatentConsistencyConfig: {
        "d_latent_consistency": 20.0,
        "g_latent_consistency": 0.5,
    },
    configs.GradientPenaltyConfig: {"d_gradient_penalty": 10.0},
    configs.MaxGradientPenaltyConfig: {"d_max_gradient_penalty": 10.0},
    configs.DraganConfig: {"d_dragan": 10.0},
    configs.R1Config: {"r1": 1.0},
    configs.LeCamConfig: {"d_lecam": 0.3},
    configs.WeightClippingConfig: {},
    configs.TopKConfig: {},
}


@pytest.mark.parametrize("kind", list(DEFAULTS), ids=lambda kind: kind.__name__)
def test_a_config_survives_json_and_builds_what_it_says(kind):
    config = kind()
    config.validate()
    assert from_json(to_json(config)) == config
    regularizer = config.build()
    assert regularizer.weights == DEFAULTS[kind]
    assert set(regularizer.loss_names) == set(DEFAULTS[kind])


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (configs.LatentConsistencyConfig(noise=0.3), "noise"),
        (configs.LeCamConfig(decay=0.5), "decay"),
        (configs.LeCamConfig(start_step=7), "start_step"),
        (configs.WeightClippingConfig(limit=0.2), "limit"),
        (configs.TopKConfig(gamma=0.8), "gamma"),
        (configs.TopKConfig(nu=0.3), "nu"),
        (configs.TopKConfig(epoch_steps=9), "epoch_steps"),
    ],
)
def test_fields_other_than_weights_arrive(config, name):
    assert getattr(config.build(), name) == getattr(config, name)


def test_improved_consistency_is_both_of_its_parts():
    losses = [item.build().loss_names for item in configs.improved_consistency()]
    assert losses == [
        ("d_consistency_real", "d_consistency_fake"),
        ("d_latent_consistency", "g_latent_consistency"),
    ]


@pytest.mark.parametrize(
    ("kind", "field", "value", "expected"),
    [
        (configs.BalancedConsistencyConfig, "fake_weight", -1.0, "0 or more"),
        (configs.LatentConsistencyConfig, "noise", 0.0, "above 0"),
        (configs.R1Config, "weight", -2.0, "0 or more"),
        (configs.GradientPenaltyConfig, "weight", -2.0, "0 or more"),
        (configs.MaxGradientPenaltyConfig, "weight", -2.0, "0 or more"),
        (configs.DraganConfig, "weight", -2.0, "0 or more"),
        (configs.LeCamConfig, "decay", 1.0, "in .0, 1."),
        (configs.WeightClippingConfig, "limit", 0.0, "above 0"),
        (configs.TopKConfig, "nu", 0.0, "in .0, 1."),
        (configs.TopKConfig, "epoch_steps", 0, "1 or more"),
    ],
)
def test_a_value_out_of_range_is_named(kind, field, value, expected):
    config = dataclasses.replace(kind(), **{field: value})
    message = f"config.{field} must be {expected}.*Received: {value}"
    with pytest.raises(ConfigError, match=message):
        config.validate()
