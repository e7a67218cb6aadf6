"""The run folder: where everything of a run lies, and how to read it again."""

import dataclasses
import json
import os
import uuid
from pathlib import Path
from typing import Any, Optional

from tfgan_contra.config import Config, differences, from_json, to_json
from tfgan_contra.errors import CheckpointError, UsageError
from tfgan_contra.training.checkpoints import (
    CheckpointStore,
    model_state,
    restore_part,
)
from tfgan_contra.types import CaptionSpec, DataSpec, TranslationSpec

# Of the data of a run.
AnySpec = DataSpec | TranslationSpec | CaptionSpec


class RunFolder:
    """`config.json`, `checkpoints/`, `tensorboard/`, `samples/` and results of a run.

    A text-to-image run has also its text encoder in `text/` and some captions in
    `captions.json`.

    Args:
        workdir: the folder; made when the run starts.
    """

    def __init__(self, workdir: str | os.PathLike) -> None:
        self.path = Path(workdir)
        self.config_file = self.path / "config.json"
        self.spec_file = self.path / "data_spec.json"
        self.counts_file = self.path / "data_counts.json"
        self.checkpoints = self.path / "checkpoints"
        self.tensorboard = self.path / "tensorboard"
        self.samples = self.path / "samples"
        self.evaluations_file = self.path / "evaluations.jsonl"
        self.results_file = self.path / "results.json"
        self.text = self.path / "text"
        self.captions_file = self.path / "captions.json"

    def check(self, config: Config) -> None:
        """Checks that the folder is free or belongs to a config.

        Raises:
            CheckpointError: when it holds a run of another config, naming the fields
                that differ.
        """
        changed = differences(self.config(), config) if self.has_begun() else []
        if changed:
            raise CheckpointError(
                f"{self.path} holds a run of another config; choose another "
                f"--workdir or undo the change of {'; '.join(changed[:5])}"
            )

    def start(
        self,
        config: Config,
        spec: AnySpec,
        epoch_size: Optional[int] = None,
    ) -> None:
        """Claims the folder for a config.

        Args:
            config: of the run.
            spec: what the model knows of its data.
            epoch_size: samples of an epoch; None where the data are not at hand.
        """
        if self.has_begun():
            return
        self.path.mkdir(parents=True, exist_ok=True)
        # A start that failed before may have left the size of other data.
        self.counts_file.unlink(missing_ok=True)
        if epoch_size is not None:
            counts = {"epoch_size": epoch_size}
            write_text(self.counts_file, json.dumps(counts, indent=2))
        write_text(self.spec_file, json.dumps(dataclasses.asdict(spec), indent=2))
        write_text(self.config_file, to_json(config))

    def check_epoch_size(self, epoch_size: int) -> None:
        """Checks that a run counted in epochs goes on with epochs of the same size.

        Otherwise its length and its learning rates would change on the way. Runs that
        never wrote the size, imported ones say, pass.

        Raises:
            CheckpointError: if the data now give epochs of another size.
        """
        if not self.has_begun() or not self.counts_file.exists():
            return
        try:
            before = int(json.loads(self.counts_file.read_text())["epoch_size"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CheckpointError(
                f"{self.counts_file} cannot be read ({error}); it is written when a "
                "run starts; restore it, or start another --workdir"
            ) from error
        if before != epoch_size:
            raise CheckpointError(
                f"{self.path} trained on epochs of {before} samples, the data now give "
                f"{epoch_size}; restore the folders, or start another --workdir"
            )

    def config(self) -> Config:
        """Returns the config the run was started with."""
        if not self.config_file.exists():
            raise CheckpointError(
                f"{self.path} is no run folder: there is no {self.config_file.name} in "
                "it. Name the --workdir that bin/train.py wrote to"
            )
        return from_json(self.config_file.read_text(), str(self.config_file))

    def spec(self) -> AnySpec:
        """Returns what the model knows of its data, without the data set."""
        try:
            values = json.loads(self.spec_file.read_text())
            if "word_dim" in values:
                return CaptionSpec(**values)
            kind = TranslationSpec if "domain_names" in values else DataSpec
            names = "domain_names" if kind is TranslationSpec else "class_names"
            values[names] = tuple(values[names])
            return kind(**values)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CheckpointError(
                f"{self.spec_file} cannot be read ({error}); it is written when a run "
                "starts"
            ) from error

    def captions(self) -> dict[str, list[str]]:
        """Returns the captions that a text-to-image run has written down.

        Returns:
            `examples`, which its grids show, and `typical`, some of those it trained
            on.

        Raises:
            CheckpointError: if there are none.
        """
        try:
            values = json.loads(self.captions_file.read_text("utf-8"))
            return {name: list(values[name]) for name in ("examples", "typical")}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise CheckpointError(
                f"{self.captions_file} cannot be read ({error}); it is written when a "
                "text-to-image run starts"
            ) from error

    def has_begun(self) -> bool:
        """Returns whether there is anything to lose: a checkpoint, or results.

        A start that failed before, over a wrong option say, claims nothing.
        """
        saved = self.checkpoints.is_dir() and any(self.checkpoints.glob("*.npz"))
        return self.config_file.exists() and (saved or self.finished())

    def finished(self) -> bool:
        """Returns whether the run has reached its last step."""
        return self.results_file.exists()

    def results(self) -> dict[str, Any]:
        """Returns `results.json`, or the newest evaluation of an unfinished run."""
        if self.results_file.exists():
            return json.loads(self.results_file.read_text())
        rows = self.evaluations()
        return rows[-1] if rows else {}

    def evaluations(self) -> list[dict[str, Any]]:
        """Returns all evaluations so far, oldest first."""
        if not self.evaluations_file.exists():
            return []
        rows = []
        for line in self.evaluations_file.read_text().splitlines():
            try:
                rows.append(json.loads(line))
            except ValueError:
                continue  # A process was killed while it wrote this line.
        return rows

    def checkpoint_path(self, name: str) -> Path:
        """Returns the `best`, the `last` or the numbered checkpoint.

        Raises:
            UsageError: for another name.
            CheckpointError: when there is none.
        """
        store = CheckpointStore(self.checkpoints)
        if name == "best" and store.best_path.exists():
            return store.best_path
        steps = store.steps()
        if name.isdigit() and int(name) in steps:
            return store.path(int(name))
        if name.isdigit() or name not in ("best", "last"):
            raise UsageError(
                f"--checkpoint must be best, last or a saved step (there are "
                f"{', '.join(map(str, steps)) or 'none'}). Received: {name!r}"
            )
        newest, _, _ = store.newest_readable()
        if newest is None:
            raise CheckpointError(
                f"There is no checkpoint in {self.checkpoints}; train first with "
                f"bin/train.py --workdir={self.path}"
            )
        return store.path(newest)


@dataclasses.dataclass
class LoadedRun:
    """A trained model with what belongs to it.

    Attributes:
        gan: the variant with the checkpoint's weights.
        config: the run's config.
        spec: what the model knows of its data: image shape and classes (it may ignore
            those of the data), sizes and channels of two domains, or image shape and
            the size of captions.
        step: the checkpoint's training step.
        metrics: results of the run, empty if it was never evaluated.
        checkpoint: the file the weights came from.
    """

    gan: Any
    config: Config
    spec: Any
    step: int
    metrics: dict[str, Any]
    checkpoint: Path

    @property
    def folder(self) -> RunFolder:
        """The run folder, where the checkpoint lies."""
        return RunFolder(self.checkpoint.parent.parent)


def load_run(workdir: str | os.PathLike, checkpoint: str = "best") -> LoadedRun:
    """Rebuilds a run's model from its folder alone; the data set is not needed.

    Args:
        workdir: the run folder.
        checkpoint: `best` (the last one where nothing was evaluated), `last`, or a
            saved step's number.

    Raises:
        CheckpointError: when the folder or the checkpoint cannot be used.
    """
    folder = RunFolder(workdir)
    config, spec = folder.config(), folder.spec()
    path = folder.checkpoint_path(checkpoint)
    gan = config.method.build(spec)  # type: ignore[attr-defined]
    progress = restore_part(path, model_state(gan))
    metrics = progress.get("evaluation") or {}
    return LoadedRun(gan, config, gan.spec, int(progress["step"]), metrics, path)


def write_text(path: Path, text: str) -> None:
    """Writes a small file so that it is either whole or not there."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    temporary.write_text(text)
    os.replace(temporary, path)
