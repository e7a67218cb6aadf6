"""What a comparison will do, decided before anything is trained; no TensorFlow."""

import copy
import dataclasses
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional

from tfgan_contra.comparison.entries import Entry
from tfgan_contra.comparison.sessions import Session
from tfgan_contra.config import (
    Config,
    EvaluationConfig,
    differences,
    from_dict,
    require,
    to_dict,
)
from tfgan_contra.errors import CheckpointError, UsageError
from tfgan_contra.metrics.features import parse_extractor
from tfgan_contra.training.checkpoints import CheckpointStore
from tfgan_contra.training.runs import RunFolder

# Runs that differ in one of these cannot be measured against the same real images.
SAME_DATA = ("source", "image_size", "channels")


@dataclasses.dataclass(frozen=True)
class Options:
    """What the command line says beside the configs.

    Attributes:
        output: the comparison's folder.
        seeds: one run of every config for each.
        num_steps: replaces every config's; None keeps them.
        eval_every: replaces every config's; None keeps them.
        protocol: changes of the first config's evaluation protocol; None values keep
            what it says.
        checkpoint: what the tables are of: `last` or `best`.
        retry_failed: train on runs that stopped themselves.
        command: the command line, for the record.
    """

    output: Path
    seeds: Sequence[int] = (0,)
    num_steps: Optional[int] = None
    eval_every: Optional[int] = None
    protocol: dict[str, Any] = dataclasses.field(default_factory=dict)
    checkpoint: str = "last"
    retry_failed: bool = False
    command: str = ""


class PlannedRun(NamedTuple):
    """One config with one seed.

    Attributes:
        name: the row it belongs to.
        seed: of everything random in it.
        source: the config file with its argument.
        config: with the seed and the overrides.
        workdir: its run folder.
        command: what would train it alone.
    """

    name: str
    seed: int
    source: str
    config: Config
    workdir: Path
    command: str

    @property
    def folder(self) -> RunFolder:
        """The run folder."""
        return RunFolder(self.workdir)

    @property
    def num_images(self) -> int:
        """Real images, with repetition, that the discriminator will be shown."""
        method: Any = self.config.method
        train = self.config.train
        return train.num_steps * train.global_batch_size * method.images_per_step


class Plan(NamedTuple):
    """A comparison.

    Attributes:
        runs: in order, all seeds of a config after one another.
        protocol: what every run is measured with.
        options: where and how.
    """

    runs: list[PlannedRun]
    protocol: EvaluationConfig
    options: Options


def make_plan(entries: Sequence[Entry], options: Options) -> Plan:
    """Decides on runs, folders and the protocol.

    Raises:
        UsageError: for configs of different data, or wrong seeds or options.
        CheckpointError: when a folder holds a run of another config.
    """
    _check_options(entries, options)
    _check_same_data(entries)
    runs = [
        _planned(entry, seed, options) for entry in entries for seed in options.seeds
    ]
    for run in runs:
        run.config.validate()
        from_dict(to_dict(run.config))  # As the process that trains it will do.
        _check_folder(run, options.output)
    return Plan(runs, _protocol(entries[0].config, options), options)


def describe(plan: Plan) -> str:
    """Returns a plan as lines to show, with what is already done of it."""
    width = max(len(run.name) for run in plan.runs)
    lines = [f"{len(plan.runs)} runs in {plan.options.output / 'runs'}"]
    for run in plan.runs:
        lines.append(
            f"  {run.name:{width}}  seed {run.seed}  "
            f"{run.config.train.num_steps:,} steps  {run.num_images:,} images  "
            f"{state(run)}"
        )
    total = sum(run.num_images for run in plan.runs)
    protocol = plan.protocol
    lines.append(f"{total:,} real images shown to discriminators altogether")
    lines.append(
        f"each run measured at its last and its best step: {protocol.num_images:,} "
        f"images against split {protocol.reference_split}, extractor "
        f"{protocol.extractor}, {protocol.statistics} statistics"
    )
    return "\n".join(lines)


def state(run: PlannedRun) -> str:
    """Returns how far a run is, in words."""
    if run.folder.finished():
        return "finished"
    failure = Session.read(run.workdir).failure
    if failure:
        return f"failed: {failure}"
    steps = CheckpointStore(run.folder.checkpoints).steps()
    return f"resumes at step {steps[-1]}" if steps else "new"


def _planned(entry: Entry, seed: int, options: Options) -> PlannedRun:
    config = copy.deepcopy(entry.config)
    config.seed = seed
    overrides = {"seed": seed}
    for name in ("num_steps", "eval_every"):
        value = getattr(options, name)
        if value is not None:
            setattr(config.train, name, value)
            overrides[f"train.{name}"] = value
    workdir = options.output / "runs" / f"{entry.name}-seed-{seed}"
    words = ["bin/train.py", f"--config={entry.source}", f"--workdir={workdir}"]
    words += [f"--config.{name}={value}" for name, value in overrides.items()]
    return PlannedRun(
        entry.name, seed, entry.source, config, workdir, shlex.join(words)
    )


def _protocol(config: Config, options: Options) -> EvaluationConfig:
    """Returns a config's protocol with the changes, refusing now what fails later."""
    changes = {name: v for name, v in options.protocol.items() if v is not None}
    protocol = dataclasses.replace(config.evaluation, **changes)
    protocol.validate("evaluation")
    parse_extractor(protocol.extractor)
    require(
        protocol.num_images > protocol.nearest_k,
        "evaluation.num_images",
        protocol.num_images,
        f"above nearest_k, which is {protocol.nearest_k}",
    )
    return protocol


def _check_options(entries: Sequence[Entry], options: Options) -> None:
    if not entries:
        raise UsageError("--configs names no config; see --help")
    if not options.seeds or len(set(options.seeds)) < len(options.seeds):
        raise UsageError(
            "--seeds must be one or more different numbers. "
            f"Received: {list(options.seeds)}"
        )


def _check_same_data(entries: Sequence[Entry]) -> None:
    for entry in entries:
        method: Any = entry.config.method
        if method.is_translation:
            raise UsageError(
                "--configs: only methods that make images from latents are compared; "
                f"{entry.name} translates pictures. Train it with bin/train.py and "
                "measure it with bin/evaluate.py"
            )
    first = entries[0]
    for other in entries[1:]:
        for field in SAME_DATA:
            ours = getattr(first.config.data, field)
            theirs = getattr(other.config.data, field)
            if ours != theirs:
                raise UsageError(
                    "--configs must train on the same images to be compared; "
                    f"data.{field} is {ours!r} in {first.name} and {theirs!r} in "
                    f"{other.name}"
                )


def _check_folder(run: PlannedRun, output: Path) -> None:
    if not run.folder.has_begun():
        return
    changed = differences(run.folder.config(), run.config)
    if changed:
        raise CheckpointError(
            f"{run.workdir} holds a run of another config; choose another --output "
            f"than {output} or undo the change of {'; '.join(changed[:5])}"
        )
