"""Pictures of any size come back at their own size."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra.networks import SinCUTGenerator, TranslationGenerator
from tfgan_contra.networks.translation_sizes import translate_any_size

GENERATORS = {
    "cut": TranslationGenerator(channels=3, out_channels=1, width=2, num_blocks=1),
    "sincut": SinCUTGenerator(channels=3, out_channels=1, width=1, num_blocks=2),
}


def images(height, width):
    drawn = np.random.default_rng(0).standard_normal((2, height, width, 3))
    return np.tanh(drawn).astype(np.float32)


@pytest.mark.parametrize("name", list(GENERATORS))
@pytest.mark.parametrize(("height", "width"), [(8, 8), (5, 7), (13, 18), (16, 9)])
def test_the_size_stays(name, height, width):
    generator = GENERATORS[name]
    translated = np.asarray(translate_any_size(generator, images(height, width)))
    assert translated.shape == (2, height, width, 1)
    assert np.abs(translated).max() <= 1
    in_graph = tf.function(
        lambda x: translate_any_size(generator, x),
        input_signature=[tf.TensorSpec([None, None, None, 3])],
    )
    np.testing.assert_allclose(in_graph(images(height, width)), translated, atol=1e-5)


def test_multiples_of_four_go_through_as_they_are():
    generator = GENERATORS["cut"]
    np.testing.assert_array_equal(
        translate_any_size(generator, images(16, 8)), generator(images(16, 8))
    )


def test_the_padding_is_a_reflection():
    whole = images(12, 12)
    padded = np.pad(whole[:, :10, :11], ((0, 0), (0, 2), (0, 1), (0, 0)), "reflect")
    expected = GENERATORS["cut"](padded)[:, :10, :11]
    ours = translate_any_size(GENERATORS["cut"], whole[:, :10, :11])
    np.testing.assert_allclose(ours, expected, atol=1e-6)


def test_too_small_pictures_are_refused():
    with pytest.raises(ValueError, match="5 pixels or more on each side.*4x9"):
        translate_any_size(GENERATORS["cut"], images(4, 9))
