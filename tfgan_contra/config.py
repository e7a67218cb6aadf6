"""Typed configuration: dataclasses in, JSON out; imports no TensorFlow.

A `Config` is a tree of `ConfigNode` dataclasses. Files in `configs/` return one from
`get_config()`, flags override single fields, `validate()` checks the whole tree once,
and `to_dict` / `from_dict` carry it through a run folder's `config.json`.

A node may be replaced by a subclass (`method` may hold any variant's config), so JSON
stores the class of every node under `"type"`.
"""

import dataclasses
from typing import Optional

from tfgan_contra.config_tree import (
    ConfigNode,
    PartConfig,
    differences,
    field_names,
    from_dict,
    from_json,
    leaves,
    nearest_name,
    require,
    require_choice,
    to_dict,
    to_json,
)

__all__ = [
    "Config",
    "DataConfig",
    "EpochTrainConfig",
    "EvaluationConfig",
    "OptimizerConfig",
    "TrainConfig",
    "ConfigNode",
    "PartConfig",
    "differences",
    "field_names",
    "from_dict",
    "from_json",
    "leaves",
    "nearest_name",
    "require",
    "require_choice",
    "to_dict",
    "to_json",
]


@dataclasses.dataclass
class DataConfig(ConfigNode):
    """Which images to train on and how to prepare them.

    Attributes:
        source: `bundled:digits`, `tfds:<name>` or `folder:<path>`.
        image_size: side in pixels after cropping and resizing.
        channels: 1 or 3 to convert; None keeps what the source has.
        crop: square crop before resizing: `center`, `random` or `none` (needs square
            images; the paper's setting for images that already have the right size).
        flip: mirror half of the training images left to right.
        data_dir: where data sets lie or are cached; None: the library's default.
        download: whether `tfds:` may download; off, so that nothing starts by surprise.
        max_unreadable: how many unreadable files may be skipped before giving up.
    """

    source: str = "bundled:digits"
    image_size: int = 32
    channels: Optional[int] = None
    crop: str = "center"
    flip: bool = False
    data_dir: Optional[str] = None
    download: bool = False
    max_unreadable: int = 10

    def check(self, path: str) -> None:
        """Checks the source's form, the size and the crop."""
        require(
            ":" in self.source,
            f"{path}.source",
            self.source,
            "bundled:digits, tfds:<name> or folder:<path>",
        )
        require(
            self.image_size in (32, 48, 64, 128, 256),
            f"{path}.image_size",
            self.image_size,
            "32, 48, 64, 128 or 256",
        )
        require(
            self.channels in (None, 1, 3), f"{path}.channels", self.channels, "1 or 3"
        )
        require_choice(f"{path}.crop", self.crop, ("center", "random", "none"))
        require(
            self.max_unreadable >= 0,
            f"{path}.max_unreadable",
            self.max_unreadable,
            "0 or more",
        )


@dataclasses.dataclass
class OptimizerConfig(ConfigNode):
    """Adam for both networks, epsilon in the authors' (PyTorch) convention.

    Attributes:
        g_learning_rate: step size of the generator.
        d_learning_rate: step size of the discriminator and the heads.
        beta_1: decay of the first moment.
        beta_2: decay of the second moment.
        epsilon: added to the bias-corrected root of the second moment.
        decay_start: fraction of the run after which both rates fall linearly to
            `final_fraction`; 1.0 keeps them constant, as the papers do.
        final_fraction: fraction of the rates left at the last step.
    """

    g_learning_rate: float = 2e-4
    d_learning_rate: float = 2e-4
    beta_1: float = 0.5
    beta_2: float = 0.999
    epsilon: float = 1e-6
    decay_start: float = 1.0
    final_fraction: float = 0.0

    def check(self, path: str) -> None:
        """Checks that rates are positive and fractions lie in [0, 1]."""
        for name in ("g_learning_rate", "d_learning_rate", "epsilon"):
            value = getattr(self, name)
            require(value > 0, f"{path}.{name}", value, "above 0")
        for name in ("beta_1", "beta_2"):
            value = getattr(self, name)
            require(0 <= value < 1, f"{path}.{name}", value, "in [0, 1)")
        for name in ("decay_start", "final_fraction"):
            value = getattr(self, name)
            require(0 <= value <= 1, f"{path}.{name}", value, "in [0, 1]")


@dataclasses.dataclass
class TrainConfig(ConfigNode):
    """How long to train and what to write on the way.

    Attributes:
        num_steps: training steps; one step is `d_steps` updates of the discriminator
            and one of the generator.
        global_batch_size: images per update over all replicas.
        log_every: steps between rows in TensorBoard.
        sample_every: steps between sample grids; 0: never.
        eval_every: steps between evaluations; 0: only at the end.
        checkpoint_every: steps between checkpoints.
        keep_checkpoints: how many recent checkpoints to keep, beside the best.
        precision: `float32`, `mixed_bfloat16` or `mixed_float16`.
        deterministic: run TensorFlow's deterministic kernels (slower).
        collapse_factor: warn when the score exceeds this multiple of the best.
        stop_on_collapse: end the run (keeping the best checkpoint) on collapse.
    """

    num_steps: int = 100_000
    global_batch_size: int = 64
    log_every: int = 100
    sample_every: int = 1_000
    eval_every: int = 2_000
    checkpoint_every: int = 1_000
    keep_checkpoints: int = 2
    precision: str = "float32"
    deterministic: bool = False
    collapse_factor: float = 3.0
    stop_on_collapse: bool = False

    def check(self, path: str) -> None:
        """Checks that counts are positive and the precision is known."""
        positive = ("num_steps", "global_batch_size", "log_every", "checkpoint_every")
        for name in (*positive, "keep_checkpoints"):
            value = getattr(self, name)
            require(value >= 1, f"{path}.{name}", value, "1 or more")
        for name in ("sample_every", "eval_every"):
            value = getattr(self, name)
            require(value >= 0, f"{path}.{name}", value, "0 or more")
        require(
            self.collapse_factor > 1,
            f"{path}.collapse_factor",
            self.collapse_factor,
            "above 1",
        )
        require_choice(
            f"{path}.precision",
            self.precision,
            ("float32", "mixed_bfloat16", "mixed_float16"),
        )


