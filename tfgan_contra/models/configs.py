"""The configuration of every method; imports no TensorFlow.

Each variant's class holds its own as `Config`: `ContraGAN.Config` is `ContraGANConfig`.
"""

import dataclasses
from typing import Any, ClassVar, Optional

from tfgan_contra.config import ConfigNode, PartConfig, require, require_choice
from tfgan_contra.networks.configs import (
    BigResNetConfig,
    ImageNetworkConfig,
    NetworkConfig,
)
from tfgan_contra.types import DataSpec

ADVERSARIAL = ("hinge", "logistic", "least_squares", "wasserstein")


@dataclasses.dataclass
class MethodConfig(ConfigNode):
    """What every variant has.

    Attributes:
        network: the architecture of generator and discriminator.
        adversarial: the loss pair: `hinge`, `logistic`, `least_squares`,
            `wasserstein`.
        ema_decay: decay of the generator's moving average; 0: there is none, and the
            generator itself takes its place.
        ema_start: step up to which the average is a plain copy.
        regularizers: configs of the regularisers, applied in order.
    """

    # Facts about the method, no fields: the trainer and the commands ask for them.
    is_translation: ClassVar[bool] = False
    takes_captions: ClassVar[bool] = False
    networks: ClassVar[tuple[str, ...]] = ("g", "d")
    adversarial_choices: ClassVar[tuple[str, ...]] = ADVERSARIAL

    network: NetworkConfig = dataclasses.field(default_factory=BigResNetConfig)
    adversarial: str = "hinge"
    ema_decay: float = 0.9999
    ema_start: int = 1000
    regularizers: tuple[PartConfig, ...] = ()

    def check(self, path: str) -> None:
        """Checks the loss and the decay."""
        choices = self.adversarial_choices
        require_choice(f"{path}.adversarial", self.adversarial, choices)
        require(
            0 <= self.ema_decay < 1, f"{path}.ema_decay", self.ema_decay, "in [0, 1)"
        )
        require(self.ema_start >= 0, f"{path}.ema_start", self.ema_start, "0 or more")
        kinds = [type(item).__name__ for item in self.regularizers]
        # Their losses would have one name.
        require(
            len(set(kinds)) == len(kinds),
            f"{path}.regularizers",
            ", ".join(kinds),
            "one of each kind",
        )

    def build(self, spec: Any) -> Any:
        """Returns a new, untrained model of this method."""
        raise NotImplementedError(f"{type(self).__name__} names no method")

    def loss_weights(self) -> dict[str, float]:
        """Returns the weights of named losses; a loss not named here has weight 1."""
        return {}

    @property
    def d_updates(self) -> int:
        """Updates of the discriminator in a training step."""
        return 1

    @property
    def images_per_step(self) -> int:
        """Batches of `global_batch_size` images that one training step takes."""
        return self.d_updates

    @property
    def batch_divisor(self) -> int:
        """What must divide the images on each replica."""
        return 1

    @property
    def divisor_name(self) -> str:
        """What makes it so, for an error message."""
        return "1"


@dataclasses.dataclass
class ImageMethodConfig(MethodConfig):
    """What the variants that make images from latents have.

    Attributes:
        d_steps: updates of the discriminator per update of the generator.
        accumulation: micro-batches per update; contrastive losses see one at a time.
        augmentation: config of the augmentation both networks train through.
    """

    network: ImageNetworkConfig = dataclasses.field(default_factory=BigResNetConfig)
    d_steps: int = 1
    accumulation: int = 1
    augmentation: Optional[PartConfig] = None

    def check(self, path: str) -> None:
        """Checks the counts as well."""
        super().check(path)
        require_family(f"{path}.network", self.network, (ImageNetworkConfig,))
        _require_at_least(self, path, 1, ("d_steps", "accumulation"))

    @property
    def d_updates(self) -> int:
        """Updates of the discriminator in a training step."""
        return self.d_steps

    @property
    def batch_divisor(self) -> int:
        """What must divide the images on each replica."""
        return self.accumulation

    @property
    def divisor_name(self) -> str:
        """What makes it so, for an error message."""
        return "accumulation"


CONTRASTS = ("2c", "2c_augmented", "nt_xent", "proxy_nca", "triplet")
POSITIVES = ("same_class", "proxy")
FORMS = ("code", "paper")


