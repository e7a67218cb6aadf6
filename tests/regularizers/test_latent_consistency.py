import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from regularizers import toy

from tfgan_contra import random
from tfgan_contra.regularizers import LatentConsistency


def neighbours(gan, labels, latents, noise):
    moved = latents + noise * random.normal(toy.KEY, len(latents), toy.LATENT_DIM)
    inputs = [moved, labels] if gan.spec.num_classes else moved
    return gan.generator(inputs, training=True)


@pytest.mark.parametrize("num_classes", [3, 0])
def test_outputs_are_compared_for_d_and_images_for_g(num_classes):
    gan = toy.ToyGAN(dataclasses.replace(toy.SPEC, num_classes=num_classes))
    images, labels, latents = toy.batch()
    regularizer = LatentConsistency(noise=0.2)
    near = neighbours(gan, labels, latents, 0.2)

    seen = toy.discriminator_pass(gan, images, labels, latents)
    losses = regularizer.discriminator_losses(gan, seen, toy.KEY)
    assert gan.calls[-1] == {"training": True, "track": False}
    judged = gan.discriminate(near, training=True)
    expected = sum(
        np.mean((np.array(seen.on_fake[name]) - np.array(judged[name])) ** 2)
        for name in ("logits", "embeddings")
    )
    np.testing.assert_allclose(losses["d_latent_consistency"], expected, rtol=1e-5)

    seen = toy.generator_pass(gan, labels, latents)
    losses = regularizer.generator_losses(gan, seen, toy.KEY)
    assert gan.calls[-1] == {"training": True, "track": False}
    expected = -np.mean((np.array(seen.fake.images) - np.array(near)) ** 2)
    np.testing.assert_allclose(losses["g_latent_consistency"], expected, rtol=1e-5)


def test_the_generator_is_rewarded_for_pictures_that_differ():
    gan, (_, labels, latents) = toy.ToyGAN(), toy.batch()
    with tf.GradientTape() as tape:
        seen = toy.generator_pass(gan, labels, latents)
        losses = LatentConsistency().generator_losses(gan, seen, toy.KEY)
    loss = losses["g_latent_consistency"]
    gradient = tape.gradient(loss, gan.weights.value)
    gan.weights.assign(gan.weights - gradient)
    seen = toy.generator_pass(gan, labels, latents)
    after = LatentConsistency().generator_losses(gan, seen, toy.KEY)
    assert float(after["g_latent_consistency"]) < float(loss) < 0
