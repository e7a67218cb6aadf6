"""Architectures and options of SNGAN's networks, and mistakes in them."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from golden_files import relative_error

from tfgan_contra.errors import ConfigError
from tfgan_contra.layers.spectral_norm import (
    fold_spectral_norm,
    spectral_norm_layers,
)
from tfgan_contra.networks import SNGANConfig, SNGANDiscriminator, SNGANGenerator
from tfgan_contra.types import DataSpec

# Parameters of mimicry's networks: generator, discriminator with one logit.
COUNTS = {
    32: (4_276_739, 1_053_825),
    48: (4_878_083, 10_141_441),
    64: (12_220_675, 10_141_441),
    128: (32_150_787, 29_017_857),
}
# Of SSGAN's authors' networks: generator, self-modulated generator, discriminator.
AUTHORS_COUNTS = {
    (32, "sngan"): (5_849_603, 5_993_187, 1_483_137),
    (48, "sngan"): (6_254_339, 6_373_347, 25_114_817),
    (128, "resnet5"): (13_786_115, 14_019_939, 15_086_529),
}
SMALL = {"image_size": 32, "width": 2}


def random(*shape):
    return tf.random.stateless_normal(shape, [1, 2])


def count(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


@pytest.mark.parametrize("image_size", COUNTS)
def test_as_many_parameters_as_mimicry(image_size):
    generator, discriminator = COUNTS[image_size]
    sizes = {"image_size": image_size, "initializer": "zeros"}
    assert count(SNGANGenerator(**sizes)) == generator
    body = SNGANDiscriminator(**sizes)
    assert count(body) + body.feature_dim + 1 == discriminator


@pytest.mark.parametrize("architecture", AUTHORS_COUNTS)
def test_as_many_parameters_as_ssgans_authors(architecture):
    image_size, layout = architecture
    plain, modulated, discriminator = AUTHORS_COUNTS[architecture]
    form = {
        "image_size": image_size,
        "layout": layout,
        "shortcut_kernel": 3,
        "initializer": "zeros",
    }
    assert count(SNGANGenerator(**form)) == plain
    assert count(SNGANGenerator(**form, self_modulated=True)) == modulated
    body = SNGANDiscriminator(**form, hidden_channels="output")
    assert count(body) + body.feature_dim + 1 == discriminator


@pytest.mark.parametrize(
    ("image_size", "layout", "local", "last"),
    [
        (32, "sngan", (8, 4), 4),
        (48, "sngan", (3, 16), 32),
        (64, "sngan", (4, 16), 32),
        (128, "sngan", (4, 32), 32),
        (128, "resnet5", (4, 16), 16),
    ],
)
def test_shapes_at_every_resolution(image_size, layout, local, last):
    form = {"image_size": image_size, "width": 2, "layout": layout, "channels": 1}
    generator = SNGANGenerator(**form, latent_dim=4)
    discriminator = SNGANDiscriminator(**form)
    images = generator(random(2, 4))
    assert images.shape == (2, image_size, image_size, 1)
    assert np.abs(images).max() <= 1.0
    outputs = discriminator(images)
    side, channels = local
    assert outputs["local_features"].shape == (2, side, side, channels)
    assert outputs["global_features"].shape == (2, last)
    assert (discriminator.local_dim, discriminator.feature_dim) == (channels, last)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (SNGANGenerator, {"upsampling": "nearest"}),
        (SNGANGenerator, {"upsampling": "zero_insertion"}),
        (SNGANDiscriminator, {"rectified_shortcut": False}),
        (SNGANDiscriminator, {"pooling": "mean"}),
    ],
)
def test_options_that_change_no_weights_change_the_outputs(kind, options):
    keras.utils.set_random_seed(0)  # How much they differ depends on the weights.
    plain, other = kind(**SMALL), kind(**SMALL, **options)
    other.set_weights(plain.get_weights())
    inputs = random(2, 128) if kind is SNGANGenerator else random(2, 32, 32, 3)
    ours, theirs = plain(inputs), other(inputs)
    if kind is SNGANDiscriminator:
        ours, theirs = ours["global_features"], theirs["global_features"]
    if options == {"pooling": "mean"}:
        np.testing.assert_allclose(ours, 64.0 * theirs, rtol=1e-5)
    else:
        assert relative_error(ours, theirs) > 1e-3


def test_the_shortcut_of_a_discriminator_may_see_the_input_itself():
    """Written out for the third block, whose shortcut is the identity."""
    network = SNGANDiscriminator(**SMALL, rectified_shortcut=False)
    outputs = network.block_outputs(random(2, 32, 32, 3))
    x, block = outputs[1], network.blocks[2]
    hidden = block.conv2(tf.nn.relu(block.conv1(tf.nn.relu(x))))
    np.testing.assert_allclose(outputs[2], hidden + x, atol=1e-5)


def test_self_modulation_reaches_every_norm():
    """Also the last one: what the latents do stays when the images' features do."""
    network = SNGANGenerator(**SMALL, latent_dim=4, self_modulated=True)
    for block in network.blocks:
        assert block.norm1.gamma.kernel.shape == (32, block.norm1.gamma.units)
        assert block.norm2.hidden_layer.kernel.shape == (4, 32)
    modes = {"training": False, "track_statistics": True}
    features, latents = random(1, 4, 4, 8), random(2, 4)
    network.last_norm.gamma.kernel.assign_add(
        tf.ones_like(network.last_norm.gamma.kernel)
    )
    one, other = (
        network.apply_last_norm(features, latents[i : i + 1], modes) for i in (0, 1)
    )
    assert relative_error(one, other) > 1e-2
    assert network(latents, training=True).shape == (2, 32, 32, 3)


