"""What a regulariser is: hooks into a training step, all of them optional."""

from typing import Any, NamedTuple

import tensorflow as tf

from tfgan_contra.types import Batch, Generated

Losses = dict[str, tf.Tensor]
Outputs = dict[str, tf.Tensor]


class DiscriminatorPass(NamedTuple):
    """What a D step has computed; images are unaugmented, outputs may not be.

    Attributes:
        real: real images and labels.
        on_real: the discriminator's outputs on them.
        fake: generated images, labels and latents; no gradient reaches the generator.
        on_fake: the discriminator's outputs on them.
    """

    real: Batch
    on_real: Outputs
    fake: Generated
    on_fake: Outputs


class GeneratorPass(NamedTuple):
    """What a G step has computed.

    Attributes:
        fake: generated images, labels and latents.
        on_fake: the discriminator's outputs on them.
    """

    fake: Generated
    on_fake: Outputs


class Regularizer:
    """Base of all regularisers; a subclass overrides the hooks that it needs.

    Losses are raw means over this replica's rows; the variant multiplies them by
    `weights` and averages over micro-batches and replicas.

    Attributes:
        loss_names: the names of all losses that the hooks return.
        weights: their weights; a loss not named here has weight 1.
    """

    loss_names: tuple[str, ...] = ()
    weights: dict[str, float] = {}

    def build(self, gan: Any) -> None:
        """Makes the state, if any, as weights of the variant; called once."""

    def discriminator_losses(
        self, gan: Any, seen: DiscriminatorPass, key: tf.Tensor
    ) -> Losses:
        """Returns raw losses of the discriminator by name.

        Args:
            gan: the variant, for its `discriminate` and `generator`.
            seen: images and outputs of this step.
            key: two-number seed of this draw.
        """
        return {}

    def generator_losses(self, gan: Any, seen: GeneratorPass, key: tf.Tensor) -> Losses:
        """Returns raw losses of the generator by name; arguments as above."""
        return {}

    def generator_logits(self, gan: Any, logits: tf.Tensor) -> tf.Tensor:
        """Returns the logits that enter the generator's adversarial loss."""
        return logits

    def after_discriminator_update(self, gan: Any) -> None:
        """Runs after the discriminator's weights have changed."""
