"""XMC-GAN's networks: the authors' outputs with their weights, and the discriminator.

No file has the discriminator as a whole: its blocks are compared with the authors' in
`test_text_to_image_blocks`, how they are joined with a twin here.
"""

import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part, relative_error
from networks import text_to_image_cases as cases

from tfgan_contra.layers import spectral_norm_layers
from tfgan_contra.networks import TextToImageDiscriminator

GOLDEN = load_golden("xmcgan/generator_tiny128.npz")


@pytest.fixture(scope="module")
def generator():
    parameters, state = part(GOLDEN, "params/"), part(GOLDEN, "before/")
    return cases.filled_generator(GOLDEN, parameters, state)


@pytest.fixture
def statistics(generator):
    """The generator's state by the authors' names, put back after the test."""
    state = cases.generator_state(generator)
    yield state
    cases.assign(state, part(GOLDEN, "before/"))


def test_the_generator_in_training(generator, statistics):
    """Images, running statistics and gradients; ours are twice theirs, less 1."""
    inputs = cases.inputs_of(GOLDEN)
    random = np.random.RandomState(103)
    shape = GOLDEN["image_train_mode"].shape
    cotangent = np.float32(0.01 * random.standard_normal(shape))
    first_row = GOLDEN["cotangent_seed103_scale0.01_first_pixel_row"]
    np.testing.assert_array_equal(cotangent[:, 0], first_row)
    sources = {
        name: tf.constant(GOLDEN[key])
        for name, key in (("z", "z"), ("words", "words"), ("sentence", "sentence"))
    }
    with tf.GradientTape() as tape:
        tape.watch(sources)
        given = [sources["z"], sources["words"], inputs[2], sources["sentence"]]
        images = generator(given, training=True)
        score = tf.reduce_sum(0.5 * images * cotangent)
    assert images.dtype == tf.float32
    assert relative_error(images, 2.0 * GOLDEN["image_train_mode"] - 1.0) < 1e-4
    for name, ours in tape.gradient(score, sources).items():
        assert relative_error(ours, GOLDEN[f"grad_{name}"]) < 1e-4, name
    for name, ours in statistics.items():
        assert relative_error(ours, GOLDEN[f"after/{name}"]) < 1e-4, name


@pytest.mark.parametrize("state", ["before/", "after/"])
def test_the_generator_in_evaluation(generator, statistics, state):
    """Their image is from the statistics before the training call."""
    cases.assign(statistics, part(GOLDEN, state))
    images = generator(cases.inputs_of(GOLDEN))[:, ::4, ::4]
    error = relative_error(images, 2.0 * GOLDEN["image_eval_mode_stride4"] - 1.0)
    assert (error < 1e-4) == (state == "before/")


@pytest.fixture(scope="module")
def discriminator():
    """One of 32 pixels with random biases, whose u and v are not its kernels' yet."""
    network = TextToImageDiscriminator(image_size=32, word_dim=5, width=3)
    random = np.random.default_rng(1)
    for weight in network.trainable_weights:
        if weight.name == "bias":
            weight.assign(0.1 * random.standard_normal(weight.shape))
    return network


def authors_convolution(layer, inputs):
    """In float64: one power iteration from u, then the kernel divided by sigma."""
    kernel, bias, u = (
        np.asarray(variable, np.float64)
        for variable in (layer.kernel, layer.bias, layer.sn_u)
    )
    matrix = kernel.reshape(-1, kernel.shape[-1])
    v = matrix @ u
    v /= np.linalg.norm(v)
    u = v @ matrix
    u /= np.linalg.norm(u)
    return tf.nn.conv2d(inputs, kernel / (v @ matrix @ u + 1e-10), 1, "SAME") + bias


def authors_block(block, inputs):
    """Convolutions first, the mean of 2x2 pixels after them, on both ways."""

    def pooled(features):
        side = 2 if block.downsample else 1
        return tf.nn.avg_pool2d(features, side, side, "VALID")

    hidden = inputs if block.first else tf.nn.relu(inputs)
    hidden = tf.nn.relu(authors_convolution(block.conv1, hidden))
    hidden = pooled(authors_convolution(block.conv2, hidden))
    if not block.has_shortcut:
        return hidden + inputs
    return hidden + pooled(authors_convolution(block.shortcut, inputs))


def test_the_discriminator_in_training(discriminator):
    """The regions are not rectified; the images are in [0, 1] for its first layer."""
    images = np.random.default_rng(2).uniform(-1.0, 1.0, (2, 32, 32, 3))
    hidden = tf.constant((images + 1.0) / 2.0)
    maps = [hidden := authors_block(block, hidden) for block in discriminator.blocks]
    regions = authors_convolution(discriminator.region_projection, maps[1])
    pool = tf.reduce_sum(tf.nn.relu(maps[-1]), [1, 2])
    assert [m.shape[1] for m in maps] == [16, 8, 4, 4]
    assert np.asarray(maps[1]).min() < 0.0

    before = {layer.path: np.array(layer.sn_u) for layer in sn_layers(discriminator)}
    outputs = discriminator(images.astype(np.float32), training=True)
    assert relative_error(outputs["local_features"], regions) < 1e-5
    assert relative_error(outputs["global_features"], pool) < 1e-5
    for layer in sn_layers(discriminator):
        assert relative_error(layer.sn_u, before[layer.path]) > 1e-3, layer.path


def sn_layers(network):
    layers = spectral_norm_layers(network)
    # Three convolutions in each block that halves the size, two in the last, one more.
    assert len(layers) == 3 * 3 + 2 + 1
    return layers


def test_attention_is_a_softmax_over_the_words(generator):
    """Written out: places compare their queries with unit words, without padding."""
    latents, words, lengths, sentences = inputs = cases.inputs_of(GOLDEN)
    condition = [generator.sentence_projection(sentences), latents]
    hidden = tf.reshape(generator.first(latents), [3, 4, 4, 32])
    for block in generator.global_blocks:
        hidden = block(hidden, tf.concat(condition, 1))
    queries = np.asarray(generator.query_projection(hidden), np.float64)
    queries /= np.linalg.norm(queries, axis=-1, keepdims=True)
    words = words / np.linalg.norm(words, axis=-1, keepdims=True)
    scores = np.exp(15.0 * np.einsum("bhwc,btc->bhwt", queries, words))
    scores *= (np.arange(5) < lengths[:, None])[:, None, None]
    weights = generator.attention(inputs)
    assert weights.shape == (3, 16, 16, 5) and weights.dtype == tf.float32
    expected = scores / scores.sum(-1, keepdims=True)
    np.testing.assert_allclose(weights, expected, rtol=1e-4, atol=1e-6)
