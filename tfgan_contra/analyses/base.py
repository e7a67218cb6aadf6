"""What every analysis does: check, measure, write."""

import json
from pathlib import Path
from typing import Any, NamedTuple, Optional

from tfgan_contra.analyses import plots
from tfgan_contra.analyses.configs import AnalysisConfig
from tfgan_contra.analyses.planning import NotApplicable
from tfgan_contra.analyses.subject import Subject
from tfgan_contra.config import to_dict
from tfgan_contra.errors import ConfigError
from tfgan_contra.training.runs import write_text

MOST_CLASSES_SHOWN = 10


class Findings(NamedTuple):
    """What an analysis returns.

    Attributes:
        results: JSON-ready numbers by name.
        protocol: how they were taken.
        figure: the picture, a `matplotlib.figure.Figure`.
    """

    results: dict[str, Any]
    protocol: dict[str, Any]
    figure: Any


class Analysis:
    """Base of all: `measure` looks, `__call__` writes.

    Args:
        config: the options.
    """

    def __init__(self, config: Any) -> None:
        self.config: Any = config

    @property
    def name(self) -> str:
        """The analysis' name, and its files'."""
        return self.config.name

    def check(self, subject: Subject) -> None:
        """Checks, without much work, that the subject can be analysed.

        Raises:
            NotApplicable: if it lacks what the analysis looks at.
            ConfigError: for more classes than there are.
        """
        config: AnalysisConfig = self.config
        if config.needs_data and subject.evaluator is None:
            raise NotApplicable(f"{self.name}: no real images: {subject.why_no_data}")
        if config.needs_classes and not subject.conditional:
            raise NotApplicable(f"{self.name}: this model has no classes")
        asked = getattr(config, "num_classes", None)
        there = subject.run.spec.num_classes
        if asked is not None and asked > there:
            raise ConfigError(
                f"{self.name}.num_classes must be at most {there}, the classes of "
                f"{'the data' if there else 'this unconditional model'}. "
                f"Received: {asked}"
            )

    def measure(self, subject: Subject) -> Findings:
        """Does the work."""
        raise NotImplementedError(f"{type(self).__name__} measures nothing")

    def __call__(self, subject: Subject, folder: Path) -> dict[str, Any]:
        """Analyses and writes `<name>.json` and `<name>.png` into `folder`.

        Returns:
            What the JSON holds: `analysis`, `results`, `protocol` and `options`.

        Raises:
            UserError: if the subject cannot be analysed; see `check`.
        """
        self.check(subject)
        findings = self.measure(subject)
        report = {
            "analysis": self.name,
            "results": findings.results,
            "protocol": findings.protocol,
            "options": to_dict(self.config),
        }
        folder.mkdir(parents=True, exist_ok=True)
        plots.save(findings.figure, folder / f"{self.name}.png")
        write_text(folder / f"{self.name}.json", json.dumps(report, indent=2) + "\n")
        return report

    def shown_classes(self, subject: Subject) -> int:
        """Returns how many classes a picture shows, 0 for an unconditional model."""
        few = min(subject.run.spec.num_classes, MOST_CLASSES_SHOWN)
        asked: Optional[int] = self.config.num_classes
        return few if asked is None else asked
