"""The adversarial losses of CUT's configs against the authors' of four kinds.

Theirs is of one prediction and its target; ours of a pair, so the other is put where it
costs nothing. Where ours is the half of a sum, so is theirs in D's step.
"""

import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden
from loss_checks import assert_gradient, value_and_gradients

from tfgan_contra import losses

GOLDEN = load_golden("cut/gan_losses.npz")
PREDICTION = GOLDEN["prediction_nhwc"]
# Their mode, our name, logits that cost nothing if real and if fake, our factor.
KINDS = (
    ("lsgan", "least_squares", 1.0, 0.0, 0.5),
    ("vanilla", "logistic", 80.0, -80.0, 1.0),
    ("nonsaturating", "logistic", 80.0, -80.0, 1.0),
    ("wgangp", "wasserstein", 0.0, 0.0, 1.0),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind[0])
def test_values_and_gradients_equal_the_authors(kind):
    mode, name, free_real, free_fake, factor = kind
    of_discriminator = getattr(losses, f"{name}_discriminator_loss")
    of_generator = getattr(losses, f"{name}_generator_loss")

    def check(loss, target):
        value, (gradient,) = value_and_gradients(loss, PREDICTION)
        theirs = factor * np.mean(GOLDEN[f"{mode}_target_{target}_loss"])
        np.testing.assert_allclose(value, theirs, rtol=1e-5)
        slope = GOLDEN[f"{mode}_target_{target}_grad_of_mean_nhwc"]
        assert_gradient(gradient, factor * slope)

    def constant(value):
        return tf.fill(PREDICTION.shape, value)

    check(lambda p: of_discriminator(p, constant(free_fake)), "real")
    check(lambda p: of_discriminator(constant(free_real), p), "fake")
    check(of_generator, "real")
