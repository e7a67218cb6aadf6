"""Configs of the regularisers; import no TensorFlow."""

import dataclasses
from typing import Any

from tfgan_contra.config import PartConfig, require


@dataclasses.dataclass
class WeightedConfig(PartConfig):
    """A regulariser of which only the weight can be chosen.

    Attributes:
        weight: of the loss.
    """

    weight: float = 10.0

    def check(self, path: str) -> None:
        """Checks the weight."""
        _require_weights(self, path, "weight")


@dataclasses.dataclass
class ConsistencyConfig(WeightedConfig):
    """Consistency regularisation (CR). The paper's weight and the authors' is 10."""

    def build(self) -> Any:
        """Returns the regulariser."""
        from tfgan_contra.regularizers.consistency import ConsistencyRegularization

        return ConsistencyRegularization(self.weight)


@dataclasses.dataclass
class BalancedConsistencyConfig(PartConfig):
    """Balanced consistency regularisation (bCR).

    Attributes:
        real_weight: of the loss on real images.
        fake_weight: of the loss on fake images.
    """

    real_weight: float = 10.0
    fake_weight: float = 10.0

    def check(self, path: str) -> None:
        """Checks the weights."""
        _require_weights(self, path, "real_weight", "fake_weight")

    def build(self) -> Any:
        """Returns the regulariser."""
        from tfgan_contra.regularizers.consistency import BalancedConsistency

        return BalancedConsistency(self.real_weight, self.fake_weight)


@dataclasses.dataclass
class LatentConsistencyConfig(PartConfig):
    """Latent consistency regularisation (zCR).

    Attributes:
        noise: standard deviation of what is added to the latents.
        discriminator_weight: of the discriminator's loss.
        generator_weight: of the generator's loss.
    """

    noise: float = 0.05
    discriminator_weight: float = 20.0
    generator_weight: float = 0.5

    def check(self, path: str) -> None:
        """Checks the noise and the weights."""
        require(self.noise > 0, f"{path}.noise", self.noise, "above 0")
        _require_weights(self, path, "discriminator_weight", "generator_weight")

    def build(self) -> Any:
        """Returns the regulariser."""
        from tfgan_contra.regularizers.latent_consistency import LatentConsistency

        return LatentConsistency(
            self.noise, self.discriminator_weight, self.generator_weight
        )


def improved_consistency() -> tuple[PartConfig, ...]:
    """Returns improved consistency regularisation (ICR): bCR and zCR together."""
    return (BalancedConsistencyConfig(), LatentConsistencyConfig())


@dataclasses.dataclass
class GradientPenaltyConfig(WeightedConfig):
    """Gradient penalty of WGAN-GP."""

    def build(self) -> Any:
        """Returns the regulariser."""
        from tfgan_contra.regularizers.gradient_penalty import GradientPenalty

        return GradientPenalty(self.weight)


@dataclasses.dataclass
class MaxGradientPenaltyConfig(WeightedConfig):
    """Gradient penalty of Lipschitz GANs."""

    def build(self) -> Any:
        """Returns the regulariser."""
        from tfgan_contra.regularizers.gradient_penalty import MaxGradientPenalty

        return MaxGradientPenalty(self.weight)


@dataclasses.dataclass
class DraganConfig(WeightedConfig):
    """Gradient penalty of DRAGAN."""

    def build(self) -> Any:
        """Returns the regulariser."""
        from tfgan_contra.regularizers.gradient_penalty import Dragan

        return Dragan(self.weight)


@dataclasses.dataclass
class R1Config(WeightedConfig):
    """R1 gradient penalty.

    Attributes:
        weight: of half the mean squared gradient norm (the paper's gamma).
    """

    weight: float = 1.0

    def build(self) -> Any:
        """Returns the regulariser."""
        from tfgan_contra.regularizers.gradient_penalty import R1

        return R1(self.weight)


@dataclasses.dataclass
class LeCamConfig(PartConfig):
    """LeCam regularisation.

    Attributes:
        weight: of the loss.
        decay: of the moving averages of the logits.
        start_step: training step after which the loss counts.
    """

    weight: float = 0.3
    decay: float = 0.99
    start_step: int = 1000

    def check(self, path: str) -> None:
        """Checks the weight, the decay and the start."""
        _require_weights(self, path, "weight", "start_step")
        require(0 <= self.decay < 1, f"{path}.decay", self.decay, "in [0, 1)")

    def build(self) -> Any:
        """Returns the regulariser."""
        from tfgan_contra.regularizers.lecam import LeCam

        return LeCam(self.weight, self.decay, self.start_step)


@dataclasses.dataclass
class WeightClippingConfig(PartConfig):
    """Weight clipping of the discriminator.

    Attributes:
        limit: the largest absolute value that a weight keeps.
    """

    limit: float = 0.01

    def check(self, path: str) -> None:
        """Checks the limit."""
        require(self.limit > 0, f"{path}.limit", self.limit, "above 0")

    def build(self) -> Any:
        """Returns the regulariser."""
        from tfgan_contra.regularizers.weight_clipping import WeightClipping

        return WeightClipping(self.limit)


@dataclasses.dataclass
class TopKConfig(PartConfig):
    """Top-k training of the generator.

    Attributes:
        gamma: factor by which the number of counted images shrinks every epoch.
        nu: fraction of the images that always count.
        epoch_steps: training steps that count as an epoch.
    """

    gamma: float = 0.99
    nu: float = 0.5
    epoch_steps: int = 1000

    def check(self, path: str) -> None:
        """Checks the factor, the fraction and the epoch."""
        for name in ("gamma", "nu"):
            value = getattr(self, name)
            require(0 < value <= 1, f"{path}.{name}", value, "in (0, 1]")
        require(
            self.epoch_steps >= 1, f"{path}.epoch_steps", self.epoch_steps, "1 or more"
        )

    def build(self) -> Any:
        """Returns the regulariser."""
        from tfgan_contra.regularizers.top_k import TopK

        return TopK(self.gamma, self.nu, self.epoch_steps)


def _require_weights(node: PartConfig, path: str, *names: str) -> None:
    for name in names:
        value = getattr(node, name)
        require(value >= 0, f"{path}.{name}", value, "0 or more")
