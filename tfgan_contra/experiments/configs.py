"""The options every experiment has, and the list of them; imports no TensorFlow."""

import dataclasses
import importlib
from typing import Any, ClassVar, Optional, Union

from tfgan_contra.config import DataConfig, PartConfig, require, require_choice
from tfgan_contra.networks.sngan_configs import SNGANConfig

FORGETTING_VARIANTS = ("none", "rotation", "info_nce")
COLLAPSE_METHODS = ("unconditional", "ssgan", "infomax")


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

    def require_above_zero(self, path: str, *names: str) -> None:
        """Checks that numbers are above 0."""
        for name in names:
            value = getattr(self, name)
            require(value > 0, f"{path}.{name}", value, "above 0")

    def require_at_least(self, path: str, least: int, *names: str) -> None:
        """Checks that counts are `least` or more."""
        for name in names:
            value = getattr(self, name)
            require(value >= least, f"{path}.{name}", value, f"{least} or more")


@dataclasses.dataclass
class ForgettingConfig(ExperimentConfig):
    """A classifier learns one class after the other, with and without a second task.

    Attributes:
        source: labelled images: `bundled:digits`, `tfds:<name>` or `folder:<path>`.
        image_size: side in pixels: 32, 48, 64 or 128.
        channels: 1 or 3 to convert; None keeps what the source has.
        data_dir: where data sets lie or are cached; None: the library's default.
        max_classes: use so many classes, the first ones; 0: all.
        variants: what is learned beside the task: `none`, `rotation` (SSGAN),
            `info_nce` (InfoMax-GAN).
        num_seeds: repetitions, of seeds 0, 1, ....
        cycles: how often all classes have their turn; 2 or more.
        steps_per_class: updates in a turn; the paper's 1,000 are for CIFAR-10.
        first_steps: so many updates after a switch count as its aftermath.
        eval_every: updates between two measurements.
        held_out_per_class: held-out images of each class, fewer if there are fewer.
        batch_size: images per update, a multiple of 4; half are of the class.
        width: of the discriminator; the papers' 64.
        projection_dim: length of the features that `info_nce` contrasts.
        rotation_weight: of the rotation loss; the paper's beta.
        info_nce_weight: of InfoNCE; InfoMax-GAN's beta.
        optimizer: `adam` or `sgd`.
        learning_rate: of all weights.
        momentum: Adam's beta_1, or SGD's momentum.
    """

    name: ClassVar[str] = "forgetting"
    made_by: ClassVar[tuple[str, str]] = ("forgetting", "Forgetting")
    source: str = "bundled:digits"
    image_size: int = 32
    channels: Optional[int] = None
    data_dir: Optional[str] = None
    max_classes: int = 0
    variants: tuple[str, ...] = FORGETTING_VARIANTS
    num_seeds: int = 3
    cycles: int = 2
    steps_per_class: int = 100
    first_steps: int = 10
    eval_every: int = 5
    held_out_per_class: int = 50
    batch_size: int = 32
    width: int = 8
    projection_dim: int = 64
    rotation_weight: float = 1.0
    info_nce_weight: float = 0.2
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    momentum: float = 0.5

    def data(self) -> DataConfig:
        """Returns which images to load."""
        names = ("source", "image_size", "channels", "data_dir")
        return DataConfig(**{name: getattr(self, name) for name in names})

    def check(self, path: str) -> None:
        """Checks the images, the choices, the counts and the rhythm."""
        self.data().check(path)
        SNGANConfig().check_resolution(path, self.image_size)
        _require_some(f"{path}.variants", self.variants, FORGETTING_VARIANTS)
        require_choice(f"{path}.optimizer", self.optimizer, ("adam", "sgd"))
        counts = ("num_seeds", "eval_every", "held_out_per_class", "width")
        self.require_at_least(path, 1, *counts, "projection_dim")
        self.require_at_least(path, 2, "cycles")
        self.require_at_least(path, 0, "max_classes", "rotation_weight")
        self.require_at_least(path, 0, "info_nce_weight")
        self.require_above_zero(path, "learning_rate")
        for name, fits, expected in (
            ("max_classes", self.max_classes != 1, "0 (all) or 2 or more"),
            ("momentum", 0 <= self.momentum < 1, "in [0, 1)"),
            (
                "batch_size",
                self.batch_size > 0 and self.batch_size % 4 == 0,
                "a multiple of 4",
            ),
            (
                "first_steps",
                self.eval_every <= self.first_steps <= self.steps_per_class,
                f"from eval_every={self.eval_every} to "
                f"steps_per_class={self.steps_per_class}",
            ),
        ):
            require(fits, f"{path}.{name}", getattr(self, name), expected)


