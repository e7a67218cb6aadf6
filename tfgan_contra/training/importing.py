"""From other people's checkpoints to a run folder that every command accepts."""

import dataclasses
import os
import re
from pathlib import Path
from typing import Any, Optional

from tfgan_contra.config import Config
from tfgan_contra.data.configs import TwoDomainDataConfig
from tfgan_contra.errors import CheckpointError, UsageError
from tfgan_contra.importers import (
    import_states,
    read_pytorch_state,
    read_pytorch_step,
)
from tfgan_contra.training.callbacks import Run, SaveCheckpoints
from tfgan_contra.training.runs import RunFolder
from tfgan_contra.training.schedules import epoch_plan, make_optimizers
from tfgan_contra.types import DataSpec, TranslationSpec

# StudioGAN's names, model=G_ema-best-weights-step=94000.pth, and mimicry's,
# netG_100000_steps.pth.
STEP = re.compile(r"step=(\d+)|_(\d+)_steps\b")
# The CUT authors' names: 200_net_G.pth (an epoch), latest_net_G.pth.
LABEL = re.compile(r"(\w+)_net_[GDF]\b")


def import_run(
    config: Config,
    workdir: str | os.PathLike,
    files: dict[str, Optional[str]],
    *,
    class_names: tuple[str, ...] = (),
    step: Optional[int] = None,
) -> list[str]:
    """Writes a run folder with the weights of the authors' checkpoints.

    It can be evaluated, exported and sampled from, or translates pictures;
    `bin/train.py` trains it on, with the optimisers' state at its start.

    Args:
        config: the config of the run that the checkpoints stand for.
        workdir: the folder; must be empty or not exist.
        files: paths by role, `generator`, `generator_ema`, `discriminator`,
            `projector`; None for what there is none of.
        class_names: names in label order; (): the classes have numbers only.
        step: the checkpoints' training step; None: as in the files' names or, where
            these say none, in the files themselves (mimicry's); 0 if neither says it.

    Returns:
        Lines that say what was imported.

    Raises:
        CheckpointError: if a file cannot be read or is of another architecture, or the
            folder is not empty.
        UsageError: if nothing is given, or class names, sizes, channels or steps do not
            fit.
    """
    folder = RunFolder(workdir)
    if folder.path.exists() and any(folder.path.iterdir()):
        raise CheckpointError(
            f"{folder.path} is not empty; choose another --workdir to import to"
        )
    method: Any = config.method
    given = {role: path for role, path in files.items() if path}
    _check_given(method, given, class_names)
    notes: list[str] = []
    if step is None:
        step = _step(given)
        notes = _about_step(given) if method.is_translation and not step else []
    states = {role: read_pytorch_state(path) for role, path in given.items()}
    gan = import_states(method, image_size=config.data.image_size, **states)
    _check_data(config, gan.spec)
    spec = gan.spec
    if not method.is_translation:
        spec = _with_names(spec, class_names)
    _save(gan, config, folder, spec, step)
    head = f"imported {', '.join(given)} of step {step} to {folder.path}: "
    return [head + _about_images(spec), *notes, *_about_weights(gan, given)]


def _check_given(
    method: Any, files: dict[str, str], class_names: tuple[str, ...]
) -> None:
    """Raises `UsageError` for a missing generator, and names that cannot be right."""
    if method.is_translation and "generator_ema" not in files:
        if "generator" not in files:
            raise UsageError("give --generator, the file to import")
        if class_names:
            raise UsageError("--class_names: a translator has no classes")
    if not {"generator", "generator_ema"} & set(files):
        raise UsageError("give --generator or --generator_ema, the file to import")
    if len(set(class_names)) < len(class_names):
        raise UsageError("--class_names must differ from one another")


def _save(gan: Any, config: Config, folder: RunFolder, spec: Any, step: int) -> None:
    # How long an epoch is does not matter here: the schedule has no variables.
    plan = epoch_plan(config, epoch_size=1)
    gan.compile(*make_optimizers(config, plan), seed=config.seed)
    gan.step.assign(step)
    folder.start(config, spec)
    SaveCheckpoints(Run(gan, config, folder, step=step)).save()


def _step(files: dict[str, str]) -> int:
    """Returns the step that the files agree on; 0 where they say none."""
    found = [_step_of(path) for path in files.values()]
    steps = sorted({step for step in found if step is not None})
    if len(steps) > 1:
        raise UsageError(
            f"the files are of different steps ({', '.join(map(str, steps))}); give "
            "files of one, or say which with --step"
        )
    return steps[0] if steps else 0


def _step_of(path: str) -> Optional[int]:
    """Returns the step in a file's name or else in the file, None if neither has it."""
    match = STEP.search(Path(path).name)
    return int(match[1] or match[2]) if match else read_pytorch_step(path)


def _about_step(files: dict[str, str]) -> list[str]:
    """Returns what the names of the CUT authors' files say of when they were saved."""
    found = [LABEL.match(Path(path).name) for path in files.values()]
    labels = sorted({match[1] for match in found if match})
    if len(labels) > 1:
        raise UsageError(
            f"the files are of different epochs ({', '.join(labels)}); give files of "
            "one, or say their step with --step"
        )
    epoch = f" of epoch {labels[0]}" if labels and labels[0].isdigit() else ""
    return [f"the files{epoch} do not say their step, which counts as 0; see --step"]


def _check_data(config: Config, spec: DataSpec | TranslationSpec) -> None:
    """Raises `UsageError` where the config asks for other images than the arrays."""
    data: Any = config.data
    values = {"image_size": (data.image_size, spec.image_size)}
    if isinstance(spec, DataSpec):
        values["channels"] = (data.channels, spec.channels)
    elif isinstance(data, TwoDomainDataConfig):
        channels_in, channels_out = data.wanted_channels
        values["channels_in"] = (channels_in, spec.channels_in)
        values["channels_out"] = (channels_out, spec.channels_out)
    for name, (chosen, value) in values.items():
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


def _about_images(spec: DataSpec | TranslationSpec) -> str:
    size = f"{spec.image_size}x{spec.image_size}"
    if isinstance(spec, TranslationSpec):
        return (
            f"pictures of {spec.channels_in} channels to pictures of "
            f"{spec.channels_out}, trained on crops of {size}"
        )
    classes = f"{spec.num_classes} classes" if spec.num_classes else "no classes"
    return f"{size}x{spec.channels} images, {classes}"


def _about_weights(gan: Any, files: dict[str, str]) -> list[str]:
    """Returns what of the model is not the authors'."""
    translates = gan.config.is_translation
    more = "" if translates else ", ADA's probability and LeCam's averages"
    anew = "start" if more else "starts"
    lines = [
        f"only weights are imported: the optimisers' state{more} {anew} anew if you "
        "train on"
    ]
    use = "Translating" if translates else "Sampling"
    for role in ("discriminator", "projector") if translates else ("discriminator",):
        if role not in files:
            lines.append(
                f"the {role} is untrained: no --{role} was given. {use}, export and "
                "scores of the generator need none"
            )
    if "generator" not in files:
        lines.append("the generator is a copy of its moving average")
    if "generator_ema" not in files and gan.generator_ema is not gan.generator:
        lines.append("the generator's moving average is a copy of the generator")
    return lines
