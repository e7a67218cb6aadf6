import csv

import numpy as np
import pytest
import tensorflow as tf
from golden_files import GOLDEN, relative_error

from tfgan_contra.models.configs import ACGANConfig
from tfgan_contra.networks import (
    BigResNetGenerator,
    ResNetConfig,
    ResNetDiscriminator,
    ResNetGenerator,
)
from tfgan_contra.types import DataSpec

with open(GOLDEN / "contragan" / "parameter_counts.csv") as file:
    ROWS = [
        row
        for row in csv.DictReader(file)
        if row["architecture"].startswith("resnet")
        or row["architecture"] == "big_resnet"
    ]
ATTENTION = {"32": ((2,), (1,)), "64": ((3,), (1,)), "128": ((4,), (1,))}


def count(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


def arguments(row):
    attention = row["architecture"] not in ("resnet (SNGAN)",)
    g_after, d_after = ATTENTION[row["image_size"]] if attention else ((), ())
    common = {
        "image_size": int(row["image_size"]),
        "width": int(row["g_conv_dim_and_d_conv_dim"]),
        "initializer": "zeros",
    }
    generator = common | {"latent_dim": int(row["z_dim"]), "attention_after": g_after}
    return generator, common | {"attention_after": d_after}


@pytest.mark.parametrize(
    "row",
    ROWS,
    ids=lambda r: f"{r['architecture']}-{r['image_size']}-{r['num_classes']}",
)
def test_parameter_counts_equal_the_authors(row):
    big = row["architecture"] == "big_resnet"
    generator, discriminator = arguments(row)
    make = BigResNetGenerator if big else ResNetGenerator
    classes = int(row["num_classes"])
    conditional = make(num_classes=classes, **generator)
    assert count(conditional) == int(row["G_conditional_cBN"])
    if classes == 10:
        assert count(make(**generator)) == int(row["G_unconditional"])
        body = ResNetDiscriminator(**discriminator)
        features = body.feature_dim
        with_logit = count(body) + features + 1
        assert with_logit == int(row["D_uncond_spectralnorm"])
        embedding = int(row["d_embed_dim_of_2C_D2DCE"])
        heads = (features + 1 + classes) * embedding
        assert with_logit + heads == int(row["D_2C_spectralnorm"])
        assert with_logit + classes * features == int(row["D_PD_spectralnorm"])
        assert with_logit + classes * features == int(row["D_AC_spectralnorm"])
        # One logit more for every class instead of a head.
        many = with_logit + classes * (features + 1)
        assert many == int(row["D_MH_spectralnorm"])
        if row["D_uncond_batchnorm"]:
            plain = ResNetDiscriminator(spectral_norm=False, **discriminator)
            with_logit = count(plain) + features + 1
            assert with_logit == int(row["D_uncond_batchnorm"])
            assert with_logit + classes * features == int(row["D_AC_batchnorm"])


@pytest.mark.parametrize("norm", ["batchnorm", "spectralnorm"])
def test_the_classifier_of_acgan_counts_as_the_authors(norm):
    network = ResNetConfig(g_width=2, d_spectral_norm=norm == "spectralnorm")
    gan = ACGANConfig(network=network).build(DataSpec(32, 3, 10))
    assert sum(map(count, gan.d_parts)) == int(ROWS[0][f"D_AC_{norm}"])


def test_batch_norm_stands_where_the_authors_have_it():
    """Before every ReLU, and on each shortcut: the first one after pooling."""
    network = ResNetDiscriminator(image_size=32, width=4, spectral_norm=False)
    random = np.random.default_rng(0)
    for weight in network.trainable_weights:
        weight.assign(weight + random.normal(0, 0.1, weight.shape))
    images = np.tanh(random.standard_normal((3, 32, 32, 3))).astype(np.float32)
    # Each channel's variance changes by another factor when it is pooled.
    images[..., 1] = np.round(images[:, ::2, ::2, 1].repeat(2, 1).repeat(2, 2), 1)
    expected = batch_norm_features(network, images)
    outputs = network(images, training=True)
    assert relative_error(outputs["global_features"], expected) < 1e-5


def batch_norm_features(network, images):
    """The training pass written out, one plain operation after the other."""

    def norm(x, layer):
        mean, variance = tf.nn.moments(x, [0, 1, 2])
        scale = tf.cast(tf.convert_to_tensor(layer.gamma), x.dtype)
        shift = tf.cast(tf.convert_to_tensor(layer.beta), x.dtype)
        return tf.nn.batch_normalization(x, mean, variance, shift, scale, 1e-4)

    def conv(x, layer):
        kernel = tf.cast(tf.convert_to_tensor(layer.kernel), x.dtype)
        bias = tf.cast(tf.convert_to_tensor(layer.bias), x.dtype)
        return tf.nn.conv2d(x, kernel, 1, "SAME") + bias

    def pool(x):
        return tf.nn.avg_pool2d(x, 2, 2, "VALID")

    x = tf.constant(images, tf.float64)
    first, second, *last = network.blocks
    hidden = tf.nn.relu(norm(conv(x, first.conv1), first.norm1))
    x = pool(conv(hidden, first.conv2)) + conv(
        norm(pool(x), first.norm0), first.shortcut
    )
    for block in (second, *last):
        hidden = conv(tf.nn.relu(norm(x, block.norm1)), block.conv1)
        hidden = conv(tf.nn.relu(norm(hidden, block.norm2)), block.conv2)
        if block is second:
            hidden, x = pool(hidden), pool(conv(norm(x, block.norm0), block.shortcut))
        x = hidden + x
    return tf.reduce_sum(tf.nn.relu(x), [1, 2])


@pytest.mark.parametrize("image_size", [32, 64, 128, 256])
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_at_every_resolution(image_size, channels):
    chunks = {32: 4, 64: 5, 128: 6, 256: 7}[image_size]
    generator = BigResNetGenerator(
        image_size=image_size,
        channels=channels,
        num_classes=5,
        width=2,
        latent_dim=2 * chunks,
        shared_dim=4,
        spectral_norm=True,
    )
    discriminator = ResNetDiscriminator(
        image_size=image_size, channels=channels, width=2
    )
    images = generator([np.ones((2, 2 * chunks), np.float32), np.array([0, 4])])
    assert images.shape == (2, image_size, image_size, channels)
    assert np.abs(images).max() <= 1.0
    features = discriminator(images)
    assert features["global_features"].shape == (2, discriminator.feature_dim)
    summed = np.sum(features["local_features"], axis=(1, 2))
    np.testing.assert_allclose(features["global_features"], summed, rtol=1e-4)


def test_a_config_rebuilds_the_network():
    network = BigResNetGenerator(
        image_size=32, num_classes=3, width=2, latent_dim=8, attention_after=(2,)
    )
    again = BigResNetGenerator.from_config(network.get_config())
    assert [w.path for w in again.weights] == [w.path for w in network.weights]


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"\(32, 64, 128, 256\). Received: 48"):
        ResNetGenerator(image_size=48)
    with pytest.raises(ValueError, match="latent_dim must be a multiple of 4"):
        BigResNetGenerator(image_size=32, latent_dim=81)
