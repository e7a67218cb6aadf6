"""What an augmentation is: changes to every image that the discriminator sees."""

from typing import Any

import tensorflow as tf


class Augmentation:
    """Base of all augmentations; gradients pass through to the images."""

    def build(self, gan: Any) -> None:
        """Makes the state, if any, as weights of the variant; called once."""

    def observe(self, gan: Any, real_logits: tf.Tensor) -> None:
        """Sees the logits of every micro-batch of real images of a D step."""

    def curves(self) -> dict[str, Any]:
        """Returns scalar variables that are worth a curve, by name."""
        return {}

    def __call__(self, images: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        """Returns the augmented images.

        Args:
            images: `[B, H, W, C]` in [-1, 1].
            key: two-number seed of this draw; every image gets its own numbers.
        """
        raise NotImplementedError
