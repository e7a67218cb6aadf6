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
import tensorflow as tf

from tfgan_contra import distribution
from tfgan_contra.config import Config
from tfgan_contra.errors import TrainingInterrupted, TrainingStopped
from tfgan_contra.training.checkpoints import CheckpointStore, training_state
from tfgan_contra.training.runs import RunFolder

# Small, since it comes on top of the training step's memory.
ACCURACY_BATCH, ACCURACY_PIXELS = 20, 2**19
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
        losses: the newest step's.
        window: sums of the losses since the last row of the log.
        window_steps: steps in the window.
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
    losses: dict[str, float] = dataclasses.field(default_factory=dict)
    window: dict[str, float] = dataclasses.field(default_factory=dict)
    window_steps: int = 0
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
                f"{bad[0]} is not finite at step {self.step}; the checkpoints before "
                f"it are kept in {self.folder.checkpoints}. {NOT_FINITE_ADVICE}"
            )
        return values

    def progress(self) -> dict[str, Any]:
        """Returns what a checkpoint stores beside the variables."""
        names = ("step", "best", "evaluation", "window", "window_steps")
        return {name: getattr(self, name) for name in names}

    def resume(self, progress: dict[str, Any]) -> None:
        """Takes over what `progress` returned when the checkpoint was written."""
        for name, value in progress.items():
            setattr(self, name, value)
        self.first_step = self.step

    def count(self, losses: dict[str, float]) -> None:
        """Counts a step and adds its losses to the window, a new one after each row."""
        if self.due(self.config.train.log_every):
            self.window, self.window_steps = {}, 0
        self.step += 1
        self.losses = losses
        self.window_steps += 1
        for name, value in losses.items():
            self.window[name] = self.window.get(name, 0.0) + value

    def mean_losses(self) -> dict[str, float]:
        """Returns the losses' means over the window."""
        steps = max(self.window_steps, 1)
        return {name: total / steps for name, total in self.window.items()}


class RunCallback(keras.callbacks.Callback):
    """A callback that looks at the run instead of at Keras's batch number."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run = run

    def on_train_batch_end(self, batch: int, logs: Optional[dict] = None) -> None:
        """Does the callback's work."""
        self.after_step()

    def after_step(self) -> None:
        """Does the callback's work after `run.step` steps."""
        raise NotImplementedError


class CountSteps(RunCallback):
    """Counts the steps and fetches their losses; comes first."""

    def on_train_batch_end(self, batch: int, logs: Optional[dict] = None) -> None:
        """Hands the step's own losses to the run."""
        self.run.count({name: float(value) for name, value in (logs or {}).items()})
        # The model's running means start anew, so that each step logs its own losses;
        # the run takes the means, and a checkpoint carries them.
        self.run.gan.reset_metrics()


class StopOnNotANumber(RunCallback):
    """Ends the run when a loss is not finite; the last good checkpoint stays."""

    def after_step(self) -> None:
        """Raises `TrainingStopped` naming the loss."""
        losses = self.run.losses
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

    def after_step(self) -> None:
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

    def __init__(
        self, run: Run, checkpoints: SaveCheckpoints, strategy: Any = None
    ) -> None:
        super().__init__(run)
        self._checkpoints, self._strategy = checkpoints, strategy
        self._received: Optional[int] = None
        self._previous: dict[int, Any] = {}

    def on_train_begin(self, logs: Optional[dict] = None) -> None:
        """Takes over the signals, where this thread may."""
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self._previous[number] = signal.signal(number, self._receive)
            except ValueError:  # Not the main thread, for example in a notebook.
                return

    def after_step(self) -> None:
        """Saves and raises `TrainingInterrupted` if a signal came during the step."""
        # A scheduler's signal reaches the workers at different steps; all must stop
        # after the same one, or the last waits for the others for ever.
        own = self._received or 0
        if not distribution.sum_over_replicas(self._strategy, own):
            return
        self._checkpoints.save()
        name = signal.Signals(own).name if own else "a signal to another worker"
        raise TrainingInterrupted(
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

    def after_step(self) -> None:
        """Shows the line when it is time."""
        self._measure()
        now = time.monotonic()
        every = self.run.due(self.run.config.train.log_every)
        if not every and not (self._live and now - self._shown > 0.5):
            return
        self._shown = now
        end = "\n" if every or not self._live else ""
        start = "\r\x1b[2K" if self._live else ""
        print(start + self._line(), end=end, file=self._stream, flush=True)

    def _measure(self) -> None:
        now, step = time.monotonic(), self.run.step
        if self._mark is None:  # The first step compiles; it says nothing of speed.
            self._mark = (now, step)
            return
        seconds = (now - self._mark[0]) / (step - self._mark[1])
        old = seconds if self._seconds is None else self._seconds
        self._seconds = 0.95 * old + 0.05 * seconds
        self._mark = (now, step)

    def _line(self) -> str:
        details = self.run.gan.detail_names()
        losses = {n: v for n, v in self.run.mean_losses().items() if n not in details}
        total = self.run.config.train.num_steps
        values = "  ".join(f"{name} {value:.3f}" for name, value in losses.items())
        speed = ""
        if self._seconds:
            left = self._seconds * (total - self.run.step)
            rate = self.run.images / self._seconds
            speed = f"  {rate:.0f} images/s  {_duration(left)} left"
        return f"step {self.run.step}/{total}  {values}{speed}"


def discriminator_accuracy(
    gan: Any, images: np.ndarray, condition: Any, real: bool
) -> float:
    """Returns the share of images, or of their patches, that D judges rightly.

    A logit above the middle of the loss's two targets means real: 0, or 0.5 for the
    least squares loss. (The Wasserstein loss has no targets: there the number means
    nothing, and `TensorBoardRows` does not show it.) Falling accuracy on held-out
    images beside a high one on training images is overfitting.

    Args:
        gan: the model.
        images: `[N, H, W, C]` float32 in [-1, 1].
        condition: labels `[N]`, captions' `TextFeatures`, or None where there is none.
        real: whether the images are real.
    """
    middle = gan.adversarial.middle
    height, width = images.shape[1:3]
    size = min(max(ACCURACY_PIXELS // (height * width), 1), ACCURACY_BATCH)
    right = 0.0
    for start in range(0, len(images), size):
        rows = slice(start, start + size)
        own = tf.nest.map_structure(
            lambda part, rows=rows: None if part is None else part[rows], condition
        )
        outputs = gan.discriminate(images[rows], own, training=False)
        logits = np.asarray(outputs["logits"])
        judged = (logits.reshape(len(logits), -1) > middle) == real
        right += float(judged.mean(axis=1).sum())
    return right / len(images)


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (
        f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
    )
