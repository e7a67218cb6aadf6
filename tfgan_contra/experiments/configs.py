"""The options every experiment has, and the list of them; imports no TensorFlow."""

import dataclasses
import importlib
from typing import Any, ClassVar

from tfgan_contra.config import PartConfig, require


@dataclasses.dataclass
class ExperimentConfig(PartConfig):
    """What every experiment has; subclasses name their class, made on `build`.

    Attributes:
        name: of the experiment and of its files.
        takes_runs: whether it looks at run folders (`--workdirs`): `none`, `some` or
            `needed`.
        made_by: module and class of the experiment.
    """

    name: ClassVar[str] = ""
    takes_runs: ClassVar[str] = "none"
    made_by: ClassVar[tuple[str, str]] = ("", "")

    def build(self) -> Any:
        """Returns the experiment."""
        module, cls = self.made_by
        found = importlib.import_module(f"tfgan_contra.experiments.{module}")
        return getattr(found, cls)(self)

    def require_at_least(self, path: str, least: int, *names: str) -> None:
        """Checks that counts are `least` or more."""
        for name in names:
            value = getattr(self, name)
            require(value >= least, f"{path}.{name}", value, f"{least} or more")


EXPERIMENTS: dict[str, type[ExperimentConfig]] = {}
