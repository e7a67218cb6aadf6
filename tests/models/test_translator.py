"""Pictures of any size from a translator: in one pass, in tiles, within memory."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra.errors import DataError
from tfgan_contra.models import pass_limits
from tfgan_contra.models.pass_limits import PassLimits
from tfgan_contra.models.sampler import to_uint8
from tfgan_contra.models.translator import Translator
from tfgan_contra.networks import SinCUTGenerator, TranslationGenerator
from tfgan_contra.networks.translation_sizes import translate_any_size


class Passing(keras.Model):
    """A generator that gives its input back, times a weight; no norm, no halving."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.channels = self.out_channels = 3
        self.factor = self.add_weight(shape=(), initializer="ones", name="factor")
        self.built = True

    def call(self, images, training=False):
        return images * self.factor

    def feature_channels(self, taps):
        return (1,) * len(taps)

    def get_config(self):
        return {}


def as_gan(generator):
    return types.SimpleNamespace(generator_ema=generator, step=tf.Variable(0))


@pytest.fixture(scope="module")
def gan():
    keras.utils.set_random_seed(2)
    generator = TranslationGenerator(
        channels=3, out_channels=1, width=4, num_blocks=1, init_gain=1.0
    )
    return as_gan(generator)


def picture(height, width, count=1):
    """Returns smooth random pictures, bright on one side and dark on the other."""
    coarse = np.random.default_rng(1).random((count, 6, 9, 3)) * 160
    coarse += np.linspace(0, 95, 9)[:, None]
    smooth = tf.image.resize(coarse, (height, width), method="bicubic")
    return np.clip(smooth, 0, 255).astype(np.uint8)


def plainly(generator, pixels):
    """Returns what the translation must be, from the definitions."""
    images = tf.cast(pixels, tf.float32) / 127.5 - 1.0
    return to_uint8(translate_any_size(generator, images)).numpy()


def differences(made, expected):
    return np.abs(made.astype(int) - expected)


@pytest.mark.parametrize("size", [(8, 8), (37, 50), (64, 33), (5, 6)])
def test_any_size_comes_back_at_its_size(gan, size):
    pixels = picture(*size)
    made = Translator(gan)(pixels)
    assert made.dtype == np.uint8 and made.shape == (1, *size, 1)
    assert differences(made, plainly(gan.generator_ema, pixels)).max() <= 1


def test_one_graph_serves_all_sizes(gan):
    translator = Translator(gan, tile=32)
    for height, width in ((40, 30), (30, 40), (70, 50)):
        translator(picture(height, width))
    for pixels in (picture(20, 31), picture(31, 20, count=3)):
        translator(pixels)
    graphs = translator._translate, translator._collect, translator._translate_by
    assert [graph.experimental_get_tracing_count() for graph in graphs] == [1, 1, 1]


def test_many_pictures_go_through_in_several_passes(gan):
    pixels = picture(16, 16, count=9)
    translator = Translator(gan)
    translator.limits = PassLimits(100.0, 4 * 70_000)
    assert translator.limits.rows_per_pass(16, 16) == 7
    made = translator(pixels)
    assert made.shape == (9, 16, 16, 1)
    alone = np.concatenate([translator(row[None]) for row in pixels])
    assert differences(made, alone).max() <= 1


def test_weights_are_frozen_until_the_update():
    source = Passing()
    gan = as_gan(source)
    translator = Translator(gan)
    pixels = picture(8, 12)
    before = translator(pixels)
    np.testing.assert_array_equal(before, pixels)
    source.factor.assign(-1.0)
    translator.update()  # no step was made
    np.testing.assert_array_equal(translator(pixels), before)
    gan.step.assign(1)
    np.testing.assert_array_equal(translator(pixels), before)
    translator.update()
    np.testing.assert_array_equal(translator(pixels), 255 - pixels)


def test_weights_come_from_a_model_on_two_replicas(two_replicas):
    with two_replicas.scope():
        generator = TranslationGenerator(width=2, num_blocks=1, init_gain=1.0)
        gan = types.SimpleNamespace(
            generator_ema=generator,
            step=keras.Variable(7, dtype="int64", trainable=False),
        )
    pixels = picture(12, 20)
    made = Translator(gan)(pixels)
    assert differences(made, plainly(generator, pixels)).max() <= 1


def test_pictures_are_translated_in_full_precision_after_training_in_half():
    generator = TranslationGenerator(width=2, num_blocks=1, dtype="mixed_bfloat16")
    assert generator.compute_dtype == "bfloat16"
    translator = Translator(as_gan(generator))
    assert translator.generator.compute_dtype == "float32"
    assert translator(picture(12, 20)).shape == (1, 12, 20, 3)


def test_a_generator_that_changes_nothing_changes_nothing_in_tiles():
    pixels = picture(75, 101)
    said = []
    translator = Translator(as_gan(Passing()), tile=32, say=said.append)
    np.testing.assert_array_equal(translator(pixels), pixels)
    translator(pixels)
    assert len(said) == 1
    assert said[0] == (
        "101x75 pixels are more than a tile: translating in tiles of 32 pixels, blended"
    )


