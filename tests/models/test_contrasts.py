"""The ablation: ContraGAN trains with every contrast, on one and two replicas."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from models import harness

from tfgan_contra.errors import ConfigError
from tfgan_contra.losses import nt_xent_loss, proxy_nca_loss, triplet_loss
from tfgan_contra.models.configs import CONTRASTS as NAMES
from tfgan_contra.models.configs import ContraGANConfig
from tfgan_contra.models.contrasts import CONTRASTS, Judged
from tfgan_contra.random import Purpose, StepNoise, uniform
from tfgan_contra.regularizers.consistency import flip_and_shift
from tfgan_contra.types import DataSpec

BASE = ContraGANConfig(
    network=harness.SMALL_NETWORK, embedding_dim=8, ema_start=1, temperature=0.5
)
OTHERS = [name for name in NAMES if name != "2c"]


def with_contrast(name):
    return dataclasses.replace(BASE, contrast=name)


@pytest.fixture(scope="module")
def judged():
    gan = harness.build(BASE)
    batch = next(harness.batches(BASE))
    return gan, Judged(
        batch.images, batch.condition, gan.discriminate(batch.images, batch.condition)
    )


def test_every_contrast_has_a_name_in_the_config():
    assert set(CONTRASTS) == set(NAMES)


@pytest.mark.parametrize("name", OTHERS)
def test_trains_and_resumes(name, tmp_path):
    gan = harness.build(with_contrast(name))
    harness.check_trains(gan, gan.config)
    harness.check_resume(gan, gan.config, tmp_path / "state.npz")


# That each loss sees the rows of all replicas is proved with the losses.
@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.slow) for n in OTHERS if n != "nt_xent"]
    + ["nt_xent"],
)
def test_two_replicas_equal_one(name, two_replicas):
    harness.check_two_replicas(with_contrast(name), two_replicas)


def test_nt_xent_sees_the_copies_that_the_noise_says(judged):
    gan, seen = judged
    loss = CONTRASTS["nt_xent"](gan, seen, StepNoise(1, 2))
    key = StepNoise(1, 2).key(Purpose.REGULARIZATION)
    copies = flip_and_shift(seen.images, uniform(key, harness.BATCH, 3))
    views = gan.discriminate(copies, seen.labels)["embeddings"]
    expected = nt_xent_loss(seen.outputs["embeddings"], views, temperature=0.5)
    np.testing.assert_allclose(loss, expected, rtol=1e-3)


def test_proxy_nca_uses_the_whole_table(judged):
    gan, seen = judged
    table = gan.proxy_table(tf.range(3))
    expected = proxy_nca_loss(seen.outputs["embeddings"], table, seen.labels)
    loss = CONTRASTS["proxy_nca"](gan, seen, StepNoise(0, 0))
    np.testing.assert_allclose(loss, expected, rtol=1e-6)


def test_triplet_takes_its_margin_from_the_config(judged):
    gan, seen = judged
    expected = triplet_loss(seen.outputs["embeddings"], seen.labels, margin=1.0)
    loss = CONTRASTS["triplet"](gan, seen, StepNoise(0, 0))
    np.testing.assert_allclose(loss, expected, rtol=1e-6)


def test_an_augmented_positive_changes_2c(judged):
    gan, seen = judged
    plain = CONTRASTS["2c"](gan, seen, StepNoise(0, 0))
    augmented = CONTRASTS["2c_augmented"](gan, seen, StepNoise(0, 0))
    assert float(plain) != float(augmented)


def test_the_temperature_follows_its_schedule():
    config = dataclasses.replace(
        BASE, temperature=2.0, final_temperature=1.0, temperature_steps=10
    )
    gan = config.build(harness.SPEC)
    assert float(gan.temperature()) == 2.0
    gan.step.assign(9)
    assert float(gan.temperature()) == 1.0


def test_proxy_nca_needs_two_classes():
    with pytest.raises(ConfigError, match="at least two classes.*num_classes=1"):
        with_contrast("proxy_nca").build(DataSpec(32, 1, 1))


def test_data_without_classes_are_refused():
    with pytest.raises(ConfigError, match="UnconditionalGAN.*num_classes=0"):
        BASE.build(DataSpec(32, 1, 0))
