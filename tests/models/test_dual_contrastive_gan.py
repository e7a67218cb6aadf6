"""Dual Contrastive GAN's attention; the rest of it goes through the harness."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from models import harness
from models.test_variants import VARIANTS

from tfgan_contra.errors import ConfigError
from tfgan_contra.models.dual_contrastive_gan import DualContrastiveGAN
from tfgan_contra.models.references import References
from tfgan_contra.models.self_supervised_configs import DualContrastiveGANConfig
from tfgan_contra.networks.configs import BigResNetConfig, ResNetConfig
from tfgan_contra.regularizers.base import Regularizer
from tfgan_contra.types import Batch, DataSpec

CONFIG = VARIANTS["dual_contrastive_gan"]
ROWS = 4


def images(rows=ROWS, seed=0):
    """Returns images of 4x4 squares, which pooling does not make alike."""
    drawn = np.random.default_rng(seed).uniform(-1, 1, (rows, 4, 4, 1))
    return drawn.repeat(8, axis=1).repeat(8, axis=2).astype(np.float32)


def with_open_gate(gan, gate=0.7):
    gan.reference_attention.gate.assign(gate)
    gan.bank.images.assign(images(CONFIG.reference_images, seed=9))
    return gan


@pytest.fixture(scope="module")
def gan():
    """Its gate is open, and judging moves nothing: no norm of D has a state."""
    network = dataclasses.replace(CONFIG.network, d_spectral_norm=False)
    return with_open_gate(harness.build(dataclasses.replace(CONFIG, network=network)))


def judged(gan, real, fake):
    """Returns the logits of real and fake images, as in a training step."""
    fakes = gan.sample_fakes(len(fake), gan.step_noise())._replace(images=fake)
    seen = gan.judge(Batch(real), fakes, gan.step_noise())
    return seen.on_real["logits"], seen.on_fake["logits"]


def moved(first, second):
    """Returns the rows in which logits differ."""
    differences = np.abs(np.asarray(first) - np.asarray(second))
    return np.flatnonzero(differences > 1e-4 * np.abs(first).max()).tolist()


def test_with_a_closed_gate_nothing_changes():
    gan = harness.build(CONFIG)
    plain = harness.build(dataclasses.replace(CONFIG, reference_attention_after=None))
    assert plain.bank is None
    sources = {variable.path: variable for variable in gan.variables}
    for variable in plain.variables:
        variable.assign(sources[variable.path])
    left = set(sources) - {variable.path for variable in plain.variables}
    assert left == {
        "gan/reference_images",
        "reference_attention/gate",
        *(
            f"reference_attention/{layer}/{name}"
            for layer in ("theta", "phi", "g", "out")
            for name in ("kernel", "sn_u", "sn_v")
        ),
    }
    with_open_gate(gan, gate=0.0)
    expected, ours = plain.discriminate(images()), gan.discriminate(images())
    assert set(ours) == set(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(ours[name], value, err_msg=name)
    fake = images(seed=1)
    for expected, ours in zip(
        judged(plain, images(), fake), judged(gan, images(), fake), strict=True
    ):
        np.testing.assert_array_equal(ours, expected)


def test_the_reference_of_an_image_is_the_next_real_one(gan):
    """Changing a real image moves its own logit and those of which it is the reference.

    So no image is its own reference, and no other image of a batch plays a part.
    """
    real, fake = images(), images(seed=1)
    before = judged(gan, real, fake)
    for row in range(ROWS):
        changed = real.copy()
        changed[row] = images(1, seed=2)[0]
        on_real, on_fake = judged(gan, changed, fake)
        previous = (row - 1) % ROWS
        assert moved(before[0], on_real) == sorted({row, previous})
        assert moved(before[1], on_fake) == [previous]


def test_a_logit_depends_on_the_image_and_its_reference_alone(gan):
    features = gan.encode(images(seed=3))
    assert features.shape == (ROWS, 8, 8, 8)
    before = gan.discriminate(images(), References(features))["logits"]
    other = tf.concat([features[:1], gan.encode(images(1, seed=4)), features[2:]], 0)
    assert moved(before, gan.discriminate(images(), References(other))["logits"]) == [1]
    changed = np.concatenate([images()[:2], images(2, seed=5)])
    after = gan.discriminate(changed, References(features))["logits"]
    assert moved(before, after) == [2, 3]


def test_images_alone_are_judged_beside_the_kept_ones_in_turn(gan):
    rows = images(5)
    before = gan.discriminate(rows)["logits"]
    labels = np.arange(5, dtype=np.int32)
    assert moved(before, gan.discriminate(rows, labels)["logits"]) == []
    assert moved(before[:2], gan.discriminate(rows[:2])["logits"]) == []
    kept = np.array(gan.bank.images)
    try:
        gan.bank.images[1].assign(images(1, seed=6)[0])
        after = gan.discriminate(rows)["logits"]
    finally:
        gan.bank.images.assign(kept)
    assert moved(before, after) == [1, 4]


class Watching(Regularizer):
    """Has D judge again what it has judged."""

    def discriminator_losses(self, gan, seen, key):
        """Keeps the logits that D gives with the conditions at hand."""
        again = [
            gan.discriminate(batch.images, batch.condition, training=True)
            for batch in (seen.real, seen.fake)
        ]
        self.pairs = [
            (first["logits"], second["logits"])
            for first, second in zip((seen.on_real, seen.on_fake), again, strict=True)
        ]
        return {}


def test_regularisers_judge_beside_the_references_of_the_step(gan):
    regularizers, gan.regularizers = gan.regularizers, (Watching(),)
    try:
        gan.discriminator_losses(Batch(images()), gan.step_noise())
        pairs = gan.regularizers[0].pairs
    finally:
        gan.regularizers = regularizers
    for first, second in pairs:
        assert moved(first, second) == []


def test_references_are_kept_in_the_first_step_alone():
    config = dataclasses.replace(CONFIG, d_steps=2, accumulation=2, regularizers=())
    gan = harness.build(config)
    seen = []

    def count(shares, losses, batches):
        """Stands in for an update."""
        seen.append([len(batch.images) for batch in batches])

    gan.minimize = count
    first = images(2 * ROWS)
    gan.train_step(Batch(tf.constant(first)))
    assert seen == [[2, 2]] * 3
    size = config.reference_images
    np.testing.assert_array_equal(gan.bank.images, first[:size])
    gan.train_step(Batch(tf.constant(images(2 * ROWS, seed=7))))
    np.testing.assert_array_equal(gan.bank.images, first[:size])


def test_every_kernel_has_a_gradient_beside_batch_norm():
    network = ResNetConfig(g_width=2, d_width=4, latent_dim=8, d_spectral_norm=False)
    config = dataclasses.replace(CONFIG, network=network, regularizers=())
    gan = with_open_gate(harness.build(config))
    kernels = [v for v in gan.d_variables if v.path.endswith(("kernel", "gate"))]
    watched = [variable.value for variable in kernels]
    with tf.GradientTape() as tape:
        real, fake = judged(gan, images(), images(seed=1))
        score = tf.reduce_sum(tf.square(real - fake[::-1]))
    gradients = tape.gradient(score, watched)
    for variable, gradient in zip(kernels, gradients, strict=True):
        assert np.isfinite(gradient).all(), variable.path
        assert np.abs(gradient).max() > 0, variable.path


@pytest.mark.slow
def test_two_replicas_equal_one_when_references_count(two_replicas, monkeypatch):
    """Also over several micro-batches; the gate is open from the start."""

    def build_heads(gan, original=DualContrastiveGAN.build_heads):
        """Opens the gate."""
        heads = original(gan)
        gan.reference_attention.gate.assign(0.7)
        return heads

    monkeypatch.setattr(DualContrastiveGAN, "build_heads", build_heads)
    config = dataclasses.replace(CONFIG, accumulation=2)
    harness.check_two_replicas(config, two_replicas)


@pytest.mark.slow
def test_bigresnet_without_labels_trains():
    network = BigResNetConfig(g_width=4, d_width=4, latent_dim=16, shared_dim=8)
    config = dataclasses.replace(CONFIG, network=network)
    gan = harness.build(config)
    assert gan.spec.num_classes == gan.generator.num_classes == 0
    assert not any("shared" in variable.path for variable in gan.generator.variables)
    harness.check_trains(gan, config)
    assert gan.generate(2).shape == (2, *harness.SPEC.image_shape)


@pytest.mark.slow
def test_mixed_precision(tmp_path):
    harness.check_precision(CONFIG, "mixed_float16", tmp_path / "state.npz")


# Mistakes.


@pytest.mark.parametrize(
    ("network", "block", "message"),
    [
        (CONFIG.network, 0, "must be a block from 1 to 3 of at least 8 .*Received: 0"),
        (CONFIG.network, 4, "must be a block from 1 to 3 of at least 8 .*Received: 4"),
        (harness.SNGAN_NETWORK, 2, ".* of at least 8 channels. Received: 2"),
        (harness.SMALL_NETWORK, 2, "must be None: .*no residual blocks. Received: 2"),
    ],
)
def test_a_place_that_does_not_exist_is_named(network, block, message):
    config = DualContrastiveGANConfig(network=network, reference_attention_after=block)
    with pytest.raises(ConfigError, match=f"reference_attention_after {message}"):
        config.build(DataSpec(32, 1, 0))


def test_no_references_are_refused():
    with pytest.raises(ConfigError, match="reference_images must be 1 or more"):
        DualContrastiveGANConfig(reference_images=0).validate("method")
