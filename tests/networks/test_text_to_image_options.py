"""Sizes and options of XMC-GAN's networks, what they are fed, and mistakes in it."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from golden_files import relative_error

from tfgan_contra.errors import ConfigError
from tfgan_contra.layers import fold_spectral_norm, spectral_norm_layers
from tfgan_contra.networks import (
    TextToImageDiscriminator,
    TextToImageGenerator,
    TextToImageNetworkConfig,
)
from tfgan_contra.networks.text_to_image_configs import LAYOUTS
from tfgan_contra.types import CaptionSpec, TextFeatures

# Millions of parameters: the authors' generator, and discriminator with its heads.
COUNTS = {
    (128, 96): (78.51, 87.91),
    (256, 96): (92.87, 99.42),
    (128, 64): (37.36, 39.40),
}
G_SMALL = {"image_size": 32, "word_dim": 5, "width": 2, "latent_dim": 4}
D_SMALL = {"image_size": 32, "word_dim": 5, "width": 2}


def captions(rows, words=6, lengths=None, latent_dim=4, word_dim=5):
    """What a generator takes; by default captions of 1, 2, ... words."""
    random = np.random.default_rng(1)
    lengths = 1 + np.arange(rows) % words if lengths is None else np.array(lengths)
    arrays = (
        random.standard_normal(shape).astype(np.float32)
        for shape in ((rows, latent_dim), (rows, words, word_dim), (rows, word_dim))
    )
    latents, vectors, sentences = arrays
    return [latents, vectors, lengths.astype(np.int32), sentences]


def count(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


@pytest.fixture(scope="module")
def small():
    """A generator for tests that leave it as it is, the same in every run."""
    keras.utils.set_random_seed(1)
    return TextToImageGenerator(**G_SMALL)


@pytest.fixture
def without_memory():
    """Variables have shapes but no values: these networks are large."""
    with keras.StatelessScope(initialize_variables=False):
        yield
    # Else Keras gives them values at its next opportunity.
    keras.utils.clear_session(free_memory=False)


@pytest.mark.parametrize(("image_size", "width"), COUNTS)
def test_as_many_parameters_as_the_authors(without_memory, image_size, width):
    sizes = {"image_size": image_size, "width": width, "word_dim": 768}
    generator = TextToImageGenerator(**sizes, latent_dim=128)
    body = TextToImageDiscriminator(**sizes)
    features = body.feature_dim
    assert features == 16 * width
    heads = (features + 1) + (768 * features + features)  # a logit; of a sentence
    total = (count(generator) / 1e6, (count(body) + heads) / 1e6)
    assert tuple(round(number, 2) for number in total) == COUNTS[image_size, width]


def test_as_many_parameters_at_32_pixels(without_memory):
    """What a run on a CPU trains; the heads belong to the method."""
    sizes = {"image_size": 32, "width": 16, "word_dim": 64}
    assert count(TextToImageGenerator(**sizes, latent_dim=64)) == 285_379
    assert count(TextToImageDiscriminator(**sizes)) == 150_768


@pytest.mark.parametrize(
    ("image_size", "regions", "last"), [(32, 8, 4), (64, 16, 16), (256, 16, 16)]
)
def test_shapes_at_every_resolution(image_size, regions, last):
    """128 pixels are compared with the authors' numbers elsewhere."""
    sizes = {"image_size": image_size, "word_dim": 5, "width": 1, "channels": 1}
    generator = TextToImageGenerator(**sizes, latent_dim=4)
    discriminator = TextToImageDiscriminator(**sizes)
    inputs = captions(2)
    images = generator(inputs)
    assert images.shape == (2, image_size, image_size, 1)
    assert images.dtype == tf.float32
    assert np.abs(images).max() <= 1.0
    assert generator.attention(inputs).shape == (2, regions, regions, 6)
    outputs = discriminator(images)
    assert outputs["local_features"].shape == (2, regions, regions, 5)
    assert outputs["global_features"].shape == (2, last)
    assert discriminator.feature_dim == last
    assert discriminator.local_dim == discriminator.word_dim == 5
    assert (generator.latent_dim, generator.image_size, generator.channels) == (
        4,
        image_size,
        1,
    )
    assert (generator.num_classes, generator.word_dim) == (0, 5)
    assert generator.max_words is None


def test_the_tables_fit_the_sizes():
    for image_size, layout in LAYOUTS.items():
        assert 4 << (len(layout.generator) - 1) == image_size
        assert image_size >> (len(layout.discriminator) - 1) == 4
        assert 4 << layout.global_blocks == layout.regions_side
        assert image_size >> layout.region_block(image_size) == layout.regions_side


