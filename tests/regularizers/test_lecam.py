import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part, relative_error
from regularizers import toy

from tfgan_contra.regularizers import LeCam
from tfgan_contra.regularizers.lecam import lecam_penalty

ALL = load_golden("contragan/losses_adversarial.npz")
GOLDEN = part(ALL, "lecam/")


def built(**options):
    gan, regularizer = toy.ToyGAN(), LeCam(**options)
    regularizer.build(gan)
    return gan, regularizer


def seen_with(real, fake):
    """A D step in which all logits have one of two values."""
    seen = toy.discriminator_pass(toy.ToyGAN(), *toy.batch())
    return seen._replace(
        on_real={"logits": tf.fill([4], tf.cast(real, tf.float32))},
        on_fake={"logits": tf.fill([4], tf.cast(fake, tf.float32))},
    )


def test_value_and_gradients_equal_the_authors():
    real, fake = tf.constant(ALL["real_logits"]), tf.constant(ALL["fake_logits"])
    averages = [tf.constant(GOLDEN[f"ema_{n}"], tf.float32) for n in ("real", "fake")]
    with tf.GradientTape() as tape:
        tape.watch([real, fake])
        penalty = lecam_penalty(real, fake, *averages)
    gradients = tape.gradient(penalty, [real, fake])
    assert relative_error(penalty, GOLDEN["reg_before_lambda"]) < 1e-5
    for gradient, name in zip(gradients, ("grad_real", "grad_fake"), strict=True):
        assert relative_error(gradient, GOLDEN[name]) < 1e-4


def test_averages_follow_the_authors_trace_and_the_loss_starts_after_them():
    gan, regularizer = built(decay=0.99, start_step=3)
    trace = GOLDEN["ema_trace__iter_meanreal_meanfake_emareal_emafake"]
    for step, real, fake, average_real, average_fake in trace:
        gan.step.assign(int(step))
        losses = regularizer.discriminator_losses(gan, seen_with(real, fake), toy.KEY)
        np.testing.assert_allclose(regularizer.real_average, average_real, rtol=1e-5)
        np.testing.assert_allclose(regularizer.fake_average, average_fake, rtol=1e-5)
        above, below = real - average_fake, average_real - fake
        expected = above**2 + below**2 if step > 3 else 0.0
        assert float(losses["d_lecam"]) == pytest.approx(expected, rel=1e-5)


def test_a_start_at_step_0_begins_with_the_first_means():
    gan, regularizer = built(start_step=0)
    regularizer.discriminator_losses(gan, seen_with(2.0, -3.0), toy.KEY)
    assert float(regularizer.real_average) == 2.0
    assert float(regularizer.fake_average) == -3.0
