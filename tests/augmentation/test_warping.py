import colorsys

import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden

from tfgan_contra.augmentation import warping

IMAGES = load_golden("contragan/augmentations.npz")["images_nhwc"]
HEIGHT, WIDTH = IMAGES.shape[1:3]


def column(value):
    return tf.fill([len(IMAGES)], value)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (warping.mirroring(column(True)), IMAGES[:, :, ::-1]),
        (warping.rotation(column(np.pi / 2)), np.rot90(IMAGES, 1, (1, 2))),
        (warping.rotation(column(np.pi)), np.rot90(IMAGES, 2, (1, 2))),
        (
            warping.translation(column(3.0), column(-2.0)),
            np.pad(IMAGES, ((0, 0), (0, 2), (3, 0), (0, 0)), "reflect")[:, 2:, :-3],
        ),
        (
            warping.translation(column(0.5), column(0.0)),
            0.5
            * (
                IMAGES
                + np.pad(IMAGES, ((0, 0), (0, 0), (1, 0), (0, 0)), "reflect")[:, :, :-1]
            ),
        ),
    ],
    ids=["mirror", "quarter_turn", "half_turn", "shift", "half_a_pixel"],
)
def test_warps_equal_numpys(matrix, expected):
    np.testing.assert_allclose(warping.warp(IMAGES, matrix), expected, atol=2e-5)


def test_scaling_magnifies_around_the_centre():
    ramp = np.linspace(-1, 1, WIDTH, dtype=np.float32)
    images = tf.constant(np.tile(ramp[None, None, :, None], (1, HEIGHT, 1, 1)))
    larger = warping.warp(images, warping.scaling(tf.fill([1], 2.0), tf.fill([1], 1.0)))
    np.testing.assert_allclose(larger[0, 0, :, 0], ramp / 2, atol=1e-6)


def test_far_beyond_the_border_the_image_goes_on_mirrored():
    shift = 2.0 * (WIDTH - 1)
    matrix = warping.translation(column(shift), column(-shift))
    np.testing.assert_allclose(warping.warp(IMAGES, matrix), IMAGES, atol=1e-6)


def test_a_product_does_the_first_factor_first():
    first = warping.rotation(column(np.pi / 2))
    second = warping.translation(column(3.0), column(1.0))
    at_once = warping.warp(IMAGES, warping.product(first, second))
    one_by_one = warping.warp(warping.warp(IMAGES, first), second)
    np.testing.assert_allclose(at_once, one_by_one, atol=2e-5)


def test_where_leaves_the_others_exactly_as_they_are():
    chosen = tf.constant([True, False, True, False, False])
    matrix = warping.where(chosen, warping.rotation(column(0.3)))
    warped = warping.warp(IMAGES, matrix)
    np.testing.assert_array_equal(warped[1], IMAGES[1])
    assert np.abs(warped[0] - IMAGES[0]).max() > 0.1


def recoloured(matrix):
    return np.array(warping.recolour(IMAGES, matrix))


def luma(images):
    return images.mean(axis=-1)


def test_luma_flip_reverses_brightness_only():
    flip = tf.tile(warping.luma_flip()[None], [len(IMAGES), 1, 1])
    flipped = recoloured(flip)
    np.testing.assert_allclose(luma(flipped), -luma(IMAGES), atol=1e-6)
    chroma = IMAGES - luma(IMAGES)[..., None]
    np.testing.assert_allclose(flipped - luma(flipped)[..., None], chroma, atol=1e-6)


def test_saturation_0_is_gray_and_1_changes_nothing():
    gray = recoloured(warping.saturation(column(0.0)))
    np.testing.assert_allclose(
        gray, np.repeat(luma(IMAGES)[..., None], 3, -1), atol=1e-6
    )
    np.testing.assert_allclose(
        recoloured(warping.saturation(column(1.0))), IMAGES, atol=1e-6
    )


def test_a_third_of_the_hue_circle_turns_red_into_green_into_blue():
    turned = recoloured(warping.hue_rotation(column(2 * np.pi / 3)))
    np.testing.assert_allclose(turned, np.roll(IMAGES, 1, axis=-1), atol=1e-6)
    hue = colorsys.rgb_to_hsv(
        *warping.hue_rotation(tf.constant([0.5]))[0, :, 0].numpy()
    )
    assert 0 < hue[0] < 1 / 3


def test_gray_images_stay_gray():
    flip = tf.tile(warping.luma_flip()[None], [len(IMAGES), 1, 1])
    matrices = warping.product(2.0 * flip, warping.hue_rotation(column(1.0)))
    images = tf.constant(IMAGES[..., :1])
    np.testing.assert_allclose(
        warping.recolour(images, matrices), -2.0 * images, atol=1e-5
    )
