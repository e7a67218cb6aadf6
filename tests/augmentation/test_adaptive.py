import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden

from tfgan_contra import distribution, random
from tfgan_contra.augmentation import (
    AdaptiveAugment,
    AdaptiveAugmentConfig,
    adaptive,
)
from tfgan_contra.config import from_json, to_json
from tfgan_contra.errors import ConfigError

IMAGES = load_golden("contragan/augmentations.npz")["images_nhwc"]
KEY = tf.constant([1, 2], tf.int64)


class ToyGAN:
    """What the controller asks of a variant."""

    def __init__(self, d_steps=1, accumulation=1):
        self.config = types.SimpleNamespace(d_steps=d_steps, accumulation=accumulation)

    def add_weight(self, name, shape, initializer, trainable, autocast):
        return keras.Variable(0.0, name=name, trainable=trainable)


def built(probability=0.0, gan=None, **options):
    augmentation = AdaptiveAugment(**options)
    augmentation.build(gan or ToyGAN())
    augmentation.probability.assign(probability)
    return augmentation


def all_draws(rows=64):
    return random.uniform(KEY, rows, adaptive.NUM_DRAWS)


@pytest.mark.parametrize("channels", [1, 3])
def test_at_probability_0_images_stay_exactly_as_they_are(channels):
    images = IMAGES[..., :channels]
    np.testing.assert_array_equal(built()(tf.constant(images), KEY), images)


@pytest.mark.parametrize("pipeline", ["b", "g", "c"])
def test_at_probability_1_every_image_changes_in_its_own_way(pipeline):
    images = tf.constant(np.tile(IMAGES[:1], (64, 1, 1, 1)))
    changed = adaptive.augment(images, all_draws(), 1.0, pipeline)
    assert np.isfinite(changed).all()
    moved = np.abs(changed - images).max(axis=(1, 2, 3)) > 0.01
    # A quarter turn of zero, no flip and no shift happen together once in many images.
    assert moved.mean() > 0.95
    assert np.abs(changed[0] - changed[1]).max() > 0.01


def test_half_the_probability_leaves_more_images_alone():
    images = tf.constant(np.tile(IMAGES[:1], (64, 1, 1, 1)))
    shares = []
    for probability in (0.05, 0.2, 0.8):
        changed = adaptive.augment(images, all_draws(), probability, "g")
        shares.append(np.mean(np.abs(changed - images).max(axis=(1, 2, 3)) > 1e-6))
    # Three transformations of probability p, and two that share one p.
    expected = [1.0 - (1.0 - p) ** 4 for p in (0.05, 0.2, 0.8)]
    np.testing.assert_allclose(shares, expected, atol=0.12)


def test_blitting_moves_pixels_without_blurring_them():
    images = tf.constant(np.tile(IMAGES[:1], (64, 1, 1, 1)))
    changed = np.array(adaptive.augment(images, all_draws(), 1.0, "b"))
    values = IMAGES[0].reshape(-1, 3)
    for pixel in changed[:, ::5, ::5].reshape(-1, 3):
        assert np.abs(values - pixel).max(axis=1).min() < 1e-3


def test_gradients_pass_and_are_right():
    """Every transformation is linear in the image, but for the added brightness."""
    augmentation = built(probability=0.7)
    images = tf.constant(IMAGES)
    direction = tf.constant(
        np.random.default_rng(0).standard_normal(IMAGES.shape).astype(np.float32)
    )
    with tf.GradientTape() as tape:
        tape.watch(images)
        score = tf.reduce_sum(augmentation(images, KEY) * direction)
    slope = tf.reduce_sum(tape.gradient(score, images) * images)
    black = tf.reduce_sum(augmentation(tf.zeros_like(images), KEY) * direction)
    np.testing.assert_allclose(slope, score - black, rtol=1e-4)


def test_the_probability_follows_the_signs_of_real_logits():
    augmentation = built(target=0.5, speed_kimg=1.0, every=2)
    sure, unsure = tf.ones(100), tf.constant([1.0, -1.0] * 50)
    for logits, expected in (
        (sure, 0.0),  # Not yet: every second step.
        (sure, 0.2),  # 200 of 1000 images.
        (sure, 0.2),
        (unsure, 0.2 + 0.0),  # A mean of 0.5 is on target.
        (unsure, 0.2),
        (unsure, 0.0),
        (unsure, 0.0),
        (unsure, 0.0),  # It stays at 0.
    ):
        augmentation.observe(ToyGAN(), logits)
        np.testing.assert_allclose(augmentation.probability, expected, atol=1e-6)


def test_the_probability_ends_at_1():
    augmentation = built(probability=0.95, speed_kimg=0.1, every=1)
    augmentation.observe(ToyGAN(), tf.ones(20))
    assert float(augmentation.probability) == 1.0


def test_a_step_is_all_its_updates_and_micro_batches():
    gan = ToyGAN(d_steps=2, accumulation=3)
    augmentation = built(gan=gan, speed_kimg=1.0, every=1)
    for _ in range(5):
        augmentation.observe(gan, tf.ones(10))
        assert float(augmentation.probability) == 0.0
    augmentation.observe(gan, tf.ones(10))
    np.testing.assert_allclose(augmentation.probability, 0.06)


def test_two_replicas_equal_one(two_replicas):
    images = tf.constant(IMAGES[:4])
    logits = tf.constant([1.0, 1.0, -1.0, 1.0])
    one = built(probability=0.5, speed_kimg=0.02, target=0.4, every=1)
    expected = one(images, KEY)
    one.observe(ToyGAN(), logits)
    with two_replicas.scope():
        two = built(probability=0.5, speed_kimg=0.02, target=0.4, every=1)

    def step():
        rows = distribution.replica_id() * 2
        changed = two(images[rows : rows + 2], KEY)
        two.observe(ToyGAN(), logits[rows : rows + 2])
        return changed

    parts = tf.function(lambda: two_replicas.run(step), autograph=False)()
    rows = np.concatenate(two_replicas.experimental_local_results(parts))
    # A rounding of a position counts as often as neighbouring pixels differ.
    np.testing.assert_allclose(rows, expected, atol=1e-4)
    copies = [float(copy) for copy in two.probability.value.values]
    assert copies == [float(one.probability)] * 2 == pytest.approx([0.7] * 2)


def test_config_survives_json_and_builds_what_it_says():
    config = AdaptiveAugmentConfig(0.5, 100.0, 2, "bc")
    config.validate()
    assert from_json(to_json(config)) == config
    built = config.build()
    assert (built.target, built.speed_kimg) == (0.5, 100.0)
    assert (built.every, built.pipeline) == (2, "bc")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (AdaptiveAugmentConfig(target=1.0), "config.target must be in .-1, 1."),
        (AdaptiveAugmentConfig(speed_kimg=0.0), "config.speed_kimg must be above 0"),
        (AdaptiveAugmentConfig(every=0), "config.every must be 1 or more"),
        (AdaptiveAugmentConfig(pipeline="cb"), "config.pipeline must be one of b, g"),
    ],
)
def test_a_value_out_of_range_is_named(config, message):
    with pytest.raises(ConfigError, match=message):
        config.validate()
