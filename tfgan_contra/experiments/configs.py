"""The options every experiment has, and the list of them; imports no TensorFlow."""

import dataclasses
import importlib
from typing import Any, ClassVar, Optional, Union

from tfgan_contra.config import PartConfig, require, require_choice


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


@dataclasses.dataclass
class LinearProbeConfig(ExperimentConfig):
    """Logistic regression on the discriminator's features, over the checkpoints.

    Attributes:
        checkpoints: `all`, `last`, a step or a list of steps. Runs keep two and the
            best unless they train with `--config.train.keep_checkpoints=20`, say.
        blocks: `all`, or the number of a block, counted from 1, or a list of them.
        split: where the regression learns: on `train`, the images that D trained on,
            tested on those held out; or on `test`, one half of those held out, tested
            on the other, so that D knows neither.
        num_train: images to learn from, fewer if there are fewer.
        num_test: images to test on, fewer if there are fewer.
        pool: how feature maps become smaller: `max` or `avg`.
        max_features: most features of an image that a map may have after it.
        solver: `lbfgs` (scikit-learn's), `sgd` (momentum 0.9, batches of 256), or
            `auto`: lbfgs where the features are few.
        l2: weight of half the squared weights beside the mean cross entropy.
        max_iterations: of lbfgs.
        epochs: of sgd.
        seed: of the choice of images, of the random D and of the order of sgd.
    """

    name: ClassVar[str] = "linear_probe"
    takes_runs: ClassVar[str] = "needed"
    made_by: ClassVar[tuple[str, str]] = ("linear_probe", "LinearProbe")
    # A list's items are read as the first of these types.
    checkpoints: Union[int, str, tuple[int, ...]] = "all"
    blocks: Union[int, str, tuple[int, ...]] = "all"
    split: str = "train"
    num_train: int = 10_000
    num_test: int = 5_000
    pool: str = "max"
    max_features: int = 9_000
    solver: str = "auto"
    l2: float = 1e-3
    max_iterations: int = 200
    epochs: int = 100
    seed: int = 0

    def check(self, path: str) -> None:
        """Checks the choices and the counts."""
        require_choice(f"{path}.split", self.split, ("train", "test"))
        require_choice(f"{path}.pool", self.pool, ("max", "avg"))
        require_choice(f"{path}.solver", self.solver, ("auto", "lbfgs", "sgd"))
        self.require_at_least(path, 2, "num_train")
        counts = ("num_test", "max_features", "max_iterations", "epochs")
        self.require_at_least(path, 1, *counts)
        self.require_at_least(path, 0, "seed")
        require(self.l2 > 0, f"{path}.l2", self.l2, "above 0")
        for name, words, least in (
            ("checkpoints", ("all", "last"), 0),
            ("blocks", ("all",), 1),
        ):
            value = getattr(self, name)
            fits = value in words or _are_numbers(value, least)
            expected = f"{' or '.join(words)}, a number or a list such as [1,2]"
            require(fits, f"{path}.{name}", value, expected)


def _are_numbers(value: Any, least: int) -> bool:
    """Returns whether it is a number, or some different ones, none below `least`."""
    numbers = value if isinstance(value, tuple) else (value,)
    whole = all(isinstance(n, int) and n >= least for n in numbers)
    return whole and 0 < len(numbers) == len(set(numbers))


@dataclasses.dataclass
class StabilityConfig(ExperimentConfig):
    """D's accuracies and the spectral norms of runs over training, and collapses.

    Attributes:
        collapse_factor: a score so many times the best before it is a collapse; None:
            as each run's `train.collapse_factor` says.
    """

    name: ClassVar[str] = "stability"
    takes_runs: ClassVar[str] = "needed"
    made_by: ClassVar[tuple[str, str]] = ("stability", "Stability")
    collapse_factor: Optional[float] = None

    def check(self, path: str) -> None:
        """Checks that a collapse is a change for the worse."""
        factor = self.collapse_factor
        fits = factor is None or factor > 1
        require(fits, f"{path}.collapse_factor", factor, "above 1")


EXPERIMENTS: dict[str, type[ExperimentConfig]] = {
    config.name: config for config in (LinearProbeConfig, StabilityConfig)
}
