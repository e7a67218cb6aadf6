"""Every regulariser composes with variants: it trains, resumes and is replicated."""

import dataclasses

import pytest
from models import harness
from models.regularized_variants import REGULARIZED

from tfgan_contra.models.configs import (
    ACGANConfig,
    ContraGANConfig,
    UnconditionalGANConfig,
)

BASES = {
    "contragan": ContraGANConfig(
        network=harness.SMALL_NETWORK, embedding_dim=8, ema_start=1
    ),
    "acgan": ACGANConfig(network=harness.SMALL_NETWORK, ema_start=1),
    "unconditional": UnconditionalGANConfig(
        network=dataclasses.replace(harness.SMALL_NETWORK, d_spectral_norm=False),
        ema_start=1,
    ),
}
VARIANTS = {
    name: dataclasses.replace(BASES[base], **changes)
    for name, (base, changes) in REGULARIZED.items()
}
# And one whose penalties go through batch norm's all-reduce twice.
ON_REPLICAS = [name for name in VARIANTS if name.startswith("contragan")] + [
    "unconditional_penalties"
]


@pytest.mark.parametrize("name", VARIANTS)
def test_trains_and_resumes(name, tmp_path):
    config = VARIANTS[name]
    harness.check_config_round_trip(config)
    gan = harness.build(config)
    harness.check_trains(gan, config)
    harness.check_resume(gan, config, tmp_path / "state.npz")


# That each regulariser is the same on two replicas is proved on a toy that is traced in
# seconds: tests/regularizers/test_regularizers_on_replicas.py.
@pytest.mark.slow
@pytest.mark.parametrize("name", ON_REPLICAS)
def test_two_replicas_equal_one(name, two_replicas):
    harness.check_two_replicas(VARIANTS[name], two_replicas)
