import numpy as np
import tensorflow as tf
from golden_files import load_golden, part
from loss_checks import assert_finite, assert_gradient, value_and_gradients

from tfgan_contra import distribution
from tfgan_contra.losses import feature_matching_loss

GOLDEN = part(load_golden("contragan/losses_adversarial.npz"), "feature_matching/")
REAL, FAKE = GOLDEN["real_h"], GOLDEN["fake_h"]


def test_value_and_gradients_equal_the_authors():
    value, gradients = value_and_gradients(feature_matching_loss, REAL, FAKE)
    np.testing.assert_allclose(value, GOLDEN["loss"], rtol=1e-5)
    assert not np.any(gradients[0])
    assert_gradient(gradients[1], GOLDEN["grad_fake_h"])


def test_feature_maps_count_place_by_place():
    real, fake = REAL.reshape(12, 2, 2, 4), FAKE.reshape(12, 2, 2, 4)
    np.testing.assert_allclose(
        feature_matching_loss(real, fake), GOLDEN["loss"], rtol=1e-5
    )


def test_global_means_give_the_loss_of_the_whole_batch(two_replicas):
    @tf.function
    def run():
        return two_replicas.run(on_replica)

    def on_replica():
        rows = 6 * distribution.replica_id() + tf.range(6)
        means = [
            distribution.all_reduce_mean(tf.reduce_mean(tf.gather(x, rows), axis=0))
            for x in (REAL, FAKE)
        ]
        return feature_matching_loss(means[0][None], means[1][None])

    for value in two_replicas.experimental_local_results(run()):
        np.testing.assert_allclose(value, GOLDEN["loss"], rtol=1e-5)


def test_finite_for_extreme_inputs():
    assert_finite(feature_matching_loss, REAL * np.float32(1e30), FAKE)
    assert_finite(feature_matching_loss, FAKE, FAKE)
