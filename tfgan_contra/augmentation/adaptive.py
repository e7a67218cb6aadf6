"""Adaptive discriminator augmentation (ADA): as strong as overfitting asks for.

Source: Karras et al., "Training Generative Adversarial Networks with Limited Data",
NeurIPS 2020 (arXiv 2006.06676): the controller of section 3 and, of appendix B, pixel
blitting, general geometric and colour transformations with the paper's strengths.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import keras
import tensorflow as tf

from tfgan_contra import distribution, random
from tfgan_contra.augmentation import warping
from tfgan_contra.augmentation.base import Augmentation

# Largest whole shift, and deviation of the fractional one, as parts of the side.
LARGEST_SHIFT, SHIFT_DEVIATION = 0.125, 0.125
# Deviations of the binary logarithms of factors.
SCALE_DEVIATION, STRETCH_DEVIATION = 0.2, 0.2
CONTRAST_DEVIATION, SATURATION_DEVIATION = 0.5, 1.0
# Deviation of what is added to all pixels.
BRIGHTNESS_DEVIATION = 0.2

# Uniform draws per image, enough for all transformations.
NUM_DRAWS = 28
# Half the distance of two uniform draws: keeps them off 0, where no normal is.
HALF_STEP = 2.0**-24

Draws = Iterator[tf.Tensor]


class AdaptiveAugment(Augmentation):
    """Augments real and fake images with a probability that D's overfitting sets.

    Every `every` training steps the mean sign of D's logits on (augmented) real images
    since the last time, over all replicas, is compared with the target. Above it D is
    too sure and the probability p rises, below it falls, by the share of
    `speed_kimg` thousand images seen meanwhile. p starts at 0, where images are left
    exactly as they are, and stays in [0, 1].

    Deviation from the paper's code: images are interpolated linearly, without its
    wavelet filters against aliasing.

    Args:
        target: mean sign of the real logits that is aimed at.
        speed_kimg: thousands of images in which p could go from 0 to 1.
        every: training steps between adjustments.
        pipeline: which transformations: `b` pixel blitting, `g` general geometric,
            `c` colour.
    """

    probability: keras.Variable
    signs: keras.Variable
    images: keras.Variable

    def __init__(
        self,
        target: float = 0.6,
        speed_kimg: float = 500.0,
        every: int = 4,
        pipeline: str = "bgc",
    ) -> None:
        self.target, self.speed_kimg = target, speed_kimg
        self.every, self.pipeline = every, pipeline

    def build(self, gan: Any) -> None:
        """Makes the probability and both counts."""

        def scalar(name: str) -> keras.Variable:
            """Makes one number of the state."""
            return gan.add_weight(
                name=name,
                shape=(),
                initializer="zeros",
                trainable=False,
                autocast=False,
            )

        self.probability = scalar("augmentation_probability")
        self.signs, self.images = (
            scalar("augmentation_signs"),
            scalar("augmentation_images"),
        )

    def observe(self, gan: Any, real_logits: tf.Tensor) -> None:
        """Counts the signs and adjusts the probability when it is time."""
        signs = distribution.all_reduce_sum(tf.reduce_sum(tf.sign(real_logits)))
        rows = tf.size(real_logits) * distribution.num_replicas()
        rows = tf.cast(rows, tf.float32)
        signs = tf.convert_to_tensor(self.signs) + tf.stop_gradient(signs)
        images = tf.convert_to_tensor(self.images) + rows
        passes = self.every * gan.config.d_steps * gan.config.accumulation
        due = images >= rows * passes
        change = tf.sign(signs / images - self.target) * images
        moved = self.probability + change / (1000.0 * self.speed_kimg)
        moved = tf.clip_by_value(moved, 0.0, 1.0)
        self.probability.assign(tf.where(due, moved, self.probability))
        self.signs.assign(tf.where(due, 0.0, signs))
        self.images.assign(tf.where(due, 0.0, images))

    def curves(self) -> dict[str, Any]:
        """Returns the probability."""
        return {"augmentation_probability": self.probability}

    def __call__(self, images: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Returns the augmented images.

        Args:
            images: `[B, H, W, C]` in [-1, 1], C 1 or 3.
            key: two-number seed of this draw; every image gets its own numbers.
        """
        draws = random.uniform(key, tf.shape(images)[0], NUM_DRAWS)
        probability = tf.convert_to_tensor(self.probability)
        return augment(images, draws, probability, self.pipeline)


