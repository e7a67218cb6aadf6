"""XMC-GAN goes through the harness; its step is the paper's."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from models import harness

from tfgan_contra.errors import ConfigError
from tfgan_contra.models.text_to_image_configs import XMCGANConfig
from tfgan_contra.networks.text_to_image_configs import TextToImageNetworkConfig

XMCGAN = XMCGANConfig(
    network=TextToImageNetworkConfig(g_width=2, d_width=2, latent_dim=4), ema_start=1
)
VARIANTS = {
    "xmc_gan": XMCGAN,
    "xmc_gan_alternating": dataclasses.replace(
        XMCGAN, update="alternating", d_only_updates=0, image_weight=0.0
    ),
}


@pytest.fixture(params=list(VARIANTS), scope="module")
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


# One update alone: traced in half the time, and the gathering is the same in the other.
@pytest.mark.parametrize(
    "changes",
    [
        {"d_only_updates": 0},
        pytest.param({"update": "alternating"}, marks=pytest.mark.slow),
    ],
    ids=["simultaneous", "alternating"],
)
def test_two_replicas_equal_one(changes, two_replicas):
    harness.check_two_replicas(dataclasses.replace(XMCGAN, **changes), two_replicas)


@pytest.mark.parametrize(
    "precision",
    ["mixed_float16", pytest.param("mixed_bfloat16", marks=pytest.mark.slow)],
)
def test_mixed_precision(precision, tmp_path):
    harness.check_precision(XMCGAN, precision, tmp_path / "state.npz")


def test_a_weight_of_0_leaves_a_contrast_out():
    config = dataclasses.replace(
        XMCGAN, word_weight=0.0, image_weight=0.0, pretrained_weight=0.0
    )
    gan = harness.build(config)
    names = {"d_adversarial", "d_sentence", "g_adversarial", "g_sentence"}
    details = {"d_sentence_accuracy", "g_sentence_accuracy"}
    assert set(gan.loss_names()) == names | details
    assert set(gan.detail_names()) == details


def test_without_a_frozen_network_the_error_says_what_to_do():
    gan = XMCGAN.build(harness.CAPTION_SPEC)
    with pytest.raises(ConfigError, match="attach_image_network, or set the weight"):
        gan.frozen_features(tf.zeros([1, 32, 32, 3]))


@pytest.mark.parametrize("network", ["g", "d"])
def test_both_are_updated_from_the_networks_as_they_were(network):
    """In a simultaneous step each one's gradient is that of its own losses alone.

    G's goes through D before its update, and nothing that rewards G trains D.
    """
    config = dataclasses.replace(XMCGAN, d_only_updates=0)
    together, apart = harness.build(config), harness.build(config)
    batch = next(harness.batches(config))
    update = {"g": apart.update_generator, "d": apart.update_discriminator}[network]

    def both():
        """Does the step under test."""
        together.update_both(batch, together.step_noise())

    def alone():
        """Does the step of one through the other as it was."""
        update(batch, apart.step_noise())

    tf.function(both, autograph=False)()
    tf.function(alone, autograph=False)()
    # Adam's first steps have one size, whatever the gradient; its moments do not.
    ours, theirs = harness.arrays(together), harness.arrays(apart)
    prefix = f"{network}_optimizer"
    names = [n for n in ours if "first_moment" in n and n.startswith(prefix)]
    largest = max(np.abs(theirs[name]).max() for name in names)
    for name in names:
        np.testing.assert_allclose(
            ours[name], theirs[name], rtol=1e-3, atol=1e-4 * largest, err_msg=name
        )
    assert largest > 0


def test_an_image_s_caption_decides_its_logit():
    gan = harness.build(XMCGAN)
    batch = next(harness.batches(XMCGAN))
    images, text = batch.images[:4], batch.condition
    first = tf.nest.map_structure(lambda rows: rows[:4], text)
    other = tf.nest.map_structure(lambda rows: rows[4:8], text)
    ours, theirs = gan.discriminate(images, first), gan.discriminate(images, other)
    gap = ours["logits"] - theirs["logits"]
    differing = ours["sentence_embeddings"] - theirs["sentence_embeddings"]
    projected = tf.reduce_sum(ours["global_features"] * differing, axis=1)
    np.testing.assert_allclose(gap, projected, atol=1e-4)
    assert np.abs(gap).min() > 0
    alone = gan.discriminate(images)["logits"]
    assert alone.shape == (4,)
