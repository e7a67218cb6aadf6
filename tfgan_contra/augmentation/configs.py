"""Configs of the augmentations; import no TensorFlow."""

import dataclasses
from typing import Any

from tfgan_contra.config import PartConfig, require, require_choice

POLICIES = ("color", "translation", "cutout")
# Pixel blitting, general geometric and colour transformations.
PIPELINES = ("b", "g", "c", "bg", "bc", "gc", "bgc")


@dataclasses.dataclass
class DiffAugmentConfig(PartConfig):
    """DiffAugment.

    Attributes:
        policies: which transformations to apply, in this order.
    """

    policies: tuple[str, ...] = POLICIES

    def check(self, path: str) -> None:
        """Checks that every policy is known."""
        for policy in self.policies:
            require_choice(f"{path}.policies", policy, POLICIES)

    def build(self) -> Any:
        """Returns the augmentation."""
        from tfgan_contra.augmentation.diff_augment import DiffAugment

        return DiffAugment(tuple(self.policies))


@dataclasses.dataclass
class AdaptiveAugmentConfig(PartConfig):
    """Adaptive discriminator augmentation (ADA).

    Attributes:
        target: mean sign of the real images' logits that the strength aims at.
        speed_kimg: thousands of real images in which it could go from 0 to 1.
        every: training steps between its adjustments.
        pipeline: which transformations: `b` pixel blitting, `g` general geometric,
            `c` colour, or several of them.
    """

    target: float = 0.6
    speed_kimg: float = 500.0
    every: int = 4
    pipeline: str = "bgc"

    def check(self, path: str) -> None:
        """Checks the target, the speed, the interval and the pipeline."""
        require(-1 < self.target < 1, f"{path}.target", self.target, "in (-1, 1)")
        require(self.speed_kimg > 0, f"{path}.speed_kimg", self.speed_kimg, "above 0")
        require(self.every >= 1, f"{path}.every", self.every, "1 or more")
        require_choice(f"{path}.pipeline", self.pipeline, PIPELINES)

    def build(self) -> Any:
        """Returns the augmentation."""
        from tfgan_contra.augmentation.adaptive import AdaptiveAugment

        return AdaptiveAugment(self.target, self.speed_kimg, self.every, self.pipeline)
