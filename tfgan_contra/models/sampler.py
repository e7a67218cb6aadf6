"""Images from a trained generator: the moving average, frozen, spectral norm folded."""

from collections.abc import Callable
from typing import Any, Optional

import numpy as np
import tensorflow as tf

from tfgan_contra.layers.conditional_norm import batch_norm_layers
from tfgan_contra.layers.spectral_norm import fold, without_spectral_norm
from tfgan_contra.row_noise import row_latents

STATISTICS = ("moving", "standing", "batch")
# What a generator takes beside latents, `[N, ...]` each: labels, a caption's vectors.
Conditions = tuple[np.ndarray, ...]


class FoldedSampler:
    """What all samplers share: a frozen network, its statistics, batches of one size.

    Args:
        gan: the model; call `update` after it has trained on.
        statistics: BatchNorm statistics: `moving`: the averages of training;
            `standing`: collected anew from generated images (Brock et al., 2019);
            `batch`: those of each batch, the protocol of the 2020 tables.
        standing_batches: batches that standing statistics average over.
        truncation: fraction of the latents' distribution to keep; None: all.
        batch_size: images per forward pass.

    Attributes:
        generator: the folded network.

    Raises:
        ValueError: for unknown statistics or a truncation outside (0, 1].
    """

    def __init__(
        self,
        gan: Any,
        *,
        statistics: str = "moving",
        standing_batches: int = 16,
        truncation: Optional[float] = None,
        batch_size: int = 100,
    ) -> None:
        if statistics not in STATISTICS:
            raise ValueError(
                f"statistics must be one of {', '.join(STATISTICS)}. "
                f"Received: {statistics!r}"
            )
        if truncation is not None and not 0 < truncation <= 1:
            raise ValueError(f"truncation must be in (0, 1]. Received: {truncation}")
        self._gan, self._statistics = gan, statistics
        self._standing_batches, self._batch_size = standing_batches, batch_size
        self._truncation = truncation
        self.generator = without_spectral_norm(gan.generator_ema)
        self._generate = tf.function(self._images, autograph=False)
        self._step: Optional[int] = None
        self.update()

    @property
    def protocol(self) -> dict[str, Any]:
        """What decides the images beside the weights; stored with every score."""
        protocol: dict[str, Any] = {"weights": "ema", "statistics": self._statistics}
        if self._statistics == "standing":
            protocol["standing_images"] = self._standing_batches * self._batch_size
        return protocol | {"truncation": self._truncation or 1.0}

    def update(self) -> None:
        """Takes over the weights that the model's moving average has now."""
        step = int(np.asarray(self._gan.step))  # Mirrored variables have no int().
        if step == self._step:
            return
        self._step = step
        fold(self._gan.generator_ema, self.generator)
        if self._statistics == "standing":
            collect_standing_statistics(
                self.generator,
                self._standing_batches,
                self._batch_size,
                self._truncation,
                self.conditions_in_turn,
            )

    def conditions_in_turn(self, numbers: np.ndarray) -> Conditions:
        """Returns typical inputs beside the latents, one row for each number."""
        raise NotImplementedError

    def draw(
        self,
        seeds: np.ndarray,
        conditions: Conditions,
        filling: Callable[[np.ndarray], Conditions],
    ) -> np.ndarray:
        """Returns uint8 images `[N, H, W, C]`.

        Args:
            seeds: `[N]` int64.
            conditions: the inputs beside the latents, `[N, ...]` each.
            filling: gives those of the rows that fill the last batch up, by number.
        """
        batches = []
        for start in range(0, len(seeds), self._batch_size):
            rows = slice(start, start + self._batch_size)
            # One batch size only, so that one graph serves all. The filling is varied,
            # since batch statistics see it too.
            numbers = np.arange(self._batch_size - len(seeds[rows]))
            pairs = zip(conditions, filling(numbers), strict=True)
            images = self._generate(
                tf.constant([*seeds[rows], *numbers], tf.int64),
                *(
                    tf.constant(np.concatenate([own[rows], rest]))
                    for own, rest in pairs
                ),
            )
            batches.append(images.numpy()[: len(seeds[rows])])
        return np.concatenate(batches)

    def latents(self, seeds: tf.Tensor) -> tf.Tensor:
        """Returns the latents `[N, latent_dim]` of seeds `[N]`."""
        kept = (
            None if self._truncation is None else tf.fill(seeds.shape, self._truncation)
        )
        return row_latents(seeds, self.generator.latent_dim, kept)

    def _images(self, seeds: tf.Tensor, *conditions: tf.Tensor) -> tf.Tensor:
        latents = self.latents(seeds)
        images = self.generator(
            [latents, *conditions] if conditions else latents,
            training=self._statistics == "batch",
            track_statistics=False,
        )
        return to_uint8(images)


class Sampler(FoldedSampler):
    """Generates uint8 images, each a function of its seed and label alone.

    (With `batch` statistics also of the images around it.) Its arguments are those of
    `FoldedSampler`.
    """

    def __call__(self, labels: Optional[np.ndarray], seeds: np.ndarray) -> np.ndarray:
        """Returns uint8 images `[N, H, W, C]`.

        Args:
            labels: `[N]` int, or None for an unconditional generator.
            seeds: `[N]` int64.
        """
        conditions: Conditions = ()
        if self.generator.num_classes:
            rows = np.zeros(len(seeds)) if labels is None else labels
            conditions = (np.asarray(rows, np.int32),)
        return self.draw(seeds, conditions, self.conditions_in_turn)

    def conditions_in_turn(self, numbers: np.ndarray) -> Conditions:
        """Returns the classes in turn, where there are any."""
        num_classes = self.generator.num_classes
        return ((numbers % num_classes).astype(np.int32),) if num_classes else ()


def to_uint8(images: tf.Tensor) -> tf.Tensor:
    """Maps [-1, 1] to 0..255 as the authors do: `floor(127.5 (x + 1) + 0.5)`."""
    return tf.cast(tf.clip_by_value(127.5 * (images + 1.0) + 0.5, 0.0, 255.0), tf.uint8)


def collect_standing_statistics(
    generator: Any,
    batches: int,
    batch_size: int,
    truncation: Optional[float],
    conditions: Callable[[np.ndarray], Conditions],
) -> None:
    """Replaces BatchNorm's running statistics by plain means over generated batches.

    Args:
        generator: a network without spectral norm (its state must not move here).
        batches: how many to average over.
        batch_size: images in each.
        truncation: fraction of the latents' distribution to keep; None: all.
        conditions: gives the inputs beside the latents of so many numbered images.
    """
    kept = None if truncation is None else tf.fill([batch_size], truncation)
    layers = batch_norm_layers(generator)
    momenta = [layer.momentum for layer in layers]
    for i in range(batches):
        for layer in layers:
            # Weight 1/(i+1) for the newest makes the running average a plain mean.
            layer.momentum = 1.0 - 1.0 / (i + 1)
        seeds = np.arange(i * batch_size, (i + 1) * batch_size)
        latents = row_latents(seeds, generator.latent_dim, kept)
        others = conditions(seeds)
        generator([latents, *others] if others else latents, training=True)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum
