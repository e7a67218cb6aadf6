"""States that do not fit the config are refused in one line that says where."""

import dataclasses

import numpy as np
import pytest
from importers.reference_states import (
    BIG,
    BIG_CONFIG,
    DEEP_CONFIG,
    RESNET,
    RESNET_CONFIG,
    states,
)

from tfgan_contra.errors import CheckpointError, ConfigError, UsageError
from tfgan_contra.importers import import_states
from tfgan_contra.models.configs import ProjGANConfig, UnconditionalGANConfig


def without(state, name):
    return {key: array for key, array in state.items() if key != name}


def broken(state, name):
    return state | {name: np.full_like(state[name], np.nan)}


GENERATOR, DISCRIMINATOR = states(RESNET)
BIG_GENERATOR, BIG_DISCRIMINATOR = states(BIG)
REFUSED = [
    (
        {"g_width": 16},
        {"generator": GENERATOR},
        r"'linear0.weight' has shape \(512, 64\).*first/kernel has \(64, 1024\)",
    ),
    (
        {"d_width": 16},
        {"discriminator": DISCRIMINATOR},
        r"'blocks.0.0.conv2d0.weight_orig' has shape \(16, 3, 1, 1\) \(\(1, 1, 3, 16\) "
        r"in our layout\), but .*block1/shortcut/kernel has \(1, 1, 3, 32\)",
    ),
    (
        {"g_spectral_norm": True},
        {"generator": GENERATOR},
        r"lacks 'linear0.weight_orig'.*are not spectrally normalised, the config's are",
    ),
    (
        {"d_spectral_norm": False},
        {"discriminator": DISCRIMINATOR},
        r"lacks 'blocks.0.0.bn0.weight'",
    ),
    (
        {"d_attention_after": (2,)},
        {"discriminator": DISCRIMINATOR},
        r"'blocks.2.0.conv1x1_theta.weight_orig'",
    ),
    (
        {},
        {"generator": GENERATOR | {"info.weight": np.zeros(3)}},
        r"nothing takes its 'info.weight' \(1 arrays are left over\)",
    ),
    (
        {},
        {"discriminator": DISCRIMINATOR | {"linear3.bias": np.zeros(3)}},
        r"The discriminator is of another .* nothing takes its 'linear3.bias'",
    ),
    ({}, {"generator": without(GENERATOR, "bn4.bias")}, r"lacks 'bn4.bias'"),
    ({}, {"generator": broken(GENERATOR, "conv2d5.bias")}, r"is not finite everywhere"),
    ({}, {"generator": DISCRIMINATOR}, r"The generator is none of the authors'"),
    ({}, {"discriminator": {}}, r"The discriminator is none of the authors'"),
    (
        {},
        {"generator": GENERATOR, "discriminator": BIG_DISCRIMINATOR},
        r"do not belong together: the generator is for 32 pixels.* 64 pixels.* 12 cla",
    ),
    (
        {},
        {"generator": GENERATOR | {"bn4.weight": np.zeros((32, 2))}},
        r"'bn4.weight' has shape \(32, 2\).*last_norm/gamma has \(32,\)",
    ),
    (
        {},
        {"generator": GENERATOR | {"blocks.0.0.conv2d3.weight": np.zeros(1)}},
        r"none of the authors' resnet, big_resnet or deep_conv",
    ),
    (
        {},
        {"generator": GENERATOR | {"blocks.0.0.bn1.embed0.weight": np.zeros((1, 1))}},
        r"one array twice, as 'blocks.0.0.bn1.gain.weight' and as '.*embed0",
    ),
]


@pytest.mark.parametrize(("changes", "given", "message"), REFUSED)
def test_another_architecture_is_refused_by_its_first_layer(changes, given, message):
    network = dataclasses.replace(RESNET_CONFIG.network, **changes)
    config = dataclasses.replace(RESNET_CONFIG, network=network)
    with pytest.raises(CheckpointError, match=message) as caught:
        import_states(config, **given)
    assert "\n" not in str(caught.value)


def test_an_attention_that_the_config_has_not_is_named():
    network = dataclasses.replace(BIG_CONFIG.network, d_attention_after=())
    config = dataclasses.replace(BIG_CONFIG, network=network)
    message = r"lacks 'blocks.1.0.conv2d0.weight_orig'.*has a self-attention there"
    with pytest.raises(CheckpointError, match=message):
        import_states(config, discriminator=BIG_DISCRIMINATOR)


def test_another_method_is_refused():
    network = RESNET_CONFIG.network
    with pytest.raises(CheckpointError, match=r"nothing takes its 'linear2.bias'"):
        import_states(
            UnconditionalGANConfig(network=network), discriminator=DISCRIMINATOR
        )
    with pytest.raises(CheckpointError, match=r"'embedding.weight_orig' has shape"):
        import_states(ProjGANConfig(network=network), discriminator=DISCRIMINATOR)
    with pytest.raises(ConfigError, match=r"must be 32, the only one of DCGANConfig"):
        import_states(DEEP_CONFIG, generator=BIG_GENERATOR)


def test_calls_that_make_no_sense():
    with pytest.raises(UsageError, match="give a generator"):
        import_states(RESNET_CONFIG)
    with pytest.raises(UsageError, match="have no projector"):
        import_states(RESNET_CONFIG, generator=GENERATOR, projector={})
