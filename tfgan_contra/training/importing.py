"""From other people's checkpoints to a run folder that every command accepts."""

import dataclasses
import os
import re
from pathlib import Path
from typing import Any, Optional

from tfgan_contra.config import Config
from tfgan_contra.errors import CheckpointError, UsageError
from tfgan_contra.importers import import_states, read_pytorch_state
from tfgan_contra.training.callbacks import Run, SaveCheckpoints
from tfgan_contra.training.runs import RunFolder
from tfgan_contra.training.trainer import make_optimizers
from tfgan_contra.types import DataSpec

# StudioGAN's names: model=G_ema-best-weights-step=94000.pth.
STEP = re.compile(r"step=(\d+)")


def import_run(
    config: Config,
    workdir: str | os.PathLike,
    files: dict[str, Optional[str]],
    *,
    class_names: tuple[str, ...] = (),
    step: Optional[int] = None,
) -> list[str]:
    """Writes a run folder with the weights of StudioGAN checkpoints.

    It can be evaluated, exported and sampled from; `bin/train.py` trains it on, with
    the optimisers' state at its start.

    Args:
        config: the config of the run that the checkpoints stand for.
        workdir: the folder; must be empty or not exist.
        files: paths by role, `generator`, `generator_ema`, `discriminator`; None for
            what there is none of.
        class_names: names in label order; (): the classes have numbers only.
        step: the checkpoints' training step; None: as in the files' names.

    Returns:
        Lines that say what was imported.

    Raises:
        CheckpointError: if a file cannot be read or is of another architecture, or the
            folder is not empty.
        UsageError: if nothing is given, or class names, sizes or steps do not fit.
    """
    folder = RunFolder(workdir)
    if folder.path.exists() and any(folder.path.iterdir()):
        raise CheckpointError(
            f"{folder.path} is not empty; choose another --workdir to import to"
        )
    given = {role: path for role, path in files.items() if path}
    if not {"generator", "generator_ema"} & set(given):
        raise UsageError("give --generator or --generator_ema, the file to import")
    if len(set(class_names)) < len(class_names):
        raise UsageError("--class_names must differ from one another")
    step = _step(given) if step is None else step
    states = {role: read_pytorch_state(path) for role, path in given.items()}
    method: Any = config.method
    gan = import_states(method, **states)
    _check_data(config, gan.spec)
    _save(gan, config, folder, _with_names(gan.spec, class_names), step)
    return _report(gan.spec, given, folder.path, step)


def _save(
    gan: Any, config: Config, folder: RunFolder, spec: DataSpec, step: int
) -> None:
    gan.compile(*make_optimizers(config), seed=config.seed)
    gan.step.assign(step)
    folder.start(config, spec)
    SaveCheckpoints(Run(gan, config, folder, step=step)).save()


def _step(files: dict[str, str]) -> int:
    """Returns the step that the files' names agree on; 0 where they say none."""
    found = [STEP.search(Path(path).name) for path in files.values()]
    steps = sorted({int(match[1]) for match in found if match})
    if len(steps) > 1:
        raise UsageError(
            f"the files are of different steps ({', '.join(map(str, steps))}); give "
            "files of one, or say which with --step"
        )
    return steps[0] if steps else 0


def _check_data(config: Config, spec: DataSpec) -> None:
    for name, value in (
        ("image_size", spec.image_size),
        ("channels", spec.channels),
    ):
        chosen = getattr(config.data, name)
        if chosen not in (None, value):
            raise UsageError(
                f"config.data.{name} is {chosen}, but the checkpoint is for {value}; "
                f"add --config.data.{name}={value} or choose its config"
            )


def _with_names(spec: DataSpec, class_names: tuple[str, ...]) -> DataSpec:
    if class_names and len(class_names) != spec.num_classes:
        raise UsageError(
            f"--class_names must have {spec.num_classes} names, one for each class. "
            f"Received: {len(class_names)}"
        )
    return dataclasses.replace(spec, class_names=tuple(class_names))


def _report(
    spec: DataSpec, files: dict[str, str], workdir: Path, step: int
) -> list[str]:
    size = f"{spec.image_size}x{spec.image_size}x{spec.channels}"
    lines = [
        f"imported {', '.join(files)} of step {step} to {workdir}: {size} images, "
        f"{spec.num_classes} classes"
    ]
    lines.append(
        "only weights are imported: the optimisers' state, ADA's probability and "
        "LeCam's averages start anew if you train on"
    )
    if "discriminator" not in files:
        lines.append(
            "the discriminator is untrained: no --discriminator was given. Sampling, "
            "export and scores of the generator need none"
        )
    if "generator" not in files:
        lines.append("the generator is a copy of its moving average")
    if "generator_ema" not in files:
        lines.append("the generator's moving average is a copy of the generator")
    return lines
