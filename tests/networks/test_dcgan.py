"""SNDCGAN gives the ContraGAN authors' outputs with their weights."""

import csv

import numpy as np
import pytest
from golden_files import GOLDEN, load_golden, part, relative_error

from tfgan_contra.errors import CheckpointError, ConfigError
from tfgan_contra.importers.deep_conv import (
    assign_deep_conv_discriminator,
    assign_deep_conv_generator,
)
from tfgan_contra.layers import (
    fold_spectral_norm,
    settle_spectral_norm,
    spectral_norm_layers,
)
from tfgan_contra.models.configs import (
    ACGANConfig,
    ContraGANConfig,
    ProjGANConfig,
    UnconditionalGANConfig,
)
from tfgan_contra.networks import DCGANConfig, DCGANDiscriminator, DCGANGenerator
from tfgan_contra.types import DataSpec

REFERENCE = load_golden("contragan/models_deep_conv32_div8_contragan.npz")
INPUTS = [REFERENCE["in/z"], REFERENCE["in/y_fake"]]

with open(GOLDEN / "contragan" / "parameter_counts.csv") as file:
    COUNTS = [
        {name: int(value) for name, value in row.items() if value.isdigit()}
        for row in csv.DictReader(file)
        if row["architecture"] == "deep_conv"
    ]


def networks(after_training=False):
    """Returns both networks with the authors' weights at an eighth of the width."""
    generator = DCGANGenerator(num_classes=10, width=8, latent_dim=64)
    discriminator = DCGANDiscriminator(width=8)
    for assign, network, prefix in (
        (assign_deep_conv_generator, generator, "G_state/"),
        (assign_deep_conv_discriminator, discriminator, "D_state/"),
    ):
        state = part(REFERENCE, prefix)
        if after_training:
            state |= part(REFERENCE, f"after_train/{prefix}")
        assign(network, state)
    return generator, discriminator


def count(*layers):
    return sum(
        int(np.prod(weight.shape)) for one in layers for weight in one.trainable_weights
    )


def test_outputs_and_state_equal_the_authors():
    """Evaluation first: training moves BatchNorm and spectral norm state."""
    generator, discriminator = networks()
    for mode in ("eval", "train"):
        training = mode == "train"
        images = generator(INPUTS, training=training)
        assert relative_error(images, REFERENCE[f"{mode}/G_images_nhwc"]) < 1e-4
        outputs = discriminator(REFERENCE["in/images_nhwc"], training=training)
        error = relative_error(outputs["global_features"], REFERENCE[f"{mode}/D_h"])
        assert error < 1e-4, mode
    moved = 0
    for ours, theirs, before in zip(
        (generator, discriminator),
        networks(after_training=True),
        networks(),
        strict=True,
    ):
        rows = zip(ours.variables, theirs.variables, before.variables, strict=True)
        for a, b, start in rows:
            assert relative_error(a, b) < 1e-4, a.path
            moved += not np.array_equal(start, b)
    # Mean and variance of three norms, u and v of seven convolutions.
    assert moved == 3 * 2 + 7 * 2


def test_an_untracked_pass_leaves_the_statistics():
    generator, _ = networks()
    before = [np.array(variable) for variable in generator.variables]
    tracked_off = generator(INPUTS, training=True, track_statistics=False)
    for variable, old in zip(generator.variables, before, strict=True):
        np.testing.assert_array_equal(variable, old, err_msg=variable.path)
    assert relative_error(tracked_off, REFERENCE["train/G_images_nhwc"]) < 1e-4


def test_a_state_of_another_network_is_named():
    other = DCGANGenerator(num_classes=7, width=8, latent_dim=64)
    with pytest.raises(CheckpointError, match=r"'blocks.0.0.bn0.gain.weight' has sha"):
        assign_deep_conv_generator(other, part(REFERENCE, "G_state/"))
    with pytest.raises(CheckpointError, match=r"lacks 'blocks.0.0.conv0.weight_orig'"):
        assign_deep_conv_discriminator(DCGANDiscriminator(width=8), {})


@pytest.mark.parametrize("row", COUNTS, ids=lambda row: str(row["num_classes"]))
def test_parameter_counts_equal_the_authors(row):
    classes, plain = row["num_classes"], {"initializer": "zeros"}
    conditional = DCGANGenerator(num_classes=classes, **plain)
    assert count(conditional) == row["G_conditional_cBN"]
    assert count(DCGANGenerator(**plain)) == row["G_unconditional"]
    for suffix, spectral_norm in (("batchnorm", False), ("spectralnorm", True)):
        body = DCGANDiscriminator(spectral_norm=spectral_norm, **plain)
        with_logit = count(body) + body.feature_dim + 1
        assert with_logit == row[f"D_uncond_{suffix}"]
        assert with_logit + classes * body.feature_dim == row[f"D_AC_{suffix}"]
        assert with_logit + classes * body.feature_dim == row[f"D_PD_{suffix}"]
    # One logit more for every class instead of a head.
    many = with_logit + classes * (body.feature_dim + 1)
    assert many == row["D_MH_spectralnorm"]


