"""The configuration of every method; imports no TensorFlow.

Each variant's class holds its own as `Config`: `ContraGAN.Config` is `ContraGANConfig`.
"""

import dataclasses
from typing import Any, Optional

from tfgan_contra.config import ConfigNode, PartConfig, require, require_choice
from tfgan_contra.networks.configs import BigResNetConfig, NetworkConfig
from tfgan_contra.types import DataSpec

ADVERSARIAL = ("hinge", "logistic", "least_squares", "wasserstein")


@dataclasses.dataclass
class MethodConfig(ConfigNode):
    """What every variant has.

    Attributes:
        network: the architecture of generator and discriminator.
        adversarial: the loss pair: `hinge`, `logistic`, `least_squares`,
            `wasserstein`.
        d_steps: updates of the discriminator per update of the generator.
        accumulation: micro-batches per update; contrastive losses see one at a time.
        ema_decay: decay of the generator's moving average.
        ema_start: step up to which the average is a plain copy.
        regularizers: configs of the regularisers, applied in order.
        augmentation: config of the augmentation both networks train through.
    """

    network: NetworkConfig = dataclasses.field(default_factory=BigResNetConfig)
    adversarial: str = "hinge"
    d_steps: int = 1
    accumulation: int = 1
    ema_decay: float = 0.9999
    ema_start: int = 1000
    regularizers: tuple[PartConfig, ...] = ()
    augmentation: Optional[PartConfig] = None

    def check(self, path: str) -> None:
        """Checks the loss, the counts and the decay."""
        require_choice(f"{path}.adversarial", self.adversarial, ADVERSARIAL)
        for name in ("d_steps", "accumulation"):
            value = getattr(self, name)
            require(value >= 1, f"{path}.{name}", value, "1 or more")
        require(
            0 <= self.ema_decay < 1, f"{path}.ema_decay", self.ema_decay, "in [0, 1)"
        )
        require(self.ema_start >= 0, f"{path}.ema_start", self.ema_start, "0 or more")

    def build(self, spec: DataSpec) -> Any:
        """Returns a new, untrained model of this method."""
        raise NotImplementedError(f"{type(self).__name__} names no method")

    def loss_weights(self) -> dict[str, float]:
        """Returns the weights of named losses; a loss not named here has weight 1."""
        return {}

    @property
    def images_per_step(self) -> int:
        """Batches of `global_batch_size` images that one training step takes."""
        return self.d_steps


@dataclasses.dataclass
class ContraGANConfig(MethodConfig):
    """ContraGAN: conditional contrastive (2C) loss.

    Attributes:
        embedding_dim: length of image and class embeddings.
        temperature: of the contrast.
        positives: numerator beside the proxy: `same_class` (the paper) or `proxy`.
        contrastive_weight: weight of 2C in both networks' losses.
        gather_negatives: whether the contrast sees the images of all replicas.
    """

    embedding_dim: int = 512
    temperature: float = 1.0
    positives: str = "same_class"
    contrastive_weight: float = 1.0
    gather_negatives: bool = True

    def check(self, path: str) -> None:
        """Checks the contrast's own fields."""
        super().check(path)
        require(
            self.embedding_dim >= 1,
            f"{path}.embedding_dim",
            self.embedding_dim,
            "1 or more",
        )
        require(
            self.temperature > 0, f"{path}.temperature", self.temperature, "above 0"
        )
        require_choice(f"{path}.positives", self.positives, ("same_class", "proxy"))

    def build(self, spec: DataSpec) -> Any:
        """Returns a new `ContraGAN`."""
        from tfgan_contra.models.contragan import ContraGAN

        return ContraGAN(self, spec)

    def loss_weights(self) -> dict[str, float]:
        """Both sides of the contrast have one weight."""
        return {
            "d_contrastive": self.contrastive_weight,
            "g_contrastive": self.contrastive_weight,
        }


@dataclasses.dataclass
class ProjGANConfig(MethodConfig):
    """Projection discriminator (SNGAN, SAGAN and BigGAN by its networks)."""

    def build(self, spec: DataSpec) -> Any:
        """Returns a new `ProjGAN`."""
        from tfgan_contra.models.projgan import ProjGAN

        return ProjGAN(self, spec)