@dataclasses.dataclass
class ContraGANConfig(ImageMethodConfig):
    """ContraGAN: conditional contrastive (2C) loss.

    Attributes:
        embedding_dim: length of image and class embeddings.
        contrast: the loss: `2c` (the paper), `2c_augmented` (an augmented copy of
            each image as one more positive), or what the paper compares it with:
            `nt_xent`, `proxy_nca`, `triplet`.
        temperature: of the contrast (no part of `proxy_nca` and `triplet`).
        final_temperature: where the temperature goes; None: it is constant.
        temperature_steps: training steps that it takes to get there.
        temperature_jumps: in so many jumps; 0: continuously.
        positives: 2C's numerator beside the proxy: `same_class` (the paper) or
            `proxy` (nothing).
        margin: of `triplet`.
        contrastive_weight: weight of the contrast in both networks' losses.
        gather_negatives: whether the contrast sees the images of all replicas.
    """

    embedding_dim: int = 512
    contrast: str = "2c"
    temperature: float = 1.0
    final_temperature: Optional[float] = None
    temperature_steps: int = 100_000
    temperature_jumps: int = 1
    positives: str = "same_class"
    margin: float = 1.0
    contrastive_weight: float = 1.0
    gather_negatives: bool = True

    def check(self, path: str) -> None:
        """Checks the contrast's own fields."""
        super().check(path)
        require_choice(f"{path}.contrast", self.contrast, CONTRASTS)
        require_choice(f"{path}.positives", self.positives, POSITIVES)
        _require_above_zero(self, path, ("temperature", "margin"))
        if self.final_temperature is not None:
            _require_above_zero(self, path, ("final_temperature",))
        _require_at_least(self, path, 1, ("embedding_dim", "temperature_steps"))
        _require_at_least(self, path, 0, ("temperature_jumps", "contrastive_weight"))
        require(
            self.temperature_jumps < self.temperature_steps,
            f"{path}.temperature_jumps",
            self.temperature_jumps,
            f"below temperature_steps={self.temperature_steps}",
        )

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
class ReACGANConfig(ImageMethodConfig):
    """ReACGAN: data-to-data cross entropy (D2D-CE); defaults are CIFAR10's.

    Attributes:
        embedding_dim: length of image and class embeddings.
        temperature: of the contrast.
        positive_margin: cosine beyond which a positive is close enough; negatives
            count from a cosine of 1 minus it.
        form: `code`: the authors' code, which subtracts the largest similarity from
            the negatives only; `paper`: without that shift.
        contrastive_weight: weight of D2D-CE in both networks' losses.
        gather_negatives: whether the contrast sees the images of all replicas.
    """

    embedding_dim: int = 512
    temperature: float = 0.5
    positive_margin: float = 0.98
    form: str = "code"
    contrastive_weight: float = 0.5
    gather_negatives: bool = True

    def check(self, path: str) -> None:
        """Checks the contrast's own fields."""
        super().check(path)
        require_choice(f"{path}.form", self.form, FORMS)
        _require_above_zero(self, path, ("temperature",))
        _require_at_least(self, path, 1, ("embedding_dim",))
        _require_at_least(self, path, 0, ("contrastive_weight",))
        require(
            0 <= self.positive_margin <= 1,
            f"{path}.positive_margin",
            self.positive_margin,
            "in [0, 1]",
        )

    def build(self, spec: DataSpec) -> Any:
        """Returns a new `ReACGAN`."""
        from tfgan_contra.models.reacgan import ReACGAN

        return ReACGAN(self, spec)

    def loss_weights(self) -> dict[str, float]:
        """Both sides of the contrast have one weight."""
        return {
            "d_contrastive": self.contrastive_weight,
            "g_contrastive": self.contrastive_weight,
        }


@dataclasses.dataclass
class ACGANConfig(ImageMethodConfig):
    """ACGAN: the discriminator also classifies.

    Attributes:
        classification_weight: weight of the cross entropies.
        classify_fakes: whether D learns to classify fakes too (the authors' code of
            2020; today's does not).
        normalize_features: whether the classifier sees features of unit length.
        class_bias: whether the classifier has a bias (the authors' code of 2020).
    """

    classification_weight: float = 1.0
    classify_fakes: bool = False
    normalize_features: bool = False
    class_bias: bool = False

    def check(self, path: str) -> None:
        """Checks the weight."""
        super().check(path)
        _require_at_least(self, path, 0, ("classification_weight",))

    def build(self, spec: DataSpec) -> Any:
        """Returns a new `ACGAN`."""
        from tfgan_contra.models.acgan import ACGAN

        return ACGAN(self, spec)

    def loss_weights(self) -> dict[str, float]:
        """Both sides' cross entropies have one weight."""
        return {
            "d_classification": self.classification_weight,
            "g_classification": self.classification_weight,
        }


@dataclasses.dataclass
class UnconditionalGANConfig(ImageMethodConfig):
    """No classes at all: DCGAN, LSGAN, WGAN by `adversarial` and the networks."""

    def build(self, spec: DataSpec) -> Any:
        """Returns a new `UnconditionalGAN`."""
        from tfgan_contra.models.unconditional_gan import UnconditionalGAN

        return UnconditionalGAN(self, spec)


@dataclasses.dataclass
class ProjGANConfig(ImageMethodConfig):
    """Projection discriminator (SNGAN, SAGAN and BigGAN by its networks)."""

    def build(self, spec: DataSpec) -> Any:
        """Returns a new `ProjGAN`."""
        from tfgan_contra.models.projgan import ProjGAN

        return ProjGAN(self, spec)


def require_family(path: str, part: Any, families: tuple[type, ...]) -> None:
    """Raises `ConfigError` unless a part of a config is of one of these classes."""
    names = ", ".join(family.__name__ for family in families)
    require(isinstance(part, families), path, type(part).__name__, f"of {names}")


def _require_above_zero(node: Any, path: str, names: tuple[str, ...]) -> None:
    for name in names:
        value = getattr(node, name)
        require(value > 0, f"{path}.{name}", value, "above 0")


def _require_at_least(node: Any, path: str, least: int, names: tuple[str, ...]) -> None:
    for name in names:
        value = getattr(node, name)
        require(value >= least, f"{path}.{name}", value, f"{least} or more")
