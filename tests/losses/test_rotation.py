import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden
from loss_checks import assert_equals_twin, assert_gradient, value_and_gradients

from tfgan_contra.losses import (
    ROTATION_BATCHES,
    four_way_quarter,
    logistic_discriminator_loss,
    logistic_generator_loss,
    quarter_each,
    rotate_images,
    rotation_loss,
)

MIMICRY = load_golden("ssgan_infomax_dual/rotation_mimicry_n8_s8.npz")
AUTHORS = load_golden("ssgan_infomax_dual/rotation_compare_gan_bs8_rot8_ns.npz")


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


def test_quarter_each_equals_a_published_pytorch_version():
    batch = quarter_each(MIMICRY["images_nhwc"])
    np.testing.assert_array_equal(batch.images, MIMICRY["images_rotated_nhwc"])
    np.testing.assert_array_equal(batch.labels, MIMICRY["labels"])


@pytest.mark.parametrize(
    ("weight", "name"), [(1.0, "D_scale_1p0"), (0.2, "G_scale_0p2")]
)
def test_loss_through_a_turn_equals_a_published_pytorch_version(weight, name):
    kernel, bias = MIMICRY["head_kernel_hwc4"], MIMICRY["head_bias"]

    def loss(images):
        turned = quarter_each(images)
        logits = tf.einsum("nhwc,hwck->nk", turned.images, kernel) + bias
        return weight * rotation_loss(logits, turned.labels)

    value, (of_images,) = value_and_gradients(loss, MIMICRY["images_nhwc"])
    np.testing.assert_allclose(value, MIMICRY[f"ss_loss_{name}"], rtol=1e-5)
    assert_gradient(of_images, MIMICRY[f"grad_images_nhwc_{name}"])


def test_loss_and_its_slope_equal_a_published_pytorch_version():
    value, (of_logits,) = value_and_gradients(
        lambda logits: rotation_loss(logits, MIMICRY["labels"]), MIMICRY["class_logits"]
    )
    np.testing.assert_allclose(value, MIMICRY["ss_loss_D_scale_1p0"], rtol=1e-5)
    assert_gradient(of_logits, MIMICRY["grad_class_logits_unscaled"])


def authors_rows(images):
    """Batch and turned images, their adversarial and rotation logits, and labels."""
    turned = four_way_quarter(images)
    rows = tf.concat([images, turned.images], axis=0)
    flat = tf.reshape(rows, [len(rows), -1])
    features = tf.nn.relu(flat @ AUTHORS["stub_feature_kernel"])
    head = "var/discriminator_rotation/score_classify/"
    rotation = features @ AUTHORS[head + "kernel"] + AUTHORS[head + "bias"]
    upright = (features @ AUTHORS["stub_logit_kernel"])[: len(images)]
    return rows, upright, rotation[-len(turned.labels) :], turned.labels


def test_four_way_quarter_equals_the_authors():
    real, fake = AUTHORS["images_nhwc"], AUTHORS["generated_nhwc"]
    fed, per_half = AUTHORS["all_images_fed_to_D_nhwc"], int(AUTHORS["rows_per_half"])
    for images, half in ((real, fed[:per_half]), (fake, fed[per_half:])):
        rows, _, _, labels = authors_rows(images)
        np.testing.assert_array_equal(rows, half)
        np.testing.assert_array_equal(labels, AUTHORS["rotation_labels"])


def test_losses_of_a_four_way_step_equal_the_authors():
    real, fake = AUTHORS["images_nhwc"], AUTHORS["generated_nhwc"]

    def discriminator(real):
        _, on_real, rotation, labels = authors_rows(real)
        adversarial = logistic_discriminator_loss(on_real, authors_rows(fake)[1])
        return adversarial + rotation_loss(rotation, labels)

    def generator(fake):
        _, on_fake, rotation, labels = authors_rows(fake)
        adversarial = logistic_generator_loss(on_fake)
        return adversarial + 0.2 * rotation_loss(rotation, labels)

    value, (of_real,) = value_and_gradients(discriminator, real)
    np.testing.assert_allclose(value, AUTHORS["d_loss"], rtol=1e-5)
    assert_gradient(of_real, AUTHORS["grad_d_loss_wrt_images_nhwc"])
    value, (of_fake,) = value_and_gradients(generator, fake)
    np.testing.assert_allclose(value, AUTHORS["g_loss"], rtol=1e-5)
    assert_gradient(of_fake, AUTHORS["grad_g_loss_wrt_generated_nhwc"])
    for images, name in ((real, "real"), (fake, "fake")):
        _, _, rotation, labels = authors_rows(images)
        np.testing.assert_allclose(
            rotation_loss(rotation, labels), AUTHORS[f"rotation_loss_{name}"], rtol=1e-5
        )


def test_loss_equals_the_formula():
    labels = np.array([0, 3, 1, 2, 2])
    logits = 3.0 * np.random.default_rng(2).standard_normal((5, 4)).astype(np.float32)

    def twin(logits):
        logits = np.asarray(logits, np.float64)
        total = np.logaddexp.reduce(logits, axis=1)
        return (total - logits[np.arange(5), labels]).mean()

    assert_equals_twin(lambda x: rotation_loss(x, labels), twin, logits)
    # Where a probability vanishes the loss still has a slope.
    assert_equals_twin(lambda x: rotation_loss(x, labels), twin, logits * 60)


def test_an_indifferent_head_costs_the_log_of_four():
    loss = rotation_loss(tf.zeros([6, 4], tf.float16), [0, 1, 2, 3, 0, 1])
    assert loss.dtype == tf.float32
    np.testing.assert_allclose(loss, np.log(4), rtol=1e-6)


@pytest.mark.parametrize("num_turned", [None, 1, 3, 8])
def test_the_last_images_turn_in_all_directions(num_turned):
    images, turned = random_images(), num_turned or 2
    batch = four_way_quarter(images, num_turned=num_turned)
    assert batch.images.shape == (3 * turned, 5, 5, 3)
    rows = np.concatenate([images, batch.images])[-4 * turned :]
    labels = np.repeat(np.arange(4), turned)
    np.testing.assert_array_equal(batch.labels, labels)
    for row, label, image in zip(rows, labels, [*images[-turned:]] * 4, strict=True):
        np.testing.assert_array_equal(row, np.rot90(image, label))


@pytest.mark.parametrize("count", [1, 4, 10])
def test_quarters_of_any_batch(count):
    images = random_images(count=count)
    batch = quarter_each(images)
    expected = [4 * i // count for i in range(count)]
    np.testing.assert_array_equal(batch.labels, expected)
    for ours, image, label in zip(batch.images, images, expected, strict=True):
        np.testing.assert_array_equal(ours, np.rot90(image, label))


@pytest.mark.parametrize("name", ROTATION_BATCHES)
def test_batches_compile_with_xla(name):
    images = random_images()
    compiled = tf.function(ROTATION_BATCHES[name], jit_compile=True, autograph=False)
    for ours, expected in zip(
        compiled(images), ROTATION_BATCHES[name](images), strict=True
    ):
        np.testing.assert_array_equal(ours, expected)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="that 4 divides.*Received: 6"):
        four_way_quarter(random_images(count=6))
    with pytest.raises(ValueError, match="between 1 and the batch's 8.*Received: 9"):
        four_way_quarter(random_images(), num_turned=9)
    with pytest.raises(ValueError, match=r"must be \[N, 4\]. Received: \(5, 3\)"):
        rotation_loss(np.zeros((5, 3), np.float32), np.zeros(5))
