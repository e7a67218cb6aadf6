"""The configurations of SSGAN, InfoMax-GAN and Dual Contrastive GAN; no TensorFlow."""

import dataclasses
from typing import Any, ClassVar, Optional

from tfgan_contra.augmentation.configs import AdaptiveAugmentConfig
from tfgan_contra.config import PartConfig, require, require_choice
from tfgan_contra.models.configs import ImageMethodConfig
from tfgan_contra.networks.configs import ImageNetworkConfig
from tfgan_contra.networks.sngan_configs import SNGANConfig
from tfgan_contra.regularizers.configs import R1Config, TopKConfig
from tfgan_contra.types import DataSpec

ROTATION_BATCHES = ("four_way_quarter", "quarter_each")
INFO_NCE_NEGATIVES = ("other_images", "all")
DUAL_FORMS = ("minimax", "swapped", "real_anchor")
DUAL = "dual_contrastive"
_BY_LOGITS = (TopKConfig, AdaptiveAugmentConfig)


@dataclasses.dataclass
class SSGANConfig(ImageMethodConfig):
    """SSGAN: the discriminator also tells by how much an image was turned.

    Attributes:
        rotation_batch: `four_way_quarter`: a quarter of the batch in all four
            directions (the authors); `quarter_each`: every image in one of them.
        adversarial_weight: of both adversarial losses; 0: nothing but rotations, the
            paper's baseline.
        d_rotation_weight: of the rotations of real images in D's loss; the paper's
            beta.
        g_rotation_weight: of those of fakes in G's loss; the paper's alpha.
    """

    network: ImageNetworkConfig = dataclasses.field(default_factory=SNGANConfig)
    rotation_batch: str = "four_way_quarter"
    adversarial_weight: float = 1.0
    d_rotation_weight: float = 1.0
    g_rotation_weight: float = 0.2

    def check(self, path: str) -> None:
        """Checks the scheme and the weights."""
        super().check(path)
        require_choice(f"{path}.rotation_batch", self.rotation_batch, ROTATION_BATCHES)
        # Turning images itself, by quarters or any angle, it would belie the labels.
        augmentation = self.augmentation
        turns = isinstance(augmentation, AdaptiveAugmentConfig)
        require(
            not (turns and augmentation.pipeline != "c"),  # type: ignore[union-attr]
            f"{path}.augmentation.pipeline",
            getattr(augmentation, "pipeline", None),
            "'c' (colours alone) for SSGAN, whose labels are turns",
        )
        for name in ("adversarial_weight", "d_rotation_weight", "g_rotation_weight"):
            value = getattr(self, name)
            require(value >= 0, f"{path}.{name}", value, "0 or more")

    def build(self, spec: DataSpec) -> Any:
        """Returns a new `SSGAN`."""
        from tfgan_contra.models.ssgan import SSGAN

        return SSGAN(self, spec)

    def loss_weights(self) -> dict[str, float]:
        """Returns the weights by the names of the losses."""
        return {
            "d_adversarial": self.adversarial_weight,
            "g_adversarial": self.adversarial_weight,
            "d_rotation": self.d_rotation_weight,
            "g_rotation": self.g_rotation_weight,
        }

    @property
    def batch_divisor(self) -> int:
        """What must divide the images on each replica."""
        quarters = 4 if self.rotation_batch == "four_way_quarter" else 1
        return quarters * super().batch_divisor

    @property
    def divisor_name(self) -> str:
        """What makes it so, for an error message."""
        if self.rotation_batch == "four_way_quarter":
            return "4 (rotation_batch='four_way_quarter') times accumulation"
        return super().divisor_name


