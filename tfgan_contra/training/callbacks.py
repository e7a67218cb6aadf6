"""What happens beside the training step: guards, checkpoints, progress, logs.

Each is a Keras callback of one concern. Steps are counted over the whole run: `Run`
translates Keras's batch numbers, which start anew when a run resumes.
"""

import dataclasses
import math
import signal
import sys
import time
from typing import Any, Optional, TextIO

import keras
import numpy as np

from tfgan_contra.config import Config
from tfgan_contra.errors import TrainingStopped
from tfgan_contra.training.checkpoints import CheckpointStore, training_state
from tfgan_contra.training.runs import RunFolder

NOT_FINITE_ADVICE = (
    "Try a smaller --config.optimizer.d_learning_rate, or float32, in another --workdir"
)


@dataclasses.dataclass
class Run:
    """What the callbacks of one run share.

    Attributes:
        gan: the model.
        config: the run's config.
        folder: where files go.
        first_step: steps done before this process started.
        writes: whether this process writes files (worker 0).
        images: images shown to the discriminator per step, over all replicas.
        step: steps done so far.
        best: headline score of the best checkpoint, None before any.
        evaluation: the newest evaluation.
    """

    gan: Any
    config: Config
    folder: RunFolder
    first_step: int = 0
    writes: bool = True
    images: int = 0
    step: int = 0
    best: Optional[dict[str, Any]] = None
    evaluation: Optional[dict[str, Any]] = None

    def due(self, every: int) -> bool:
        """Returns whether something that happens every so many steps happens now."""
        last = self.step == self.config.train.num_steps
        return every > 0 and (self.step % every == 0 or last)

    def variables(self) -> dict[str, Any]:
        """Returns everything a resume needs, by name."""
        return training_state(self.gan)

    def finite_variables(self) -> dict[str, np.ndarray]:
        """Returns the values to save.

        Raises:
            TrainingStopped: when one is not finite. The losses do not always show it: a
                ReLU turns a not-a-number into 0.
        """
        values = {name: np.asarray(v) for name, v in self.variables().items()}
        bad = [name for name, value in values.items() if not np.isfinite(value).all()]
        if bad:
            raise TrainingStopped(
                f"{bad[0]} is not finite at step {self.step}; the checkpoints before it "
                f"are kept in {self.folder.checkpoints}. {NOT_FINITE_ADVICE}"
            )
        return values

    def progress(self) -> dict[str, Any]:
        """Returns what a checkpoint stores beside the variables."""
        return {"step": self.step, "best": self.best, "evaluation": self.evaluation}


class RunCallback(keras.callbacks.Callback):
    """A callback that is called with the run's step instead of Keras's batch."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run

    def on_train_batch_end(self, batch: int, logs: Optional[dict] = None) -> None:
        """Passes the step's losses on as plain numbers."""
        self.after_step({name: float(v) for name, v in (logs or {}).items()})

    def after_step(self, losses: dict[str, float]) -> None:
        """Does the callback's work after `run.step` steps."""
        raise NotImplementedError


class CountSteps(RunCallback):
    """Counts the steps; comes first."""

    def after_step(self, losses: dict[str, float]) -> None:
        """Sets `run.step`."""
        self.run.step += 1


class StopOnNotANumber(RunCallback):
    """Ends the run when a loss is not finite; the last good checkpoint stays."""

    def after_step(self, losses: dict[str, float]) -> None:
        """Raises `TrainingStopped` naming the loss."""
        bad = [name for name, value in losses.items() if not math.isfinite(value)]
        if bad:
            raise TrainingStopped(
                f"Loss {bad[0]} became {losses[bad[0]]} at step {self.run.step}; the "
                f"checkpoints before it are kept in {self.run.folder.checkpoints}. "
                f"{NOT_FINITE_ADVICE}"
            )