def test_tiles_share_the_statistics_of_the_picture(gan):
    """Each by its own, they would differ by far more."""
    pixels = picture(192, 256)
    said = []
    translator = Translator(gan, tile=128, say=said.append)
    made = translator(pixels)
    expected = plainly(gan.generator_ema, pixels)
    assert differences(made, expected).mean() < 3
    assert "the statistics of the picture at 256x192" in said[0]
    translator.for_tiles = lambda whole: (
        lambda tile: plainly(gan.generator_ema, tile[None])[0],
        "",
    )
    apart = translator(pixels)
    assert differences(apart, expected).mean() > 30


def test_a_picture_too_large_for_one_pass_lends_its_statistics_reduced(gan):
    pixels = picture(320, 448)
    expected = plainly(gan.generator_ema, pixels)
    said = []
    translator = Translator(gan, memory_limit_mb=11, say=said.append)
    made = translator(pixels)
    tile = translator.limits.tile_for(320, 448)
    assert 128 <= tile < 448
    height, width = translator.limits.largest_size(320, 448)
    assert height < 320 and abs(width / height - 1.4) < 0.02
    assert f"(limit 12 MB): translating in tiles of {tile}" in said[0]
    assert f"at {width}x{height}" in said[0]
    assert differences(made, expected).mean() < 8


def test_without_norms_tiles_equal_the_whole():
    keras.utils.set_random_seed(3)
    generator = SinCUTGenerator(width=2, num_blocks=2)
    pixels = picture(150, 170)
    made = Translator(as_gan(generator), tile=128, say=print)(pixels)
    assert differences(made, plainly(generator, pixels)).mean() < 0.5


def test_the_statistics_are_gone_after_use(gan):
    translator = Translator(gan, tile=32)
    translator(picture(40, 40))
    assert translator._norms
    assert all(norm.statistics is None for norm in translator._norms)


class RunsOut(Translator):
    """A translator whose device holds fewer pixels than it was told."""

    def one_pass(self, images):
        if images.shape[1] > 160:
            raise tf.errors.ResourceExhaustedError(None, None, "out of memory")
        return super().one_pass(images)


def test_where_memory_runs_out_tiles_are_tried():
    pixels = picture(300, 280)
    said = []
    translator = RunsOut(as_gan(Passing()), say=said.append)
    np.testing.assert_array_equal(translator(pixels), pixels)
    assert said[0] == "memory ran out; trying again in tiles of 148 pixels"


def test_where_no_tile_helps_it_is_an_error():
    class Never(RunsOut):
        def one_pass(self, images):
            raise tf.errors.ResourceExhaustedError(None, None, "out of memory")

    with pytest.raises(DataError, match="even in tiles of 148 pixels; close"):
        Never(as_gan(Passing()))(picture(300, 280))


def test_a_picture_that_does_not_fit_even_in_tiles_is_refused():
    limits = PassLimits(1000.0, 20_000_000)
    assert limits.tile_for(100, 100) is None
    assert limits.tile_for(400, 300) == 128
    with pytest.raises(
        DataError, match="4000x3000 pixels takes .* tiles of 128"
    ) as error:
        limits.tile_for(3000, 4000)
    assert "more than the limit of 20 MB; raise --memory_limit_mb" in str(error.value)


def test_a_pass_may_have_a_limit_of_pixels():
    limits = PassLimits(1.0, 10**9, max_pixels=40_000)
    assert limits.tile_for(200, 200) is None
    assert limits.tile_for(200, 201) == 192
    assert limits.tile_for(100, 400) is None
    assert "more than the 40000 that the model takes" in limits.obstacle(200, 201)
    height, width = limits.largest_size(400, 400)
    assert height == width == 200


def test_without_a_limit_it_is_half_of_the_free_memory(monkeypatch):
    monkeypatch.setattr(pass_limits, "available_bytes", lambda: 7_000_000)
    assert PassLimits.of(10.0).memory == 3_500_000
    assert PassLimits.of(10.0, 2).memory == 2 << 20


def test_the_estimate_grows_with_the_width():
    narrow, wide = (
        Translator(as_gan(TranslationGenerator(width=width, num_blocks=1))).limits
        for width in (2, 8)
    )
    assert wide.bytes_per_pixel == 4 * narrow.bytes_per_pixel


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (np.zeros((1, 16, 16, 1), np.uint8), r"uint8 \[N, H, W, 3\].*16, 16, 1"),
        (np.zeros((1, 16, 16, 3), np.float32), r"uint8.*Received: float32"),
        (np.zeros((16, 16, 3), np.uint8), r"\[N, H, W, 3\]"),
        (np.zeros((0, 16, 16, 3), np.uint8), r"\[0, 16, 16, 3\]"),
        (np.zeros((1, 16, 4, 3), np.uint8), "5 pixels or more.*16x4"),
    ],
)
def test_what_are_no_pictures_is_refused(gan, images, words):
    with pytest.raises(ValueError, match=words):
        Translator(gan)(images)


@pytest.mark.parametrize("tile", [30, 8, 0])
def test_a_tile_that_cannot_be_is_refused(gan, tile):
    with pytest.raises(
        ValueError, match=f"multiple of 4, 16 or more. Received: {tile}"
    ):
        Translator(gan, tile=tile)
