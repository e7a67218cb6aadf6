"""Images of captions from a trained text-to-image generator."""

from collections.abc import Sequence
from typing import Any, Optional

import numpy as np
import tensorflow as tf

from tfgan_contra.models.sampler import Conditions, FoldedSampler
from tfgan_contra.text.base import TextEncoder
from tfgan_contra.types import TextFeatures


class CaptionSampler(FoldedSampler):
    """Generates uint8 images, each a function of its seed and caption alone.

    (With `batch` statistics also of the images around it.)

    Args:
        gan: the model; call `update` after it has trained on.
        encoder: the text encoder that it trains with.
        typical: captions that standing statistics are collected over, in turn; needed
            for those alone.
        **options: as `FoldedSampler` takes them.

    Raises:
        ValueError: for standing statistics without captions, and as `FoldedSampler`.
    """

    def __init__(
        self,
        gan: Any,
        encoder: TextEncoder,
        *,
        typical: Sequence[str] = (),
        **options: Any,
    ) -> None:
        self.encoder, self._typical = encoder, tuple(typical)
        self._typical_text: Optional[TextFeatures] = None
        if options.get("statistics") == "standing" and not typical:
            raise ValueError(
                "standing statistics are collected over captions. Received: none"
            )
        super().__init__(gan, **options)

    def __call__(self, captions: Sequence[str], seeds: np.ndarray) -> np.ndarray:
        """Returns uint8 images `[N, H, W, C]`.

        Args:
            captions: N of them.
            seeds: `[N]` int64.

        Raises:
            UsageError: for a caption without words.
        """
        return self.of_features(self.features(captions), seeds)

    def features(self, captions: Sequence[str]) -> TextFeatures:
        """Returns the encoder's features, each different caption being encoded once."""
        numbers: dict[str, int] = {}
        rows = [numbers.setdefault(text, len(numbers)) for text in captions]
        return taken(self.encoder.encode(list(numbers)), np.array(rows))

    def of_features(self, text: TextFeatures, seeds: np.ndarray) -> np.ndarray:
        """Returns the images of captions that are encoded already."""
        return self.draw(
            seeds, text, lambda numbers: taken(text, numbers % len(text.lengths))
        )

    def attention(self, captions: Sequence[str], seeds: np.ndarray) -> np.ndarray:
        """Returns how much each place of the images reads each word.

        Args:
            captions: N of them.
            seeds: `[N]` int64.

        Returns:
            float32 `[N, h, w, T]`, sums of 1 over the words of a caption; with moving
            or standing statistics, whatever the images are drawn with.
        """
        text = self.features(captions)
        parts = []
        for start in range(0, len(seeds), self._batch_size):
            rows = slice(start, start + self._batch_size)
            latents = self.latents(tf.constant(seeds[rows], tf.int64))
            own = (part[rows] for part in text)
            parts.append(self.generator.attention([latents, *own]).numpy())
        return np.concatenate(parts)

    def conditions_in_turn(self, numbers: np.ndarray) -> Conditions:
        """Returns the features of the typical captions in turn."""
        if self._typical_text is None:
            self._typical_text = self.features(self._typical)
        return taken(self._typical_text, numbers % len(self._typical))


def taken(text: TextFeatures, rows: np.ndarray) -> TextFeatures:
    """Returns the features of some captions, by number."""
    return TextFeatures(*(np.asarray(part[rows]) for part in text))