@dataclasses.dataclass
class InfoMaxGANConfig(ImageMethodConfig):
    """InfoMax-GAN: local and global features of an image should find each other.

    Attributes:
        projection_dim: R, length of the projected features.
        negatives: `other_images`: the places of all other images (the authors' code);
            `all`: also the other places of the image itself (the paper).
        d_info_weight: of InfoNCE on real images in D's loss; the paper's beta.
        g_info_weight: of InfoNCE on fakes in G's loss; the paper's alpha.
        gather_negatives: whether the contrast sees the images of all replicas.
    """

    network: ImageNetworkConfig = dataclasses.field(default_factory=SNGANConfig)
    projection_dim: int = 1024
    negatives: str = "other_images"
    d_info_weight: float = 0.2
    g_info_weight: float = 0.2
    gather_negatives: bool = True

    def check(self, path: str) -> None:
        """Checks the projection, the negatives and the weights."""
        super().check(path)
        require_choice(f"{path}.negatives", self.negatives, INFO_NCE_NEGATIVES)
        value = self.projection_dim
        require(value >= 1, f"{path}.projection_dim", value, "1 or more")
        for name in ("d_info_weight", "g_info_weight"):
            weight = getattr(self, name)
            require(weight >= 0, f"{path}.{name}", weight, "0 or more")

    def build(self, spec: DataSpec) -> Any:
        """Returns a new `InfoMaxGAN`."""
        from tfgan_contra.models.infomax_gan import InfoMaxGAN

        return InfoMaxGAN(self, spec)

    def loss_weights(self) -> dict[str, float]:
        """Returns the weights by the names of the losses."""
        return {"d_info_nce": self.d_info_weight, "g_info_nce": self.g_info_weight}


@dataclasses.dataclass
class DualContrastiveGANConfig(ImageMethodConfig):
    """Dual Contrastive GAN: each real against all fakes, each fake against all reals.

    The paper's attention is off by default. Its authors published no code, so where it
    stands and what form it has is this library's design:

    In the generator it is SAGAN's self-attention, the network's `g_attention_after`:
    block 3 gives 32x32 and block 2 gives 16x16, the place to choose where images have
    no more than 32 pixels (at 48 pixels the blocks give 12, 24 and 48). That holds for
    SNGAN's networks and, with or without labels, for BigGAN's, whose config has
    attention after block 2 of the generator and block 1 of the discriminator already.
    A reader of the paper reports that self-attention in the discriminator made scores
    worse there; `d_attention_after=()` leaves it out.

    In the discriminator it is attention to a real reference image, see
    `DualContrastiveGAN`. The place to choose is where features are 8x8: block 2 at 32
    pixels, 3 at 64 (and at 48, where it gives 6x6), 4 at 128 and 5 at 256.

    Attributes:
        adversarial: only `dual_contrastive`, which is this method.
        form: of the generator's loss: `minimax` (published), `swapped` (does not
            saturate) or `real_anchor` (its part for the reals alone).
        gather_negatives: whether the contrast sees the images of all replicas.
        regularizers: R1, as in the paper's StyleGAN2, though of weight 1 in every step
            in place of a larger one in every 16th.
        reference_attention_after: block of the discriminator followed by reference
            attention, from 1, and not the last one; None: there is none.
        reference_images: how many training images are kept as references for use
            outside of training.
    """

    network: ImageNetworkConfig = dataclasses.field(default_factory=SNGANConfig)
    adversarial: str = DUAL
    regularizers: tuple[PartConfig, ...] = dataclasses.field(
        default_factory=lambda: (R1Config(weight=1.0),)
    )
    form: str = "minimax"
    gather_negatives: bool = True
    reference_attention_after: Optional[int] = None
    reference_images: int = 16

    adversarial_choices: ClassVar[tuple[str, ...]] = (DUAL,)

    def check(self, path: str) -> None:
        """Checks the form and the number of references."""
        super().check(path)
        require_choice(f"{path}.form", self.form, DUAL_FORMS)
        # Both go by the size of single logits; here only differences mean something.
        for name, parts in (
            ("regularizers", self.regularizers),
            ("augmentation", (self.augmentation,)),
        ):
            kinds = [type(part).__name__ for part in parts]
            require(
                not any(isinstance(part, _BY_LOGITS) for part in parts),
                f"{path}.{name}",
                ", ".join(kinds),
                "without top-k and adaptive augmentation, which go by single logits",
            )
        value = self.reference_images
        require(value >= 1, f"{path}.reference_images", value, "1 or more")

    def build(self, spec: DataSpec) -> Any:
        """Returns a new `DualContrastiveGAN`."""
        from tfgan_contra.models.dual_contrastive_gan import DualContrastiveGAN

        return DualContrastiveGAN(self, spec)
