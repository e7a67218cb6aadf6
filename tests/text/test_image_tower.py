"""The image network: sizes, seeds, gradients to images, precision."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra.text import ImageTower


@pytest.mark.parametrize(
    ("size", "channels", "regions"),
    [(16, 3, 16), (32, 1, 64), (48, 3, 36), (64, 3, 64), (256, 3, 64)],
)
def test_takes_every_size(size, channels, regions):
    tower = ImageTower(image_size=size, channels=channels, dim=12, width=8)
    out = tower(np.zeros((2, size, size, channels), np.float32))
    assert out["regions"].shape == (2, regions, 12)
    assert out["embeddings"].shape == (2, 12)
    assert out["regions"].dtype == out["embeddings"].dtype == tf.float32


def test_size_seeds_and_config():
    assert ImageTower(image_size=32).count_params() == 261_472
    images = np.random.default_rng(0).uniform(-1, 1, (2, 16, 16, 3)).astype(np.float32)
    tower = ImageTower(image_size=16, dim=4, width=8, seed=1)
    out = tower(images)["embeddings"].numpy()
    again = ImageTower.from_config(tower.get_config())(images)["embeddings"].numpy()
    other = ImageTower(image_size=16, dim=4, width=8, seed=2)(images)["embeddings"]
    np.testing.assert_array_equal(out, again)
    assert np.abs(out - other).max() > 0.01
    paths = [v.path for v in tower.variables]
    assert len(set(paths)) == len(paths)


def test_frozen_it_still_lets_gradients_through_to_the_images():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        tower = ImageTower(image_size=16, dim=4, width=8)
    finally:
        keras.config.set_dtype_policy("float32")
    tower.trainable = False
    assert tower.trainable_variables == []
    random = np.random.default_rng(1)
    images = tf.constant(random.uniform(-1, 1, (2, 16, 16, 3)), tf.float32)
    direction = random.normal(size=images.shape).astype(np.float32)

    def score(x):
        return tf.reduce_sum(tower(x)["embeddings"])

    with tf.GradientTape() as tape:
        tape.watch(images)
        value = score(images)
    slope = tf.reduce_sum(tape.gradient(value, images) * direction)
    step = 1e-3
    numeric = (score(images + step * direction) - score(images - step * direction)) / (
        2 * step
    )
    assert float(slope) == pytest.approx(float(numeric), rel=0.02, abs=0.02)
    half = tower(tf.cast(images, tf.bfloat16))["embeddings"]
    assert half.dtype == tf.float32


def test_other_sizes_are_refused():
    with pytest.raises(ValueError, match="16 or more .* Received: 8 and 32"):
        ImageTower(image_size=8)
    with pytest.raises(ValueError, match="width 1 or more. Received: 32 and 0"):
        ImageTower(image_size=32, width=0)