def augment(
    images: tf.Tensor, draws: tf.Tensor, probability: Any, pipeline: str = "bgc"
) -> tf.Tensor:
    """Applies each transformation of the pipeline with the given probability.

    Args:
        images: `[B, H, W, C]` in [-1, 1], C 1 or 3.
        draws: `[B, NUM_DRAWS]` uniform in [0, 1).
        probability: of every single transformation, in [0, 1].
        pipeline: letters as in `AdaptiveAugment`.
    """
    columns = iter(tf.unstack(draws, num=NUM_DRAWS, axis=1))
    side = images.shape[1]
    geometric = [_BLITTING] * ("b" in pipeline) + [_GEOMETRY] * ("g" in pipeline)
    if geometric:
        matrices = _identity(draws)
        for transformations in geometric:
            for transformation in transformations:
                step = transformation(columns, probability, side)
                matrices = warping.product(matrices, step)
        # One warp for all of them: each would blur the picture a little.
        images = warping.warp(images, matrices)
    return _colour(images, columns, probability) if "c" in pipeline else images


def _mirror(draws: Draws, probability: Any, side: int) -> tf.Tensor:
    chosen = next(draws) < probability
    return warping.mirroring(chosen & (next(draws) < 0.5))


def _quarter_turns(draws: Draws, probability: Any, side: int) -> tf.Tensor:
    chosen = next(draws) < probability
    turns = warping.rotation(tf.floor(4.0 * next(draws)) * (math.pi / 2))
    return warping.where(chosen, turns)


def _whole_shift(draws: Draws, probability: Any, side: int) -> tf.Tensor:
    chosen = next(draws) < probability
    reach = LARGEST_SHIFT * side
    x, y = (tf.round((2.0 * next(draws) - 1.0) * reach) for _ in range(2))
    return warping.where(chosen, warping.translation(x, y))


def _scale(draws: Draws, probability: Any, side: int) -> tf.Tensor:
    chosen = next(draws) < probability
    factor = _factor(draws, SCALE_DEVIATION)
    return warping.where(chosen, warping.scaling(factor, factor))


def _turn(draws: Draws, probability: Any, side: int) -> tf.Tensor:
    # There are two of these; together they happen with the given probability.
    chosen = next(draws) < 1.0 - tf.sqrt(1.0 - probability)
    return warping.where(chosen, warping.rotation(_angle(draws)))


def _stretch(draws: Draws, probability: Any, side: int) -> tf.Tensor:
    chosen = next(draws) < probability
    factor = _factor(draws, STRETCH_DEVIATION)
    return warping.where(chosen, warping.scaling(factor, 1.0 / factor))


def _fractional_shift(draws: Draws, probability: Any, side: int) -> tf.Tensor:
    chosen = next(draws) < probability
    x, y = (_normal(draws) * (SHIFT_DEVIATION * side) for _ in range(2))
    return warping.where(chosen, warping.translation(x, y))


Transformation = Callable[[Draws, Any, int], tf.Tensor]
_BLITTING: tuple[Transformation, ...] = (_mirror, _quarter_turns, _whole_shift)
_GEOMETRY: tuple[Transformation, ...] = (
    _scale,
    _turn,
    _stretch,
    _turn,
    _fractional_shift,
)


def _colour(images: tf.Tensor, draws: Draws, probability: Any) -> tf.Tensor:
    """Changes brightness, contrast, luma, hue and saturation, in this order."""
    chosen = next(draws) < probability
    brightness = tf.where(chosen, _normal(draws) * BRIGHTNESS_DEVIATION, 0.0)
    images = images + brightness[:, None, None, None]
    chosen = next(draws) < probability
    contrast = tf.where(chosen, _factor(draws, CONTRAST_DEVIATION), 1.0)
    matrices = contrast[:, None, None] * warping.IDENTITY
    flipped = (next(draws) < probability) & (next(draws) < 0.5)
    flips = warping.where(flipped, warping.luma_flip())
    turned = next(draws) < probability
    turns = warping.where(turned, warping.hue_rotation(_angle(draws)))
    saturated = next(draws) < probability
    factor = _factor(draws, SATURATION_DEVIATION)
    saturations = warping.where(saturated, warping.saturation(factor))
    for step in (flips, turns, saturations):
        matrices = warping.product(step, matrices)
    return warping.recolour(images, matrices)


def _identity(draws: tf.Tensor) -> tf.Tensor:
    return tf.eye(3, batch_shape=[tf.shape(draws)[0]])


def _normal(draws: Draws) -> tf.Tensor:
    return tf.math.ndtri(next(draws) + HALF_STEP)


def _factor(draws: Draws, deviation: float) -> tf.Tensor:
    return 2.0 ** (deviation * _normal(draws))


def _angle(draws: Draws) -> tf.Tensor:
    return (2.0 * next(draws) - 1.0) * math.pi
