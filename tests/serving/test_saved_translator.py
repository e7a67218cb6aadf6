"""Translations from an export alone."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfgan_contra.errors import UsageError
from tfgan_contra.models.translator import bytes_per_pixel
from tfgan_contra.networks.translation_sizes import translate_any_size
from tfgan_contra.serving.base import to_uint8
from tfgan_contra.serving.saved_translator import SavedTranslator
from tfgan_contra.training.translation import translate_to_folder


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(0).integers(0, 256, (2, 37, 50, 3), np.uint8)


def test_it_gives_the_models_translations(translator_dir, translator, pixels):
    made = SavedTranslator(translator_dir)(pixels)
    images = tf.cast(pixels, tf.float32) / 127.5 - 1.0
    expected = to_uint8(translate_any_size(translator(), images)).numpy()
    assert np.abs(made.astype(int) - expected).max() <= 1


def test_limits_are_read_from_the_export(translator_dir):
    limits = SavedTranslator(translator_dir).limits
    assert limits.bytes_per_pixel == bytes_per_pixel(4)
    assert limits.max_pixels == 1 << 21
    assert limits.tile_for(1200, 2000) is not None


def test_large_pictures_go_through_in_tiles(translator_dir):
    said = []
    translator = SavedTranslator(translator_dir, memory_limit_mb=8, say=said.append)
    picture = np.random.default_rng(0).integers(0, 256, (1, 200, 230, 3), np.uint8)
    assert translator(picture).shape == (1, 200, 230, 3)
    assert "each normalised by its own statistics, so colours may drift" in said[0]


def test_one_made_elsewhere_needs_no_facts(tmp_path):
    """A signature on uint8 pictures is all that it takes."""
    taken = tf.TensorSpec([None, None, None, 3], tf.uint8, "images")
    module = tf.Module()
    module.negative = tf.function(
        lambda images: {"images": 255 - images[..., :1]}, input_signature=[taken]
    )
    folder = str(tmp_path / "1")
    tf.saved_model.save(module, folder, signatures=module.negative)
    translator = SavedTranslator(str(tmp_path))
    assert (translator.channels, translator.out_channels) == (3, 1)
    assert translator.limits.bytes_per_pixel == bytes_per_pixel(64)
    picture = np.full((1, 9, 8, 3), 55, np.uint8)
    assert (translator(picture) == 200).all()


def test_the_command_takes_an_export_in_place_of_a_run(
    translator_dir, translator, pixels, tmp_path
):
    Image.fromarray(pixels[0]).save(tmp_path / "a.bmp")
    out = tmp_path / "out"
    count = translate_to_folder(None, tmp_path / "a.bmp", out, model_dir=translator_dir)
    assert count == 1
    expected = SavedTranslator(translator_dir)(pixels[:1])[0]
    with Image.open(out / "a.png") as made:
        np.testing.assert_array_equal(np.array(made), expected)


def test_an_export_of_another_kind_is_refused(model_dir, tmp_path):
    with pytest.raises(UsageError, match="takes .*seeds.*ask it with export/request"):
        SavedTranslator(model_dir)
    with pytest.raises(UsageError, match="must hold a SavedModel or numbered"):
        SavedTranslator(str(tmp_path))
    (tmp_path / "saved_model.pb").write_bytes(b"no graph")
    with pytest.raises(UsageError, match="cannot be loaded .*; export it again"):
        SavedTranslator(str(tmp_path))
