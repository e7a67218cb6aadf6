"""The configurations of CUT, FastCUT and SinCUT; imports no TensorFlow."""

import dataclasses
from typing import Any, ClassVar

from tfgan_contra.config import PartConfig, require, require_choice
from tfgan_contra.models.configs import MethodConfig, require_family
from tfgan_contra.networks.configs import NetworkConfig
from tfgan_contra.networks.translation_configs import (
    SinCUTNetworkConfig,
    TranslationNetworkConfig,
)
from tfgan_contra.regularizers.configs import (
    DraganConfig,
    GradientPenaltyConfig,
    LeCamConfig,
    MaxGradientPenaltyConfig,
    R1Config,
    WeightClippingConfig,
)
from tfgan_contra.types import TranslationSpec

NEGATIVES = ("image", "batch")
REGULARIZERS = (
    DraganConfig,
    GradientPenaltyConfig,
    LeCamConfig,
    MaxGradientPenaltyConfig,
    R1Config,
    WeightClippingConfig,
)


@dataclasses.dataclass
class CUTConfig(MethodConfig):
    """CUT: patchwise contrast between a picture and its translation.

    The weights are what the raw losses are multiplied by, so that the authors'
    `lambda_NCE=1`, which they halve between the two contrasts, is 0.5 twice.

    Attributes:
        d_adversarial_weight: of the discriminator's loss.
        g_adversarial_weight: of the generator's; 2, since the authors' least squares
            have no factor of one half there.
        nce_weight: of the contrast of A and its translation.
        identity_nce_weight: of the contrast of B and its translation, which should
            change nothing; 0: B is not translated at all.
        nce_layers: numbers of the generator's layers whose features are contrasted.
        temperature: of the contrast.
        num_patches: patches per picture and layer.
        embedding_dim: length of a patch's embedding.
        negatives: a patch's negatives: the others of its `image`, or of the `batch`.
        gather_negatives: whether `batch` means the images of all replicas.
        flip_equivariance: whether half of the steps translate mirrored pictures, whose
            features are mirrored back before the contrast.
    """

    is_translation: ClassVar[bool] = True
    networks: ClassVar[tuple[str, ...]] = ("g", "d", "f")

    network: NetworkConfig = dataclasses.field(default_factory=TranslationNetworkConfig)
    adversarial: str = "least_squares"
    ema_decay: float = 0.0
    ema_start: int = 0
    d_adversarial_weight: float = 1.0
    g_adversarial_weight: float = 2.0
    nce_weight: float = 0.5
    identity_nce_weight: float = 0.5
    nce_layers: tuple[int, ...] = (0, 4, 8, 12, 16)
    temperature: float = 0.07
    num_patches: int = 256
    embedding_dim: int = 256
    negatives: str = "image"
    gather_negatives: bool = True
    flip_equivariance: bool = False

    def check(self, path: str) -> None:
        """Checks the contrast's fields, and that its layers exist."""
        super().check(path)
        families = (TranslationNetworkConfig, SinCUTNetworkConfig)
        require_family(f"{path}.network", self.network, families)
        for item in self.regularizers:
            # The others ask for latents, or choose among logits of whole images.
            require_family(f"{path}.regularizers", item, REGULARIZERS)
        require_choice(f"{path}.negatives", self.negatives, NEGATIVES)
        value = self.temperature
        require(value > 0, f"{path}.temperature", value, "above 0")
        for name in ("num_patches", "embedding_dim"):
            value = getattr(self, name)
            require(value >= 1, f"{path}.{name}", value, "1 or more")
        for name in self.weight_names():
            value = getattr(self, name)
            require(value >= 0, f"{path}.{name}", value, "0 or more")
        layers = self.network.num_layers()  # type: ignore[attr-defined]
        fits = all(0 <= layer < layers for layer in self.nce_layers)
        require(
            fits and len(set(self.nce_layers)) == len(self.nce_layers) > 0,
            f"{path}.nce_layers",
            self.nce_layers,
            f"one or more different layers of the generator, 0 to {layers - 1}",
        )

    @property
    def translates_target(self) -> bool:
        """Whether B is translated too, for the identity terms."""
        return self.identity_nce_weight > 0

    def weight_names(self) -> tuple[str, ...]:
        """Returns the fields that are weights of losses."""
        return (
            "d_adversarial_weight",
            "g_adversarial_weight",
            "nce_weight",
            "identity_nce_weight",
        )

    def build(self, spec: TranslationSpec) -> Any:
        """Returns a new `CUT`."""
        from tfgan_contra.models.cut import CUT

        return CUT(self, spec)

    def loss_weights(self) -> dict[str, float]:
        """Returns the weights by the names of the losses."""
        return {
            "d_adversarial": self.d_adversarial_weight,
            "g_adversarial": self.g_adversarial_weight,
            "g_nce": self.nce_weight,
            "g_identity_nce": self.identity_nce_weight,
        }


@dataclasses.dataclass
class FastCUTConfig(CUTConfig):
    """FastCUT: a strong contrast, nothing for B, and mirrored pictures."""

    nce_weight: float = 10.0
    identity_nce_weight: float = 0.0
    flip_equivariance: bool = True

    def build(self, spec: TranslationSpec) -> Any:
        """Returns a new `FastCUT`."""
        from tfgan_contra.models.cut import FastCUT

        return FastCUT(self, spec)


@dataclasses.dataclass
class SinCUTConfig(CUTConfig):
    """SinCUT: crops of one picture, contrasted with the other crops of the batch.

    Attributes:
        d_adversarial_weight: 0.5, as the authors halve the discriminator's loss.
        identity_weight: of the mean absolute difference of B and its translation.
    """

    network: NetworkConfig = dataclasses.field(default_factory=SinCUTNetworkConfig)
    adversarial: str = "logistic"
    d_adversarial_weight: float = 0.5
    g_adversarial_weight: float = 1.0
    nce_weight: float = 2.0
    identity_nce_weight: float = 2.0
    nce_layers: tuple[int, ...] = (0, 2, 4)
    num_patches: int = 1
    negatives: str = "batch"
    regularizers: tuple[PartConfig, ...] = dataclasses.field(
        default_factory=lambda: (R1Config(weight=1.0),)
    )
    identity_weight: float = 1.0

    @property
    def translates_target(self) -> bool:
        """Whether B is translated too, for the identity terms."""
        return super().translates_target or self.identity_weight > 0

    def weight_names(self) -> tuple[str, ...]:
        """Returns the fields that are weights of losses."""
        return (*super().weight_names(), "identity_weight")

    def build(self, spec: TranslationSpec) -> Any:
        """Returns a new `SinCUT`."""
        from tfgan_contra.models.cut import SinCUT

        return SinCUT(self, spec)

    def loss_weights(self) -> dict[str, float]:
        """Returns the weights by the names of the losses."""
        return super().loss_weights() | {"g_identity": self.identity_weight}
