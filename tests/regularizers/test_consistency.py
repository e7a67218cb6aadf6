import numpy as np
import tensorflow as tf
from golden_files import load_golden
from regularizers import toy

from tfgan_contra import random
from tfgan_contra.regularizers import BalancedConsistency, ConsistencyRegularization
from tfgan_contra.regularizers.consistency import flip_and_shift

GOLDEN = load_golden("contragan/augmentations.npz")


def distance(before, after):
    return sum(
        np.mean((np.array(before[name]) - np.array(after[name])) ** 2)
        for name in ("logits", "embeddings")
    )


def test_flip_equals_the_authors():
    images = GOLDEN["images_nhwc"]
    draws = np.full((len(images), 3), 0.5, np.float32)  # No shift.
    draws[:, 0] = 0.0
    flipped = flip_and_shift(tf.constant(images), tf.constant(draws))
    np.testing.assert_array_equal(flipped, GOLDEN["cr_flip_nhwc"])


def test_loss_is_the_mean_square_of_the_outputs_differences():
    gan, (images, *rest) = toy.ToyGAN(), toy.batch()
    seen = toy.discriminator_pass(gan, images, *rest)
    losses = ConsistencyRegularization().discriminator_losses(gan, seen, toy.KEY)
    copies = flip_and_shift(images, random.uniform(toy.KEY, len(images), 3))
    assert np.abs(copies - images).max() > 0.1
    on_copies = gan.discriminate(copies, training=True)
    expected = distance(seen.on_real, on_copies)
    assert set(losses) == {"d_consistency"}
    np.testing.assert_allclose(losses["d_consistency"], expected, rtol=1e-5)


def test_balanced_form_changes_real_and_fake_images_apart():
    gan, (images, *rest) = toy.ToyGAN(), toy.batch()
    seen = toy.discriminator_pass(gan, images, *rest)
    regularizer = BalancedConsistency(real_weight=2.0, fake_weight=3.0)
    losses = regularizer.discriminator_losses(gan, seen, toy.KEY)
    draws = np.array(random.uniform(toy.KEY, len(images), 6))
    for name, originals, outputs, columns in (
        ("real", images, seen.on_real, draws[:, :3]),
        ("fake", seen.fake.images, seen.on_fake, draws[:, 3:]),
    ):
        copies = flip_and_shift(tf.constant(originals), tf.constant(columns))
        on_copies = gan.discriminate(copies, training=True)
        loss = losses[f"d_consistency_{name}"]
        np.testing.assert_allclose(loss, distance(outputs, on_copies), rtol=1e-5)
    assert regularizer.weights == {"d_consistency_real": 2.0, "d_consistency_fake": 3.0}