class SaveCheckpoints(RunCallback):
    """Saves the whole state every so many steps, at the end, and when asked to stop."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.store = CheckpointStore(
            run.folder.checkpoints, run.config.train.keep_checkpoints
        )

    def after_step(self, losses: dict[str, float]) -> None:
        """Saves when it is due."""
        if self.run.due(self.run.config.train.checkpoint_every):
            self.save()

    def save(self) -> None:
        """Saves now."""
        if self.run.writes:
            variables = self.run.finite_variables()
            self.store.save(self.run.step, variables, self.run.progress())

    def save_best(self) -> None:
        """Saves now as the best."""
        if self.run.writes:
            self.store.save_best(self.run.finite_variables(), self.run.progress())


class StopOnSignal(RunCallback):
    """Turns Ctrl-C and SIGTERM into: finish the step, save, say how to go on."""

    def __init__(self, run: Run, checkpoints: SaveCheckpoints) -> None:
        super().__init__(run)
        self._checkpoints = checkpoints
        self._received: Optional[int] = None
        self._previous: dict[int, Any] = {}

    def on_train_begin(self, logs: Optional[dict] = None) -> None:
        """Takes over the signals, where this thread may."""
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self._previous[number] = signal.signal(number, self._receive)
            except ValueError:  # Not the main thread, for example in a notebook.
                return

    def after_step(self, losses: dict[str, float]) -> None:
        """Saves and raises `TrainingStopped` if a signal came during the step."""
        if self._received is None:
            return
        self._checkpoints.save()
        name = signal.Signals(self._received).name
        raise TrainingStopped(
            f"Stopped by {name} at step {self.run.step}; everything is saved in "
            f"{self.run.folder.path}. Run the same command again to go on"
        )

    def restore(self) -> None:
        """Gives the signals back."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous = {}

    def _receive(self, number: int, frame: Any) -> None:
        if self._received is not None:
            raise KeyboardInterrupt  # The second Ctrl-C does not wait for the step.
        self._received = number


class ShowProgress(RunCallback):
    """One line: step, losses, images per second, time left.

    On a terminal the line is rewritten; in a log file a line is added every
    `log_every` steps.
    """

    def __init__(self, run: Run, stream: Optional[TextIO] = None) -> None:
        super().__init__(run)
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._shown = 0.0
        self._mark: Optional[tuple[float, int]] = None
        self._seconds: Optional[float] = None

    def after_step(self, losses: dict[str, float]) -> None:
        """Shows the line when it is time."""
        self._measure()
        now = time.monotonic()
        every = self.run.due(self.run.config.train.log_every)
        if not every and not (self._live and now - self._shown > 0.5):
            return
        self._shown = now
        end = "\n" if every or not self._live else ""
        start = "\r\x1b[2K" if self._live else ""
        print(start + self._line(losses), end=end, file=self._stream, flush=True)

    def _measure(self) -> None:
        now, step = time.monotonic(), self.run.step
        if self._mark is None:  # The first step compiles; it says nothing of speed.
            self._mark = (now, step)
            return
        seconds = (now - self._mark[0]) / (step - self._mark[1])
        old = seconds if self._seconds is None else self._seconds
        self._seconds = 0.95 * old + 0.05 * seconds
        self._mark = (now, step)

    def _line(self, losses: dict[str, float]) -> str:
        total = self.run.config.train.num_steps
        values = "  ".join(f"{name} {value:.3f}" for name, value in losses.items())
        speed = ""
        if self._seconds:
            left = self._seconds * (total - self.run.step)
            rate = self.run.images / self._seconds
            speed = f"  {rate:.0f} images/s  {_duration(left)} left"
        return f"step {self.run.step}/{total}  {values}{speed}"


class ResetLosses(RunCallback):
    """Starts the losses' running means anew after each log row; comes last."""

    def after_step(self, losses: dict[str, float]) -> None:
        """Resets when a row was written."""
        if self.run.due(self.run.config.train.log_every):
            self.run.gan.reset_metrics()


def discriminator_accuracy(
    gan: Any, images: np.ndarray, labels: np.ndarray, real: bool
) -> float:
    """Returns the share of images that the discriminator judges rightly.

    A logit above the middle of the loss's two targets means real: 0, or 0.5 for the
    least squares loss. Falling accuracy on held-out images beside a high one on
    training images is overfitting.

    Args:
        gan: the model.
        images: `[N, H, W, C]` float32 in [-1, 1].
        labels: `[N]`.
        real: whether the images are real.
    """
    middle = 0.5 if gan.config.adversarial == "least_squares" else 0.0
    logits = gan.discriminate(images, labels, training=False)["logits"]
    judged_real = np.asarray(logits) > middle
    return float(np.mean(judged_real == real))


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (
        f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
    )
