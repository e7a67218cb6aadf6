"""Configs of the augmentations; import no TensorFlow."""

import dataclasses
from typing import Any

from tfgan_contra.config import PartConfig, require_choice

POLICIES = ("color", "translation", "cutout")


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
