"""Which experiment was asked for; imports no TensorFlow: a typo shows at once."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tfgan_contra.config import ConfigNode, nearest_name
from tfgan_contra.config_tree import with_field
from tfgan_contra.errors import UsageError
from tfgan_contra.experiments.configs import EXPERIMENTS, ExperimentConfig


class Plan(NamedTuple):
    """What to do.

    Attributes:
        config: of the experiment.
        workdirs: the run folders that it looks at, by the names to show.
        output: the folder for its files.
    """

    config: ExperimentConfig
    workdirs: dict[str, Path]
    output: Path


def default_config(name: str) -> ExperimentConfig:
    """Returns an experiment's options before any is changed.

    Raises:
        UsageError: for an unknown name.
    """
    if name not in EXPERIMENTS:
        raise UsageError(
            f"--experiment must be one of {', '.join(EXPERIMENTS)}"
            f"{nearest_name(name, EXPERIMENTS)}. Received: {name!r}"
        )
    return EXPERIMENTS[name]()


def plan_experiment(
    name: str, options: Sequence[str], workdirs: Sequence[str], output: str
) -> Plan:
    """Returns the experiment of a command line.

    Args:
        name: of `EXPERIMENTS`.
        options: `<field>=<value>`, the value as JSON; a word needs no quotes.
        workdirs: run folders, each `<folder>` or `<name>=<folder>`.
        output: the folder to write.

    Raises:
        UsageError: for a name, field or value that does not exist, and for run folders
            where none are looked at, or none where some are needed.
    """
    config: ConfigNode = default_config(name)
    for text in options:
        field, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--option must be <field>=<value>. Received: {text!r}")
        config = with_field(config, field.strip(), value, name)
    config.validate(name)
    folders = _folders(workdirs)
    takes = EXPERIMENTS[name].takes_runs
    if folders and takes == "none":
        raise UsageError(f"{name} looks at no runs: leave out --workdirs")
    if not folders and takes == "needed":
        raise UsageError(
            f"{name} looks at trained runs: name their folders with "
            "--workdirs=runs/a,runs/b (bin/train.py or bin/compare.py makes them)"
        )
    return Plan(config, folders, Path(output))  # type: ignore[arg-type]


def _folders(workdirs: Sequence[str]) -> dict[str, Path]:
    """Returns folders by name; without one, by the shortest end that tells them apart.

    Raises:
        UsageError: for a name that stands for two folders.
    """
    given = [text.strip() for text in workdirs if text.strip()]
    plain = [Path(text) for text in given if "=" not in text]
    folders: dict[str, Path] = {}
    for text in given:
        name, equals, folder = text.partition("=")
        path = Path(folder if equals else text)
        name = name if equals else _short_name(path, plain)
        if name in folders:
            raise UsageError(f"--workdirs has {name!r} twice; give one another name")
        folders[name] = path
    return folders


def _short_name(path: Path, others: Sequence[Path]) -> str:
    for length in range(1, len(path.parts) + 1):
        end = path.parts[-length:]
        if sum(other.parts[-length:] == end for other in others) == 1:
            return "/".join(end)
    return str(path)