def test_labels_attention_and_spectral_norm():
    generator = SNGANGenerator(
        image_size=32,
        width=4,
        num_classes=3,
        latent_dim=4,
        spectral_norm=True,
        attention_after=(2,),
        initializer="orthogonal",
    )
    for layer in spectral_norm_layers(generator):
        layer.kernel.assign(2.0 * layer.kernel)
        layer.settle()
    latents, labels = random(2, 4), tf.constant([0, 2])
    images = generator([latents, labels])
    other = generator([latents, labels[::-1]])
    assert np.any(np.asarray(images) != np.asarray(other))
    for layer in generator.attentions:
        layer.gate.assign(0.5)
    attended = generator([latents, labels])
    assert np.any(np.asarray(images) != np.asarray(attended))
    plain = fold_spectral_norm(generator)
    assert relative_error(plain([latents, labels]), attended) < 1e-4


def test_statistics_need_not_be_tracked():
    generator = SNGANGenerator(**SMALL, latent_dim=4)
    before = generator.get_weights()
    generator(random(3, 4), training=True, track_statistics=False)
    for ours, theirs in zip(generator.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    "network",
    [
        lambda: SNGANGenerator(
            image_size=48,
            width=2,
            upsampling="nearest",
            self_modulated=True,
            shortcut_kernel=3,
            latent_dim=4,
        ),
        lambda: SNGANDiscriminator(
            image_size=128,
            width=2,
            layout="resnet5",
            pooling="mean",
            shortcut_kernel=3,
            rectified_shortcut=False,
            hidden_channels="output",
            spectral_norm=False,
        ),
    ],
)
def test_a_config_rebuilds_the_network(network):
    network = network()
    again = type(network).from_config(network.get_config())
    assert again.get_config() == network.get_config()
    assert [w.path for w in again.weights] == [w.path for w in network.weights]
    assert [w.shape for w in again.weights] == [w.shape for w in network.weights]
    assert len({w.path for w in network.weights}) == len(network.weights)


def test_initial_weights_are_the_authors():
    network = SNGANDiscriminator(image_size=32, width=16)
    block = network.blocks[2]
    fans = 9 * 32 + 9 * 32
    bound = np.sqrt(2.0) * np.sqrt(6.0 / fans)
    largest = np.abs(block.conv1.kernel).max()
    assert 0.98 * bound < largest <= bound
    largest = np.abs(block.conv1.bias).max()
    assert 0.5 / np.sqrt(9 * 32) < largest <= 1.0 / np.sqrt(9 * 32)
    bound = np.sqrt(6.0 / (32 + 32))
    assert np.abs(network.blocks[1].shortcut.kernel).max() <= bound

    network = SNGANDiscriminator(image_size=32, width=16, initializer="normal_0.02")
    kernel = np.asarray(network.blocks[2].conv1.kernel)
    assert np.std(kernel) == pytest.approx(0.02, rel=0.05)
    assert not np.asarray(network.blocks[2].conv1.bias).any()


