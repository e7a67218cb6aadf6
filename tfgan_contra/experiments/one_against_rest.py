"""A binary classifier of "class k against the rest", with an auxiliary loss or none.

Shapes: `B` images of a batch, `N` held-out images, `K` classes.
"""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgan_contra.data.ordering import EpochOrder
from tfgan_contra.data.pipeline import scaled
from tfgan_contra.data.specs import ImageSource
from tfgan_contra.experiments.configs import ForgettingConfig
from tfgan_contra.layers.spectral_norm import settle_spectral_norm
from tfgan_contra.losses.info_nce import info_nce_loss
from tfgan_contra.losses.rotation import TURNS, four_way_quarter, rotation_loss
from tfgan_contra.models.heads import head_layers
from tfgan_contra.models.projection_heads import ConvProjection, DenseProjection
from tfgan_contra.networks.sngan_configs import SNGANConfig
from tfgan_contra.optimizers import Adam
from tfgan_contra.regularizers.base import Outputs
from tfgan_contra.types import DataSpec


class NoAuxiliary:
    """Nothing beside the task."""

    def __init__(self, trunk: Any, config: ForgettingConfig) -> None:
        self.trunk, self.config = trunk, config
        self.parts: tuple[Any, ...] = ()

    def __call__(self, images: tf.Tensor) -> tuple[Outputs, tf.Tensor]:
        """Returns the trunk's features of `[B, H, W, C]`, and the weighted loss."""
        return self.trunk(images, training=True), tf.constant(0.0)


class RotationAuxiliary(NoAuxiliary):
    """SSGAN's: a quarter of the batch turned in all four directions."""

    def __init__(self, trunk: Any, config: ForgettingConfig) -> None:
        super().__init__(trunk, config)
        dense, _ = head_layers(True)
        self.head = dense(TURNS, name="rotation_head")
        self.head.build((None, trunk.feature_dim))
        self.parts = (self.head,)

    def __call__(self, images: tf.Tensor) -> tuple[Outputs, tf.Tensor]:
        """Judges upright and turned images in one call, as SSGAN does."""
        turned = four_way_quarter(images)
        outputs = self.trunk(tf.concat([images, turned.images], 0), training=True)
        labelled = outputs["global_features"][-turned.labels.shape[0] :]
        loss = rotation_loss(self.head(labelled, training=True), turned.labels)
        upright = {name: rows[: images.shape[0]] for name, rows in outputs.items()}
        return upright, self.config.rotation_weight * loss


class InfoNCEAuxiliary(NoAuxiliary):
    """InfoMax-GAN's: an image's places should know the whole that they are of."""

    def __init__(self, trunk: Any, config: ForgettingConfig) -> None:
        super().__init__(trunk, config)
        size = config.projection_dim
        self.local = ConvProjection(trunk.local_dim, size, True, name="local")
        self.whole = DenseProjection(trunk.feature_dim, size, True, name="global")
        self.parts = (self.local, self.whole)

    def __call__(self, images: tf.Tensor) -> tuple[Outputs, tf.Tensor]:
        """Contrasts the images of the batch."""
        outputs = self.trunk(images, training=True)
        loss = info_nce_loss(
            self.local(outputs["local_features"], training=True),
            self.whole(outputs["global_features"], training=True),
        )
        return outputs, self.config.info_nce_weight * loss


AUXILIARIES = {
    "none": NoAuxiliary,
    "rotation": RotationAuxiliary,
    "info_nce": InfoNCEAuxiliary,
}


class OneAgainstRest:
    """SNGAN's discriminator with one logit, trained with its auxiliary loss.

    Args:
        spec: of the images.
        config: the width, the weights and the optimiser.
        variant: of `AUXILIARIES`.
        seed: of the weights; the trunk's are the same in all variants.
    """

    def __init__(
        self, spec: DataSpec, config: ForgettingConfig, variant: str, seed: int
    ) -> None:
        keras.utils.set_random_seed(seed)
        network = SNGANConfig(d_width=config.width)
        self.trunk = network.build_discriminator(spec)
        dense, _ = head_layers(True)
        self.head = dense(1, name="logit_head")
        self.head.build((None, self.trunk.feature_dim))
        self.auxiliary = AUXILIARIES[variant](self.trunk, config)
        parts = (self.trunk, self.head, *self.auxiliary.parts)
        for part in parts:
            settle_spectral_norm(part)
        self._variables = [w for part in parts for w in part.trainable_variables]
        self._optimizer = _optimizer(config)
        self._optimizer.build(self._variables)
        self.update = tf.function(self._update, autograph=False)
        self.logits = tf.function(self._logits, autograph=False)

    def _update(self, images: tf.Tensor, targets: tf.Tensor) -> None:
        """Does one step: binary cross entropy and the auxiliary loss.

        Args:
            images: uint8 `[B, H, W, C]`.
            targets: `[B]`, 1 for the class and 0 for the rest.
        """
        watched = [variable.value for variable in self._variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(watched)
            outputs, auxiliary = self.auxiliary(scaled(images))
            logits = self.head(outputs["global_features"], training=True)[:, 0]
            losses = tf.nn.sigmoid_cross_entropy_with_logits(targets, logits)
            loss = tf.reduce_mean(losses) + auxiliary
        self._optimizer.apply(tape.gradient(loss, watched), self._variables)

    def _logits(self, images: tf.Tensor) -> tf.Tensor:
        """Returns `[N]`, above 0 for the class, of uint8 `[N, H, W, C]`."""
        return self.head(self.trunk(scaled(images))["global_features"])[:, 0]


def _optimizer(config: ForgettingConfig) -> Any:
    if config.optimizer == "sgd":
        return keras.optimizers.SGD(config.learning_rate, momentum=config.momentum)
    return Adam(config.learning_rate, beta_1=config.momentum)


def task_batches(
    source: ImageSource, task: int, num_classes: int, steps: range, seed: int, size: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields the balanced batches of one turn, from two endless seeded orders.

    Args:
        source: the images to train on.
        task: the class that is told from the others.
        num_classes: the classes that there are, numbered from 0.
        steps: numbers of the batches; a later turn goes on where one ended.
        seed: of the orders.
        size: B; rows of the class and of the rest take turns.

    Yields:
        uint8 `[B, H, W, C]` and float32 `[B]`, 1 for the class.
    """
    labels = source.labels
    sides = (labels == task, (labels != task) & (labels < num_classes))
    numbers = [np.flatnonzero(side) for side in sides]
    seeds = [2 * (num_classes * seed + task) + side for side in range(2)]
    orders = [EpochOrder(len(n), s) for n, s in zip(numbers, seeds, strict=True)]
    half = size // 2
    targets = np.tile(np.array([1, 0], np.float32), half)
    for step in steps:
        positions = step * half + np.arange(half)
        chosen = [
            n[order.indices(positions)]
            for n, order in zip(numbers, orders, strict=True)
        ]
        yield source.load(np.stack(chosen, axis=1).ravel()), targets


def task_accuracy(logits: np.ndarray, labels: np.ndarray, task: int) -> float:
    """Returns the accuracy on a task when the class and the rest count alike.

    The mean of the shares of the class' images above 0 and of the others' below.
    Whatever one logit says, the mean of this over all classes is 1/2 if these have
    equally many images: what it gains on one task it loses on the others.

    Args:
        logits: `[N]`.
        labels: `[N]`, with at least one image in the class and one outside.
        task: the class.
    """
    own = labels == task
    above = logits > 0
    return float((above[own].mean() + (~above[~own]).mean()) / 2)