def test_what_stands_in_padding_changes_no_image(small):
    """Nor how much of it there is; that captions have lengths does change them."""
    latents, words, lengths, sentences = captions(3, lengths=[2, 6, 4])
    valid = np.arange(6) < lengths[:, None]
    zeros = np.where(valid[..., None], words, np.float32(0.0))
    longer = np.pad(zeros, [(0, 0), (0, 4), (0, 0)])
    images = small([latents, words, lengths, sentences], training=True)
    for other in (zeros, longer):
        again = small([latents, other, lengths, sentences], training=True)
        np.testing.assert_allclose(again, images, atol=1e-5)
    unmasked = small([latents, words, np.full(3, 6), sentences], training=True)
    assert relative_error(unmasked, images) > 1e-3


@pytest.mark.parametrize("training", [False, True])
def test_one_image_of_no_words(small, training):
    """Images and gradients are numbers, with a caption that is all padding, too."""
    inputs = [tf.constant(array) for array in captions(1, words=1, lengths=[0])]
    inputs[1] *= 0.0
    floats = [inputs[0], inputs[1], inputs[3]]
    weights = [weight.value for weight in small.trainable_weights]
    with tf.GradientTape() as tape:
        tape.watch(floats)
        images = small(inputs, training=training)
        total = tf.reduce_sum(tf.square(images))
    gradients = tape.gradient(total, floats + weights)
    assert all(np.isfinite(array).all() for array in (images, *gradients))


def test_an_image_depends_on_its_own_caption_only(small):
    """Outside training; and its latents, words and sentence all matter."""
    inputs = captions(4, lengths=[3, 2, 5, 6])
    images = small(inputs)
    alone = small([array[1:2] for array in inputs])
    np.testing.assert_allclose(alone[0], images[1], atol=1e-5)
    for place in (0, 1, 3):
        changed = list(inputs)
        changed[place] = inputs[place][::-1]
        assert relative_error(small(changed), images) > 1e-3


def test_captions_may_be_one_structure(small):
    latents, *features = inputs = captions(2)
    images = small([latents, TextFeatures(*features)])
    np.testing.assert_array_equal(images, small(inputs))


def test_statistics_need_not_be_tracked(small):
    before = small.get_weights()
    small(captions(3), training=True, track_statistics=False)
    small.attention(captions(3))
    for ours, theirs in zip(small.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_temperature_sharpens_the_attention(small):
    soft = TextToImageGenerator(**G_SMALL, attention_temperature=0.01)
    soft.set_weights(small.get_weights())
    inputs = captions(2, lengths=[6, 6])
    assert np.asarray(small.attention(inputs)).max() > 0.3
    np.testing.assert_allclose(soft.attention(inputs), 1 / 6, atol=1e-2)


def test_unknown_numbers_of_images_and_words(small):
    signature = [
        tf.TensorSpec([None, 4]),
        tf.TensorSpec([None, None, 5]),
        tf.TensorSpec([None], tf.int32),
        tf.TensorSpec([None, 5]),
    ]
    traced = tf.function(small.call, autograph=False)
    function = traced.get_concrete_function(signature)
    inputs = [tf.constant(array) for array in captions(3)]
    np.testing.assert_allclose(function(*inputs), small(inputs), atol=1e-5)


def test_spectral_norm_in_both():
    generator = TextToImageGenerator(**G_SMALL, spectral_norm=True)
    # Every linear layer has it: 3 blocks of 3 and 4, 2 in the last norm, 4 more.
    assert len(spectral_norm_layers(generator)) == 3 * 7 + 2 + 4
    for layer in spectral_norm_layers(generator):
        layer.kernel.assign(2.0 * layer.kernel)
        matrix = np.reshape(layer.kernel, [-1, layer.kernel.shape[-1]])
        left, _, right = np.linalg.svd(matrix, full_matrices=False)
        layer.sn_u.assign(right[0])
        layer.sn_v.assign(left[:, 0])
    inputs = captions(2)
    images = generator(inputs)
    plain = fold_spectral_norm(generator)
    assert not spectral_norm_layers(plain)
    assert relative_error(plain(inputs), images) < 1e-4
    discriminator = TextToImageDiscriminator(**D_SMALL, spectral_norm=False)
    assert not spectral_norm_layers(discriminator)
    assert discriminator(images)["global_features"].shape == (2, 8)


@pytest.mark.parametrize(
    "network",
    [
        lambda: TextToImageGenerator(
            **G_SMALL,
            channels=1,
            attention_temperature=3.0,
            spectral_norm=True,
            initializer="orthogonal",
            name="maker",
        ),
        lambda: TextToImageDiscriminator(
            **(D_SMALL | {"image_size": 64}),
            channels=1,
            spectral_norm=False,
            initializer="glorot_uniform",
            name="judge",
        ),
    ],
)
def test_a_config_rebuilds_the_network(network):
    network = network()
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(network)
    )
    assert type(again) is type(network)
    assert again.get_config() == network.get_config()
    assert [w.path for w in again.weights] == [w.path for w in network.weights]
    assert [w.shape for w in again.weights] == [w.shape for w in network.weights]
    assert len({w.path for w in network.weights}) == len(network.weights)


