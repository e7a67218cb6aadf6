import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden

from tfgan_contra.augmentation import DiffAugment
from tfgan_contra.augmentation import diff_augment as functions

GOLDEN = load_golden("contragan/augmentations.npz")
IMAGES = GOLDEN["images_nhwc"]
KEY = tf.constant([1, 2], tf.int64)


@pytest.mark.parametrize("name", ["brightness", "saturation", "contrast"])
def test_colour_equals_the_authors(name):
    adjust = getattr(functions, f"adjust_{name}")
    ours = adjust(IMAGES, GOLDEN["uniform01_per_image"])
    np.testing.assert_allclose(ours, GOLDEN[f"diffaug_{name}_nhwc"], atol=1e-6)


@pytest.mark.parametrize(
    ("prefix", "padding", "result"),
    [
        ("diffaug", "zeros", "diffaug_translation_nhwc"),
        ("cr", "reflect", "cr_translation_reflect_nhwc"),
    ],
)
def test_translation_equals_the_authors(prefix, padding, result):
    shifts = GOLDEN[f"{prefix}_translation_shift_rows_then_columns"].T
    ours = functions.translate(IMAGES, shifts, padding)
    np.testing.assert_array_equal(ours, GOLDEN[result])


def test_cutout_equals_the_authors():
    offsets = GOLDEN["diffaug_cutout_offset_rows_then_columns"].T
    ours = functions.cut_out(IMAGES, offsets)
    np.testing.assert_array_equal(ours, GOLDEN["diffaug_cutout_nhwc"])


def test_shifts_reach_an_eighth_of_the_side_both_ways():
    draws = tf.constant([0.0, 0.5, 0.9999999])
    np.testing.assert_array_equal(functions.random_shifts(draws, 32), [-4, 0, 4])


def test_images_get_their_own_draws_and_gradients_pass():
    images = tf.constant(np.tile(IMAGES[:1], (4, 1, 1, 1)))
    augment = DiffAugment()
    with tf.GradientTape() as tape:
        tape.watch(images)
        changed = augment(images, KEY)
    assert np.abs(changed[0] - changed[1]).max() > 0.01
    assert np.abs(tape.gradient(changed, images)).max() > 0.1
    np.testing.assert_array_equal(changed, augment(images, KEY))


def test_unknown_policy_is_named():
    with pytest.raises(ValueError, match="color, translation, cutout"):
        DiffAugment(("colour",))
