"""Configs of the regularisers; import no TensorFlow."""

import dataclasses
from typing import Any

from tfgan_contra.config import PartConfig, require


@dataclasses.dataclass
class ConsistencyConfig(PartConfig):
    """Consistency regularisation (CR).

    Attributes:
        weight: of the loss; the paper's and the authors' 10.
    """

    weight: float = 10.0

    def check(self, path: str) -> None:
        """Checks the weight."""
        require(self.weight >= 0, f"{path}.weight", self.weight, "0 or more")

    def build(self) -> Any:
        """Returns the regulariser."""
        from tfgan_contra.regularizers.consistency import ConsistencyRegularization

        return ConsistencyRegularization(self.weight)