@dataclasses.dataclass
class EpochTrainConfig(TrainConfig):
    """A run counted in epochs, whose rates fall after some of them.

    In epoch e, counted from 1, all rates are multiplied by
    `1 - max(0, e - constant_epochs) / (decay_epochs + 1)`.

    Attributes:
        num_steps: stop after so many training steps; 0: after all epochs.
        constant_epochs: epochs of constant learning rates.
        decay_epochs: epochs after them, in which the rates fall, once per epoch.
    """

    num_steps: int = 0
    constant_epochs: int = 200
    decay_epochs: int = 200

    def check(self, path: str) -> None:
        """Checks the epochs as well."""
        for name in ("num_steps", "constant_epochs", "decay_epochs"):
            value = getattr(self, name)
            require(value >= 0, f"{path}.{name}", value, "0 or more")
        epochs = self.constant_epochs + self.decay_epochs
        require(epochs >= 1, f"{path}.constant_epochs", 0, "1 or more without a decay")
        self.counted(1).check(path)

    def counted(self, epoch_steps: int) -> TrainConfig:
        """Returns the same counted in steps, for epochs of so many steps."""
        values = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(TrainConfig)
        }
        whole = epoch_steps * (self.constant_epochs + self.decay_epochs)
        return TrainConfig(**(values | {"num_steps": self.num_steps or whole}))


@dataclasses.dataclass
class EvaluationConfig(ConfigNode):
    """How a generator is measured; every number is stored with this protocol.

    Attributes:
        extractor: `classifier` (trained on the real data, for small sets),
            `fid_inception:<path>` (the FID Inception graph from a local file),
            `fid_inception` (its download location), `keras_inception`, `pair_encoder`
            (trained on the real images with their captions), or `model:<path>` (any
            SavedModel or Keras model).
        num_images: generated images per evaluation.
        reference_split: split the real images come from: `train` or `test`.
        batch_size: images per forward pass.
        nearest_k: neighbours for precision, recall, density and coverage.
        statistics: BatchNorm statistics: `moving`, `standing` or `batch`.
        standing_batches: forward passes that collect standing statistics.
        truncation: fraction in (0, 1] of the latents' distribution to keep (the
            central part); None: all.
        cache_dir: where extractors and reference features are cached.
        analyses: configs of `tfgan_contra.analyses`, run by bin/evaluate.py beside
            those that its --analyses names; never in training.
    """

    extractor: str = "classifier"
    num_images: int = 10_000
    reference_split: str = "test"
    batch_size: int = 100
    nearest_k: int = 5
    statistics: str = "moving"
    standing_batches: int = 16
    truncation: Optional[float] = None
    cache_dir: Optional[str] = None
    analyses: tuple[PartConfig, ...] = ()

    def check(self, path: str) -> None:
        """Checks counts, the split and the statistics."""
        for name in ("batch_size", "nearest_k", "standing_batches"):
            value = getattr(self, name)
            require(value >= 1, f"{path}.{name}", value, "1 or more")
        require(
            self.num_images >= 2, f"{path}.num_images", self.num_images, "2 or more"
        )
        require_choice(
            f"{path}.reference_split", self.reference_split, ("train", "test")
        )
        require_choice(
            f"{path}.statistics", self.statistics, ("moving", "standing", "batch")
        )
        require(
            self.truncation is None or 0 < self.truncation <= 1,
            f"{path}.truncation",
            self.truncation,
            "in (0, 1] or None",
        )


@dataclasses.dataclass
class Config(ConfigNode):
    """A whole run.

    Attributes:
        method: the variant with its networks, losses, regularisers and EMA.
        data: the images.
        optimizer: Adam and its schedule.
        train: the length and rhythm of the run.
        evaluation: the protocol of the scores.
        seed: everything random follows from it.
    """

    method: ConfigNode = dataclasses.field(default_factory=ConfigNode)
    data: DataConfig = dataclasses.field(default_factory=DataConfig)
    optimizer: OptimizerConfig = dataclasses.field(default_factory=OptimizerConfig)
    train: TrainConfig = dataclasses.field(default_factory=TrainConfig)
    evaluation: EvaluationConfig = dataclasses.field(default_factory=EvaluationConfig)
    seed: int = 0

    def check(self, path: str) -> None:
        """Checks that a method was chosen."""
        require(
            type(self.method) is not ConfigNode,
            f"{path}.method",
            self.method,
            "a method's config such as ContraGANConfig()",
        )
        network = getattr(self.method, "network", None)
        if network is not None:
            network.check_resolution(f"{path}.method.network", self.data.image_size)
        require(self.seed >= 0, f"{path}.seed", self.seed, "0 or more")