def test_half_precision(small):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        generator = TextToImageGenerator(**G_SMALL)
        discriminator = TextToImageDiscriminator(**D_SMALL)
    finally:
        keras.config.set_dtype_policy("float32")

    inputs = captions(3)
    weights = [weight.value for weight in generator.trainable_weights]
    with tf.GradientTape() as tape:
        images = generator(inputs, training=True)
        outputs = discriminator(images, training=True)
        total = tf.add_n([tf.reduce_sum(array) for array in outputs.values()])
    gradients = tape.gradient(total, weights)
    assert images.dtype == generator.attention(inputs).dtype == tf.float32
    assert {array.dtype for array in outputs.values()} == {tf.float32}
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    generator.set_weights(small.get_weights())
    assert relative_error(generator(inputs), small(inputs)) < 0.2


# Mistakes.


@pytest.mark.parametrize("kind", [TextToImageGenerator, TextToImageDiscriminator])
def test_a_size_without_a_table_is_refused(kind):
    with pytest.raises(ValueError, match=r"\(32, 64, 128, 256\). Received: 48"):
        kind(image_size=48, word_dim=5)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (captions(2)[:2], r"\[latents, words, lengths, sentences\]. Received: 2 ten"),
        (captions(2, word_dim=6), r"lengths \(4, 5, 5\). Received: \(4, 6, 6\)"),
        (captions(2, latent_dim=3), r"lengths \(4, 5, 5\). Received: \(3, 5, 5\)"),
    ],
)
def test_other_inputs_are_named(small, inputs, message):
    for use in (small, small.attention):
        with pytest.raises(ValueError, match=message):
            use(inputs)


def test_a_config_builds_both_networks():
    config = TextToImageNetworkConfig(
        g_width=2,
        d_width=4,
        latent_dim=7,
        g_attention_temperature=9.0,
        g_spectral_norm=True,
        d_spectral_norm=False,
        initializer="orthogonal",
    )
    config.validate()
    config.check_resolution("network", 32)
    spec = CaptionSpec(image_size=32, channels=1, word_dim=5, max_words=6)
    assert spec.image_shape == (32, 32, 1)
    generator = config.build_generator(spec)
    discriminator = config.build_discriminator(spec)
    sizes = {
        "image_size": 32,
        "channels": 1,
        "word_dim": 5,
        "initializer": "orthogonal",
    }
    assert generator.get_config() == sizes | {
        "name": "generator",
        "width": 2,
        "latent_dim": 7,
        "attention_temperature": 9.0,
        "spectral_norm": True,
    }
    assert discriminator.get_config() == sizes | {
        "name": "discriminator",
        "width": 4,
        "spectral_norm": False,
    }


def test_the_defaults_are_the_authors():
    config = TextToImageNetworkConfig()
    assert (config.g_width, config.d_width, config.latent_dim) == (96, 96, 128)
    assert (config.g_spectral_norm, config.d_spectral_norm) == (False, True)
    assert config.g_attention_temperature == 15.0
    kernel = (
        TextToImageDiscriminator(
            image_size=32, word_dim=5, width=32, initializer=config.initializer
        )
        .blocks[2]
        .conv2.kernel
    )
    spread = np.sqrt(2.0 / (9 * 128 + 9 * 128))
    assert np.asarray(kernel).std() == pytest.approx(spread, rel=0.02)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"latent_dim": 0}, "network.latent_dim must be 1 or more. Received: 0"),
        ({"g_attention_temperature": 0.0}, "temperature must be above 0"),
        ({"initializer": "glorot"}, "initializer must be one of .*did you mean"),
        ({"d_width": 0}, "network.d_width must be 1 or more"),
    ],
)
def test_bad_configs_are_named(changes, message):
    with pytest.raises(ConfigError, match=message):
        TextToImageNetworkConfig(**changes).validate("network")


def test_a_config_knows_its_resolutions():
    message = "image size for network must be one of 32, 64, 128, 256. Received: 48"
    with pytest.raises(ConfigError, match=message):
        TextToImageNetworkConfig().check_resolution("network", 48)