@dataclasses.dataclass
class ModeCollapseConfig(ExperimentConfig):
    """How hard InfoNCE is for few classes, and how many of 1,000 modes GANs cover.

    Attributes:
        methods: GANs to train on stacked digits: `unconditional`, `ssgan`, `infomax`;
            none: only the runs of `--workdirs` are looked at.
        num_seeds: repetitions, of seeds 0, 1, ....
        num_steps: training steps of each GAN.
        d_steps: updates of the discriminator per step.
        batch_size: images per update, a multiple of 4.
        g_width: of the generators.
        d_widths: of the discriminators, each for all methods and seeds; small ones
            show a collapse.
        latent_dim: length of the latents.
        projection_dim: of InfoMax-GAN's projected features.
        learning_rate: of both networks.
        beta_1: of Adam.
        ema_decay: of the generator's moving average, which is looked at.
        num_generated: images of each GAN whose modes are counted.
        class_counts: numbers of classes in the batches that InfoNCE is measured on.
        contrast_batch_size: images in each of them.
        contrast_batches: batches of each kind.
        cache_dir: where the classifier of digits is cached; None: the library's
            default.
    """

    name: ClassVar[str] = "mode_collapse"
    takes_runs: ClassVar[str] = "some"
    made_by: ClassVar[tuple[str, str]] = ("mode_collapse", "ModeCollapse")
    methods: tuple[str, ...] = COLLAPSE_METHODS
    num_seeds: int = 2
    num_steps: int = 1500
    d_steps: int = 1
    batch_size: int = 32
    g_width: int = 16
    d_widths: tuple[int, ...] = (8,)
    latent_dim: int = 64
    projection_dim: int = 64
    learning_rate: float = 5e-4
    beta_1: float = 0.5
    ema_decay: float = 0.99
    num_generated: int = 10_000
    class_counts: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    contrast_batch_size: int = 64
    contrast_batches: int = 20
    cache_dir: Optional[str] = None

    def data(self, source: str = "bundled:stacked_digits") -> DataConfig:
        """Returns which images to load: stacked digits, or single ones."""
        return DataConfig(source=source, image_size=32)

    def check(self, path: str) -> None:
        """Checks the choices and the counts."""
        if self.methods:
            _require_some(f"{path}.methods", self.methods, COLLAPSE_METHODS)
        counts = ("num_seeds", "num_steps", "d_steps", "g_width", "latent_dim")
        self.require_at_least(path, 1, *counts, "projection_dim")
        self.require_at_least(path, 1, "num_generated", "contrast_batches")
        self.require_at_least(path, 2, "contrast_batch_size")
        self.require_above_zero(path, "learning_rate")
        for name, fits, expected in (
            ("d_widths", _are_numbers(self.d_widths, 1), "a list such as [4,8]"),
            ("class_counts", _are_numbers(self.class_counts, 1), "such as [1,4,64]"),
            ("beta_1", 0 <= self.beta_1 < 1, "in [0, 1)"),
            ("ema_decay", 0 <= self.ema_decay < 1, "in [0, 1)"),
            (
                "batch_size",
                self.batch_size > 0 and self.batch_size % 4 == 0,
                "a multiple of 4",
            ),
        ):
            require(fits, f"{path}.{name}", getattr(self, name), expected)


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
        num_train: images to learn from, fewer if there are fewer. Where the pixels
            alone are nearly always right, few images tell networks apart.
        repeats: average over so many regressions, each on other images to learn from;
            fewer if there are fewer images.
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
    repeats: int = 1
    num_test: int = 5_000
    pool: str = "max"
    max_features: int = 9_000
    solver: str = "auto"
    l2: float = 1e-2
    max_iterations: int = 200
    epochs: int = 100
    seed: int = 0

    def check(self, path: str) -> None:
        """Checks the choices and the counts."""
        require_choice(f"{path}.split", self.split, ("train", "test"))
        require_choice(f"{path}.pool", self.pool, ("max", "avg"))
        require_choice(f"{path}.solver", self.solver, ("auto", "lbfgs", "sgd"))
        self.require_at_least(path, 2, "num_train")
        counts = ("repeats", "num_test", "max_features", "max_iterations", "epochs")
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


def _require_some(path: str, values: tuple[str, ...], choices: tuple[str, ...]) -> None:
    """Checks that some different ones of the choices are named."""
    for value in values:
        require_choice(path, value, choices)
    once = 0 < len(values) == len(set(values))
    require(once, path, values, f"some of {', '.join(choices)}, each once")


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
    config.name: config
    for config in (
        ForgettingConfig,
        ModeCollapseConfig,
        LinearProbeConfig,
        StabilityConfig,
    )
}