def test_half_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        generator, discriminator = SNGANGenerator(**SMALL), SNGANDiscriminator(**SMALL)
    finally:
        keras.config.set_dtype_policy("float32")

    weights = [weight.value for weight in generator.trainable_variables]
    with tf.GradientTape() as tape:
        images = generator(random(2, 128), training=True)
        outputs = discriminator(images, training=True)
        total = tf.reduce_sum(outputs["global_features"])
    gradients = tape.gradient(total, weights)
    assert images.dtype == outputs["global_features"].dtype == tf.float32
    assert outputs["local_features"].dtype == tf.bfloat16
    assert all(np.isfinite(gradient).all() for gradient in gradients)


# Mistakes.


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (SNGANGenerator, {"image_size": 256}, r"\(32, 48, 64, 128\). Received: 256"),
        (
            SNGANGenerator,
            {"image_size": 32, "layout": "resnet5"},
            r"\(128,\). Received: 32",
        ),
        (SNGANGenerator, {**SMALL, "upsampling": "cubic"}, "zero_insertion. .*'cubic'"),
        (SNGANGenerator, {**SMALL, "shortcut_kernel": 5}, "one of 1, 3. Received: 5"),
        (
            SNGANGenerator,
            {**SMALL, "self_modulated": True, "num_classes": 10},
            "num_classes must be 0. Received: 10",
        ),
        (SNGANDiscriminator, {**SMALL, "pooling": "max"}, "one of sum, mean. .*'max'"),
        (SNGANDiscriminator, {**SMALL, "layout": "x"}, "one of sngan, resnet5"),
        (SNGANDiscriminator, {**SMALL, "hidden_channels": 3}, "one of input, output"),
    ],
)
def test_bad_arguments_are_named(kind, options, message):
    with pytest.raises(ValueError, match=message):
        kind(**options)


def test_a_config_builds_both_networks():
    config = SNGANConfig(
        g_width=2,
        d_width=4,
        latent_dim=4,
        upsampling="zero_insertion",
        pooling="mean",
        shortcut_kernel=3,
        rectified_shortcut=False,
        hidden_channels="output",
        self_modulated=True,
        initializer="normal_0.02",
    )
    config.validate()
    config.check_resolution("network", 48)
    spec = DataSpec(48, 1, 0)
    generator, discriminator = (
        config.build_generator(spec),
        config.build_discriminator(spec),
    )
    for network in (generator, discriminator):
        ours = network.get_config()
        for name in set(ours) & set(vars(config)):
            assert ours[name] == getattr(config, name), name
        assert ours["channels"] == 1 and ours["image_size"] == 48
    assert (generator.width, discriminator.width) == (2, 4)
    with pytest.raises(ConfigError, match="self_modulated must be off.*labels"):
        config.build_generator(DataSpec(48, 1, 10))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"upsampling": "biliner"}, "upsampling .*did you mean 'bilinear'"),
        ({"pooling": "max"}, "pooling must be one of sum, mean"),
        ({"shortcut_kernel": 2}, "shortcut_kernel must be 1 or 3. Received: 2"),
        ({"initializer": "normal"}, "initializer must be one of xavier"),
        ({"g_width": 0}, "g_width must be 1 or more"),
    ],
)
def test_bad_configs_are_named(changes, message):
    with pytest.raises(ConfigError, match=message):
        SNGANConfig(**changes).validate("network")


@pytest.mark.parametrize(
    ("changes", "image_size", "message"),
    [
        ({}, 256, "image size .*one of 32, 48, 64, 128 .*Received: 256"),
        ({"layout": "resnet5"}, 64, "one of 128 .layout 'resnet5'.*Received: 64"),
        ({"g_attention_after": (4,)}, 48, "g_attention_after must be a block from 1"),
        ({"d_attention_after": (1,), "d_width": 4}, 64, "of at least 8 channels"),
    ],
)
def test_a_config_knows_its_resolutions(changes, image_size, message):
    with pytest.raises(ConfigError, match=message):
        SNGANConfig(**changes).check_resolution("network", image_size)
