"""Every variant goes through the whole harness."""

import dataclasses

import pytest
from models import harness

from tfgan_contra.augmentation.configs import DiffAugmentConfig
from tfgan_contra.models.configs import (
    ACGANConfig,
    ContraGANConfig,
    ProjGANConfig,
    ReACGANConfig,
    UnconditionalGANConfig,
)
from tfgan_contra.models.self_supervised_configs import (
    DualContrastiveGANConfig,
    InfoMaxGANConfig,
    SSGANConfig,
)
from tfgan_contra.networks.sngan_configs import SNGANConfig
from tfgan_contra.regularizers.configs import ConsistencyConfig

CONTRAGAN = ContraGANConfig(network=harness.NETWORK, embedding_dim=8, ema_start=1)
SMALL_CONTRAGAN = dataclasses.replace(CONTRAGAN, network=harness.SMALL_NETWORK)
CONSISTENT = {
    "regularizers": (ConsistencyConfig(),),
    "augmentation": DiffAugmentConfig(),
}
WITH_BATCH_NORM = dataclasses.replace(harness.SMALL_NETWORK, d_spectral_norm=False)
WITH_ATTENTION = SNGANConfig(g_width=2, d_width=4, latent_dim=8, g_attention_after=(2,))
VARIANTS = {
    "contragan": CONTRAGAN,
    "contragan_d_steps_accumulation": dataclasses.replace(
        SMALL_CONTRAGAN, d_steps=2, accumulation=2, positives="proxy"
    ),
    "projgan": ProjGANConfig(network=harness.SMALL_NETWORK, ema_start=1),
    "reacgan": ReACGANConfig(
        network=harness.SMALL_NETWORK, embedding_dim=8, ema_start=1
    ),
    "reacgan_paper_form": ReACGANConfig(
        network=harness.SMALL_NETWORK, embedding_dim=8, ema_start=1, form="paper"
    ),
    "acgan": ACGANConfig(network=harness.SMALL_NETWORK, ema_start=1),
    "acgan_2020": ACGANConfig(
        network=WITH_BATCH_NORM, ema_start=1, classify_fakes=True, class_bias=True
    ),
    "ssgan": SSGANConfig(network=harness.SNGAN_NETWORK, ema_start=1),
    "ssgan_quarter_each": SSGANConfig(
        network=harness.SMALL_NETWORK, ema_start=1, rotation_batch="quarter_each"
    ),
    "infomax_gan": InfoMaxGANConfig(
        network=harness.SNGAN_NETWORK, ema_start=1, projection_dim=8
    ),
    "dual_contrastive_gan": DualContrastiveGANConfig(
        network=WITH_ATTENTION,
        ema_start=1,
        regularizers=(),
        form="swapped",
        reference_attention_after=2,
        reference_images=3,
    ),
    "unconditional": UnconditionalGANConfig(
        network=WITH_BATCH_NORM, ema_start=1, adversarial="logistic"
    ),
}
PRECISION = ("contragan", "projgan", "reacgan", "acgan", "unconditional")
# Options of a variant that is here already; they run on demand.
LATER = ("reacgan_paper_form", "acgan_2020", "ssgan_quarter_each")

# A minute and more each. ContraGAN and conditional norms are replicated on small
# networks, too; references have tests of their own.
LATER_ON_REPLICAS = (*LATER, "contragan", "dual_contrastive_gan")


def params(names, later):
    """Returns names as parameters, some of them slow."""
    slow = {name: pytest.mark.slow for name in later}
    return [pytest.param(n, marks=slow.get(n, ())) for n in names]


@pytest.fixture(params=params(VARIANTS, LATER), scope="module")
def config(request):
    return VARIANTS[request.param]


@pytest.fixture(scope="module")
def gan(config):
    return harness.build(config)


def test_config_round_trip(config):
    harness.check_config_round_trip(config)


def test_trains_and_resumes(gan, config, tmp_path):
    harness.check_trains(gan, config)
    harness.check_resume(gan, config, tmp_path / "state.npz")


def test_keras_saves_its_weights(gan, tmp_path):
    harness.check_save_weights(gan, tmp_path / "gan.weights.h5")


def test_exports(gan, tmp_path):
    harness.check_export(gan, tmp_path / "model")


@pytest.mark.parametrize(
    "config", params(VARIANTS, LATER_ON_REPLICAS), indirect=True, scope="module"
)
def test_two_replicas_equal_one(gan, config, two_replicas):
    harness.check_two_replicas(config, two_replicas, gan)


def test_consistency_and_augmentation_train_and_resume(tmp_path):
    config = dataclasses.replace(SMALL_CONTRAGAN, **CONSISTENT)
    gan = harness.build(config)
    harness.check_trains(gan, config)
    harness.check_resume(gan, config, tmp_path / "state.npz")


# Minutes; tests/regularizers/test_regularizers_on_replicas.py is about the same.
@pytest.mark.slow
def test_consistency_and_augmentation_on_two_replicas(two_replicas):
    config = dataclasses.replace(CONTRAGAN, **CONSISTENT)
    harness.check_two_replicas(config, two_replicas)


@pytest.mark.parametrize(
    "precision",
    [pytest.param("mixed_bfloat16", marks=pytest.mark.slow), "mixed_float16"],
)
def test_mixed_precision(precision, tmp_path):
    harness.check_precision(CONTRAGAN, precision, tmp_path / "state.npz")


@pytest.mark.parametrize("name", params(PRECISION, PRECISION[1:-1]))
def test_mixed_precision_of_every_method(name, tmp_path):
    config = dataclasses.replace(VARIANTS[name], network=harness.SMALL_NETWORK)
    harness.check_precision(config, "mixed_float16", tmp_path / "state.npz")
