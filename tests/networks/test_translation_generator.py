import keras
import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part, relative_error
from networks.translation_cases import GENERATOR, sizes

from tfgan_contra.importers.cut import assign_generator, read_architecture
from tfgan_contra.networks import TranslationGenerator
from tfgan_contra.networks.translation_layout import translation_layout

TAPS = (0, 4, 8, 12, 16)
SMALL = {"width": 2, "num_blocks": 2}


@pytest.fixture(scope="module")
def case():
    arrays = load_golden(GENERATOR)
    state = part(arrays, "state/")
    generator = TranslationGenerator(**read_architecture(state))
    assign_generator(generator, state)
    return generator, arrays


def random(*shape):
    return tf.tanh(tf.random.stateless_normal(shape, [3, 4]))


def test_images_and_features_equal_the_authors(case):
    generator, arrays = case
    assert sizes(arrays)
    for size in sizes(arrays):
        images, features = generator(arrays[f"input_{size}_nhwc"], taps=TAPS)
        assert relative_error(images, arrays[f"output_{size}_nhwc"]) < 1e-4
        for tap, made in zip(TAPS, features, strict=True):
            theirs = arrays[f"feature_layer{tap:02}_{size}_nhwc"]
            assert relative_error(made, theirs) < 1e-4, tap


def test_encoding_gives_the_same_features(case):
    generator, arrays = case
    inputs = arrays["input_32x32_nhwc"]
    images, features = generator(inputs, taps=(16, 0, 8))
    encoded = generator(inputs, taps=(16, 0, 8), encode_only=True)
    for ours, theirs in zip(encoded, features, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(generator(inputs), images)


def test_encoding_stops_at_the_last_tap(case):
    generator = case[0]

    @tf.function
    def encode(images):
        return generator(images, taps=(4,), encode_only=True)

    graph = encode.get_concrete_function(random(1, 8, 8, 3)).graph
    kinds = [operation.type for operation in graph.get_operations()]
    assert kinds.count("Conv2D") == 2


def test_a_norm_is_tapped_after_its_relu():
    """As in the authors' code, whose ReLU overwrites what the norm gave."""
    generator = TranslationGenerator(**SMALL)
    norm, relu = generator(random(1, 8, 8, 3), taps=(2, 3), encode_only=True)
    np.testing.assert_array_equal(norm, relu)
    assert float(tf.reduce_min(norm)) == 0.0
    strided = TranslationGenerator(**SMALL, antialias_down=False)
    (features,) = strided(random(1, 8, 8, 3), taps=(8,), encode_only=True)
    assert float(tf.reduce_min(features)) == 0.0 and features.shape == (1, 2, 2, 8)


@pytest.mark.parametrize("down", [True, False])
@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize(("given", "made"), [((8, 8), (8, 8)), ((5, 14), (8, 16))])
def test_size_is_rounded_up_to_quarters(down, up, given, made):
    generator = TranslationGenerator(
        channels=1, out_channels=4, antialias_down=down, antialias_up=up, **SMALL
    )
    images = random(2, *given, 1)
    assert generator(images).shape == (2, *made, 4)
    taps = tuple(range(len(generator.layout)))
    features = generator(images, taps=taps, encode_only=True)
    assert tuple(f.shape[3] for f in features) == generator.feature_channels(taps)
    np.testing.assert_array_equal(features[-1], generator(images))


def test_transposed_convolution_equals_pytorch():
    """By hand: pixel x reaches y = 2x + k - 1, k = 0, 1, 2, as far as y is inside."""
    generator = TranslationGenerator(antialias_up=False, **SMALL)
    number = next(
        i for i, p in enumerate(generator.layout) if p.kind == "transposed_conv"
    )
    layer, inputs = generator.steps[number], random(1, 3, 2, 8)
    expected = np.zeros((1, 6, 4, 4))
    for x, y, i, j in np.ndindex(3, 2, 3, 3):
        row, column = 2 * x + i - 1, 2 * y + j - 1
        if row >= 0 and column >= 0:
            kernel = np.asarray(layer.kernel)[i, j]
            expected[0, row, column] += kernel @ np.asarray(inputs)[0, x, y]
    assert relative_error(layer(inputs), expected) < 1e-5


def test_batch_and_size_may_be_unknown_to_the_graph(case):
    """As in a served model."""
    generator, arrays = case
    spec = tf.TensorSpec([None, None, None, 3], tf.float32)
    graph = tf.function(lambda x: generator(x), input_signature=[spec])
    images = arrays["input_32x32_nhwc"]
    made = graph(np.concatenate([images, images[:, ::-1]]))
    assert relative_error(made[:1], arrays["output_32x32_nhwc"]) < 1e-4
    assert relative_error(made[1:], generator(images[:, ::-1])) < 1e-4


def test_config_rebuilds_the_network():
    generator = TranslationGenerator(channels=1, antialias_up=False, **SMALL)
    copy = TranslationGenerator.from_config(generator.get_config())
    copy.set_weights(generator.get_weights())
    images = random(1, 8, 8, 1)
    np.testing.assert_array_equal(copy(images), generator(images))
    paths = [variable.path for variable in generator.variables]
    assert len(set(paths)) == len(paths) == 2 * (6 + 2 * 2)


def test_initialisation_is_the_authors():
    generator = TranslationGenerator(width=16)
    kernel = np.asarray(generator.steps[12].conv1.kernel)
    assert kernel.std() == pytest.approx(0.02 / np.sqrt(9 * 64), rel=0.03)
    assert np.abs(kernel).max() > 3 * kernel.std()
    assert np.any(kernel != np.asarray(generator.steps[12].conv2.kernel))
    assert not any(np.any(w) for w in generator.get_weights() if w.ndim == 1)


def test_half_precision_makes_float32_images():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        generator = TranslationGenerator(**SMALL)
    finally:
        keras.config.set_dtype_policy("float32")
    images, (features,) = generator(random(1, 8, 8, 3), taps=(4,))
    assert images.dtype == tf.float32 and features.dtype == tf.bfloat16


def test_layout_names_the_paper_s_layers():
    layout = translation_layout()
    assert [(layout[tap].kind, layout[tap].channels) for tap in TAPS] == [
        ("pad", 3),
        ("conv", 128),
        ("conv", 256),
        ("block", 256),
        ("block", 256),
    ]
    assert len(layout) == 32


def test_mistakes_are_named():
    generator = TranslationGenerator(**SMALL)
    images = random(1, 8, 8, 3)
    with pytest.raises(ValueError, match=r"no layer 40.*0 to 24. Received: \(0, 40\)"):
        generator(images, taps=(0, 40))
    with pytest.raises(ValueError, match="no layer -1"):
        generator.feature_channels((-1,))
    with pytest.raises(ValueError, match="needs taps"):
        generator(images, encode_only=True)
    with pytest.raises(ValueError, match="3 channels. Received: 1"):
        generator(images[..., :1])
    with pytest.raises(ValueError, match="5 pixels or more.*Received: 4x8"):
        generator(images[:, :4])
    with pytest.raises(ValueError, match="num_blocks must be 1 or more. Received: 0"):
        TranslationGenerator(num_blocks=0)
