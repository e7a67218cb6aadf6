"""What every experiment does: check, measure part by part, write."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tfgan_contra.analyses import plots
from tfgan_contra.analyses.base import Findings
from tfgan_contra.config import to_dict
from tfgan_contra.errors import CheckpointError
from tfgan_contra.training.runs import write_text

__all__ = ["Experiment", "Findings", "Parts"]


class Parts:
    """The finished parts of an experiment: killed, it goes on after the last one.

    Args:
        folder: where the parts' JSON files lie.
        settings: what they depend on; parts of other settings are refused.

    Raises:
        CheckpointError: if the folder holds parts of other settings.
    """

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self._folder = folder
        text = json.dumps(settings, indent=2, sort_keys=True) + "\n"
        known = folder / "settings.json"
        if known.exists() and known.read_text() != text:
            raise CheckpointError(
                f"{folder.parent} holds the experiment with other options; choose "
                "another --output, or remove it"
            )
        folder.mkdir(parents=True, exist_ok=True)
        write_text(known, text)

    def __call__(self, name: str, compute: Callable[[], Any]) -> Any:
        """Returns a part: what was computed before, or `compute()`, then stored.

        Args:
            name: of the part; it becomes a file name.
            compute: returns something that JSON can hold.
        """
        # Names stay apart, unlike a/b and a_b would with one letter for another.
        path = self._folder / f"{quote(name, safe='')}.json"
        if path.exists():
            return json.loads(path.read_text())
        result = compute()
        write_text(path, json.dumps(result) + "\n")
        # What JSON makes of it, so that a resumed experiment sees the same.
        return json.loads(path.read_text())


class Experiment:
    """Base of all: `measure` looks, `__call__` writes.

    Args:
        config: the options.
    """

    def __init__(self, config: Any) -> None:
        self.config: Any = config

    @property
    def name(self) -> str:
        """The experiment's name, and its files'."""
        return self.config.name

    def check(self, workdirs: dict[str, Path]) -> None:
        """Checks, without much work, that the runs can be looked at.

        Args:
            workdirs: run folders by name.

        Raises:
            UserError: if one cannot.
        """

    def measure(self, workdirs: dict[str, Path], parts: Parts) -> Findings:
        """Does the work.

        Args:
            workdirs: run folders by name.
            parts: keeps what is finished; see `Parts`.
        """
        raise NotImplementedError(f"{type(self).__name__} measures nothing")

    def __call__(self, workdirs: dict[str, Path], output: Path) -> dict[str, Any]:
        """Runs and writes `<name>.json` and `<name>.png` into `output`.

        Returns:
            What the JSON holds: `experiment`, `results`, `protocol`, `runs` and
            `options`.

        Raises:
            UserError: if the runs cannot be looked at, or `output` holds the
                experiment with other options.
        """
        self.check(workdirs)
        settings = {
            "experiment": self.name,
            "options": to_dict(self.config),
            "runs": {name: str(folder) for name, folder in workdirs.items()},
        }
        parts = Parts(output / f"{self.name}_parts", settings)
        findings = self.measure(workdirs, parts)
        report = settings | {
            "results": findings.results,
            "protocol": findings.protocol,
        }
        plots.save(findings.figure, output / f"{self.name}.png")
        write_text(output / f"{self.name}.json", json.dumps(report, indent=2) + "\n")
        return report