@pytest.mark.parametrize(
    ("method", "column"),
    [
        (UnconditionalGANConfig, "D_uncond"),
        (ACGANConfig, "D_AC"),
        (ProjGANConfig, "D_PD"),
        (ContraGANConfig, "D_2C"),
    ],
)
@pytest.mark.parametrize("norm", ["batchnorm", "spectralnorm"])
def test_the_methods_own_heads_count_as_the_authors(method, column, norm):
    network = DCGANConfig(g_width=2, d_spectral_norm=norm == "spectralnorm")
    gan = method(network=network).build(DataSpec(32, 3, 10))
    # The fixture has 2C under spectral norm only; batch norms come on top of it.
    extra = COUNTS[0]["D_uncond_batchnorm"] - COUNTS[0]["D_uncond_spectralnorm"]
    expected = COUNTS[0].get(f"{column}_{norm}") or COUNTS[0]["D_2C_spectralnorm"]
    expected += extra if (column, norm) == ("D_2C", "batchnorm") else 0
    assert count(*gan.d_parts) == expected


@pytest.mark.parametrize("spectral_norm", [False, True])
@pytest.mark.parametrize("num_classes", [0, 3])
@pytest.mark.parametrize("channels", [1, 3])
def test_untrained_networks_are_finite(spectral_norm, num_classes, channels):
    options = {"channels": channels, "width": 2, "spectral_norm": spectral_norm}
    generator = DCGANGenerator(num_classes=num_classes, latent_dim=5, **options)
    discriminator = DCGANDiscriminator(**options)
    for network in (generator, discriminator):
        settle_spectral_norm(network)
    latents = np.random.default_rng(0).standard_normal((4, 5)).astype(np.float32)
    inputs = [latents, np.array([0, 1, 2, 0])] if num_classes else latents
    images = generator(inputs)
    assert images.shape == (4, 32, 32, channels)
    assert 0 < np.abs(images).max() <= 1.0
    features = discriminator(images)
    assert features["local_features"].shape == (4, 4, 4, 16)
    assert features["global_features"].shape == (4, discriminator.feature_dim)
    assert np.isfinite(features["global_features"]).all()


def test_spectral_norm_folds_into_the_kernels():
    generator = DCGANGenerator(
        num_classes=10, width=2, latent_dim=64, spectral_norm=True
    )
    for layer in spectral_norm_layers(generator):
        layer.settle(iterations=300)
    folded = fold_spectral_norm(generator)
    assert not folded.spectral_norm
    assert relative_error(folded(INPUTS), generator(INPUTS)) < 1e-4


def test_a_new_model_generates_finite_images():
    config = UnconditionalGANConfig(network=DCGANConfig(g_width=4, d_width=4))
    images = config.build(DataSpec(32, 3, 10)).generate(3, seed=5)
    assert images.shape == (3, 32, 32, 3)
    assert np.isfinite(images).all() and np.std(images) > 0


def test_a_config_rebuilds_the_networks():
    generator = DCGANGenerator(num_classes=3, width=2, latent_dim=8)
    discriminator = DCGANDiscriminator(width=2, spectral_norm=False)
    for network in (generator, discriminator):
        again = type(network).from_config(network.get_config())
        assert [w.path for w in again.weights] == [w.path for w in network.weights]


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="image_size must be 32. Received: 64"):
        DCGANGenerator(image_size=64)
    with pytest.raises(ValueError, match=r"attention_after must be empty.*\(1,\)"):
        DCGANDiscriminator(attention_after=(1,))


@pytest.mark.parametrize(
    ("changes", "image_size", "message"),
    [
        ({}, 64, "image size for config.method.network must be 32.*Received: 64"),
        ({"g_attention_after": (2,)}, 32, r"g_attention_after must be empty.*\(2,\)"),
        ({"d_attention_after": (1,)}, 32, r"d_attention_after must be empty.*\(1,\)"),
    ],
)
def test_a_config_that_fits_no_sndcgan_is_named(changes, image_size, message):
    config = DCGANConfig(**changes)
    with pytest.raises(ConfigError, match=message):
        config.check_resolution("config.method.network", image_size)
    DCGANConfig().check_resolution("config.method.network", 32)
