"""What a comparison notes down beside a run: time, failures, evaluations."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple, Optional

from tfgan_contra.config import EvaluationConfig, to_dict
from tfgan_contra.training.runs import RunFolder, write_text

FOLDER = "comparison"
# Fields of the protocol that change no number.
WITHOUT_EFFECT = ("cache_dir", "analyses")


@dataclasses.dataclass
class Session:
    """How the training of a run went so far, over all calls of the command.

    Attributes:
        seconds: wall-clock time of training, with its evaluations.
        peak_memory_mb: the largest of any process that trained it.
        failure: why it did not reach its last step, None while nothing is wrong.
        final: whether the run stopped itself (not-a-number, collapse), so that a
            second attempt would do the same.
        best_step: of a run that stopped itself, None if it was never evaluated.
        unmeasured: why it could not be evaluated.
        machine: what it was last trained on.
    """

    seconds: float = 0.0
    peak_memory_mb: float = 0.0
    failure: Optional[str] = None
    final: bool = False
    best_step: Optional[int] = None
    unmeasured: Optional[str] = None
    machine: dict[str, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def read(cls, workdir: Path) -> "Session":
        """Returns what was noted of a run; an empty session if nothing was."""
        try:
            return cls(**json.loads(_session_file(workdir).read_text()))
        except (OSError, ValueError, TypeError):
            return cls()

    def write(self, workdir: Path) -> None:
        """Notes it down."""
        path = _session_file(workdir)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(dataclasses.asdict(self), indent=2) + "\n")


class Measurement(NamedTuple):
    """A checkpoint to measure, or that was measured.

    Attributes:
        checkpoint: `last` or `best`.
        step: its training step.
        path: where the result is, or goes.
    """

    checkpoint: str
    step: int
    path: Path

    def result(self) -> Optional[dict[str, Any]]:
        """Returns the stored evaluation, None if there is none yet."""
        try:
            return json.loads(self.path.read_text())
        except (OSError, ValueError):
            return None


def measurements(folder: RunFolder, protocol: EvaluationConfig) -> list[Measurement]:
    """Returns the checkpoints of a run that count, with their evaluations' files.

    A finished run counts with its last and its best step. One that stopped itself has
    no last step to compare; its best one counts, as in the paper. Any other run does
    not count yet.

    Args:
        folder: the run.
        protocol: what it is measured with; another one means other files.
    """
    steps = {}
    if folder.finished():
        results = folder.results()
        # An imported run may have been finished before it was ever evaluated.
        best = results["best"] or {"step": results["step"]}
        steps = {"last": results["step"], "best": best["step"]}
    else:
        session = Session.read(folder.path)
        if session.final and session.best_step is not None:
            steps = {"best": session.best_step}
    key = protocol_key(protocol)
    return [
        Measurement(name, step, folder.path / FOLDER / f"step-{step}-{key}.json")
        for name, step in steps.items()
    ]


def protocol_key(protocol: EvaluationConfig) -> str:
    """Returns a short name of everything in a protocol that decides the numbers."""
    values = {k: v for k, v in to_dict(protocol).items() if k not in WITHOUT_EFFECT}
    text = json.dumps(values, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _session_file(workdir: Path) -> Path:
    return workdir / FOLDER / "session.json"
