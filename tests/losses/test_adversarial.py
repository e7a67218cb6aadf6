import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part, relative_error

from tfgan_contra import losses

NAMES = {
    "hinge": "hinge",
    "logistic": "logistic",
    "least_squares": "least_square",
    "wasserstein": "wasserstein",
}


@pytest.mark.parametrize("name", list(NAMES))
def test_values_and_gradients_equal_the_authors(name):
    golden = load_golden("contragan/losses_adversarial.npz")
    theirs = NAMES[name]
    real = tf.constant(golden["real_logits"], tf.float32)
    fake = tf.constant(golden["fake_logits"], tf.float32)
    pair = losses.ADVERSARIAL_LOSSES[name]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([real, fake])
        d_loss, g_loss = pair.discriminator(real, fake), pair.generator(fake)
    assert relative_error(d_loss, golden[f"{theirs}/d_loss"]) < 1e-5
    assert relative_error(g_loss, golden[f"{theirs}/g_loss"]) < 1e-5
    d_real, d_fake = tape.gradient(d_loss, [real, fake])
    assert relative_error(d_real, golden[f"{theirs}/d_grad_real"]) < 1e-4
    assert relative_error(d_fake, golden[f"{theirs}/d_grad_fake"]) < 1e-4
    g_fake = tape.gradient(g_loss, fake)
    assert relative_error(g_fake, golden[f"{theirs}/g_grad_fake"]) < 1e-4


def test_the_wrong_loss_of_2020_equals_the_authors():
    golden = part(
        load_golden("contragan/losses_pairwise_baselines.npz"), "vanilla_2020/"
    )
    real, fake = tf.constant(golden["real_logits"]), tf.constant(golden["fake_logits"])
    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        loss = losses.vanilla_2020_discriminator_loss(real, fake)
    assert relative_error(loss, golden["d_loss"]) < 1e-5
    on_real, on_fake = tape.gradient(loss, [real, fake])
    assert relative_error(on_real, golden["d_grad_real"]) < 1e-4
    assert relative_error(on_fake, golden["d_grad_fake"]) < 1e-4
    assert losses.vanilla_2020_discriminator_loss not in (
        pair.discriminator for pair in losses.ADVERSARIAL_LOSSES.values()
    )


@pytest.mark.parametrize("name", ["hinge", "logistic"])
def test_extreme_logits_stay_finite(name):
    extreme = tf.constant([-1e30, 1e30, -80.0, 0.0])
    pair = losses.ADVERSARIAL_LOSSES[name]
    with tf.GradientTape() as tape:
        tape.watch(extreme)
        loss = pair.discriminator(extreme, extreme) + pair.generator(extreme)
    assert np.isfinite(float(loss))
    assert np.all(np.isfinite(tape.gradient(loss, extreme)))


def test_patch_maps_and_low_precision_give_a_float32_mean():
    random = np.random.default_rng(0)
    logits = random.standard_normal((2, 4, 4, 1)).astype(np.float16)
    loss = losses.hinge_generator_loss(logits)
    assert loss.dtype == tf.float32
    np.testing.assert_allclose(loss, -logits.astype(np.float32).mean(), rtol=1e-5)
