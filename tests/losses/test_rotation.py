import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden

from tfgan_contra.losses import rotate_images


def random_images(side=5, count=8):
    shape = (count, side, side, 3)
    return np.random.default_rng(4).standard_normal(shape).astype(np.float32)


def test_directions_equal_a_published_pytorch_version():
    golden = load_golden("ssgan_infomax_dual/rotation_directions_4x4.npz")
    images = np.stack([golden["image_hwc"]] * 4)
    expected = np.stack([golden[f"rot{angle}_hwc"] for angle in (0, 90, 180, 270)])
    np.testing.assert_array_equal(rotate_images(images, golden["labels"]), expected)


def test_directions_equal_the_authors():
    golden = load_golden("ssgan_infomax_dual/rotation_compare_gan_rotate_images.npz")
    images = np.concatenate([golden["images_nhwc"]] * 4)
    turned = rotate_images(images, np.repeat(np.arange(4), 2))
    np.testing.assert_array_equal(turned, golden["rot_0_1_2_3_concatenated_nhwc"])


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
@pytest.mark.parametrize("side", [1, 4, 5])
def test_every_image_turns_by_its_own_label(side, dtype):
    images = (random_images(side) * 50).astype(dtype)
    labels = np.array([3, 0, 2, 1, 1, 3, 0, 2])
    turned = rotate_images(images, labels)
    assert turned.dtype == dtype
    for image, label, ours in zip(images, labels, turned, strict=True):
        np.testing.assert_array_equal(ours, np.rot90(image, label))


def test_labels_count_modulo_four():
    images = random_images()
    labels = np.array([4, 5, 6, 7, -1, -2, -3, -4])
    np.testing.assert_array_equal(
        rotate_images(images, labels), rotate_images(images, labels % 4)
    )


def test_gradient_is_turned_back():
    images, upstream = tf.constant(random_images()), random_images()[::-1]
    labels = np.arange(8) % 4
    with tf.GradientTape() as tape:
        tape.watch(images)
        score = tf.reduce_sum(rotate_images(images, labels) * upstream)
    expected = rotate_images(upstream, -labels)
    np.testing.assert_array_equal(tape.gradient(score, images), expected)


def test_compiles_with_xla_for_any_number_of_images():
    signature = [
        tf.TensorSpec([None, 5, 5, 3], tf.float32),
        tf.TensorSpec([None], tf.int32),
    ]
    compiled = tf.function(
        rotate_images, input_signature=signature, jit_compile=True, autograph=False
    )
    images, labels = random_images(), np.arange(8, dtype=np.int32) % 4
    for count in (8, 3):
        np.testing.assert_array_equal(
            compiled(images[:count], labels[:count]),
            rotate_images(images[:count], labels[:count]),
        )


@pytest.mark.parametrize("shape", [(2, 4, 6, 3), (4, 4, 3)])
def test_images_that_cannot_turn_are_named(shape):
    with pytest.raises(ValueError, match=r"must be \[B, S, S, C\]. Received: \("):
        rotate_images(np.zeros(shape, np.float32), [0, 1])
