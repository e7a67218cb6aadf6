"""The same global batch gives the same losses and gradients on two replicas."""

import numpy as np
import tensorflow as tf
from regularizers import toy

from tfgan_contra.layers import BatchNormalization
from tfgan_contra.regularizers import LeCam, configs

CONFIGS = (
    configs.ConsistencyConfig(),
    configs.BalancedConsistencyConfig(),
    configs.LatentConsistencyConfig(),
    configs.GradientPenaltyConfig(),
    configs.MaxGradientPenaltyConfig(),
    configs.DraganConfig(),
    configs.R1Config(),
    configs.LeCamConfig(start_step=2),
    # One image of all; one of each replica would give another mean.
    configs.TopKConfig(gamma=0.25, nu=0.2, epoch_steps=3),
)


class NormalizedToy(toy.ToyGAN):
    """A toy whose discriminator mixes the images of a batch."""

    def __init__(self):
        super().__init__()
        self.norm = BatchNormalization()
        self.norm.build((None, *toy.SPEC.image_shape))

    def discriminate(self, images, labels=None, training=False):
        return super().discriminate(self.norm(images, training=True), labels, True)


def made():
    """Returns the toy with all regularisers, in the fourth step."""
    gan = NormalizedToy()
    regularizers = tuple(config.build() for config in CONFIGS)
    for regularizer in regularizers:
        regularizer.build(gan)
    gan.step.assign(3)
    return gan, regularizers


def step(gan, regularizers, images, labels, latents):
    """Returns all losses and the gradient of their sum, as the variants take it."""
    variables = [v.value for v in (*gan.d_variables, gan.weights)]
    with tf.GradientTape() as tape:
        on_d = toy.discriminator_pass(gan, images, labels, latents)
        on_g = toy.generator_pass(gan, labels, latents)
        losses, logits = {}, on_g.on_fake["logits"]
        for regularizer in regularizers:
            losses |= regularizer.discriminator_losses(gan, on_d, toy.KEY)
            losses |= regularizer.generator_losses(gan, on_g, toy.KEY)
            logits = regularizer.generator_logits(gan, logits)
        losses["g_adversarial"] = -tf.reduce_mean(logits)
        total = tf.add_n(list(losses.values()))
    gradients = tape.gradient(total, variables, unconnected_gradients="zero")
    return losses, [tf.convert_to_tensor(gradient) for gradient in gradients]


def test_two_replicas_equal_one(two_replicas):
    arrays = toy.batch()
    expected, gradients = step(*made(), *arrays)
    with two_replicas.scope():
        gan, regularizers = made()

    def own(context):
        rows = slice(2 * context.replica_id_in_sync_group, None)
        return tuple(tf.constant(array[rows][:2]) for array in arrays)

    data = two_replicas.experimental_distribute_values_from_function(own)

    @tf.function(autograph=False)
    def distributed(data):
        return two_replicas.run(lambda d: step(gan, regularizers, *d), args=(data,))

    losses, on_replicas = distributed(data)
    local = two_replicas.experimental_local_results
    assert set(losses) == set(expected)
    for name, value in expected.items():
        assert abs(float(value)) > 1e-6, name
        mean = np.mean([float(copy) for copy in local(losses[name])])
        np.testing.assert_allclose(mean, value, rtol=1e-5, err_msg=name)
    for ours, gradient in zip(on_replicas, gradients, strict=True):
        mean = np.mean([np.array(copy) for copy in local(ours)], axis=0)
        np.testing.assert_allclose(mean, gradient, rtol=1e-4, atol=1e-5)
    (lecam,) = (item for item in regularizers if isinstance(item, LeCam))
    for average in (lecam.real_average, lecam.fake_average):
        first, second = (float(copy) for copy in average.value.values)
        assert first == second != 0.0
