"""From a config and a run folder to a trained, measured model."""

import contextlib
import json
import platform
import time
from collections.abc import Iterator
from typing import Any, Optional

import keras
import tensorflow as tf

import tfgan_contra
from tfgan_contra import distribution
from tfgan_contra.config import Config
from tfgan_contra.data.ordering import BatchSchedule
from tfgan_contra.errors import (
    CheckpointError,
    ConfigError,
    DataError,
    TrainingFailed,
)
from tfgan_contra.training.callbacks import (
    CountSteps,
    Run,
    SaveCheckpoints,
    ShowProgress,
    StopOnNotANumber,
    StopOnSignal,
)
from tfgan_contra.training.checkpoints import CheckpointStore, restore
from tfgan_contra.training.runs import RunFolder, write_text
from tfgan_contra.training.schedules import (
    counted_in_steps,
    epoch_plan,
    make_optimizers,
)
from tfgan_contra.training.tasks import Task, make_task


class Trainer:
    """Trains one config in one run folder; running it again resumes.

    Args:
        config: the validated config.
        workdir: the run folder.
        strategy: from `distribution.make_strategy`; None: one device.

    Raises:
        UserError: for data that cannot be had, a folder of another config, a
            checkpoint that cannot be read.
    """

    def __init__(
        self, config: Config, workdir: str, strategy: Optional[Any] = None
    ) -> None:
        self.config = config
        self.folder = RunFolder(workdir)
        self.strategy = strategy or distribution.make_strategy("one_device")
        self.chief = distribution.is_chief()
        self._check_batch_size()
        self.folder.check(config)

    def train(self) -> dict[str, Any]:
        """Trains to the last step and returns the results, also in `results.json`.

        Raises:
            TrainingStopped: on not-a-number losses, a signal, or a collapse that the
                config says to stop on.
            TrainingFailed: when TensorFlow fails, for lack of memory say.
        """
        if self.folder.finished():
            print(f"{self.folder.path} is finished; nothing to do", flush=True)
            return self.folder.results()
        self._prepare_tensorflow()
        self.task = self._load()
        for line in self.task.report:
            print(line, flush=True)
        if self.chief:
            self.folder.start(self.config, self.task.spec, self.task.epoch_size)
        self._count_steps()
        keras.utils.set_random_seed(self.config.seed)
        started = time.time()
        with _precision(self.config.train.precision):
            gan = self._build()
        run = self._resume(gan)
        self._fit(run)
        results = self._results(run, time.time() - started)
        if self.chief:
            write_text(self.folder.results_file, json.dumps(results, indent=2) + "\n")
        return results

    def _check_batch_size(self) -> None:
        """Raises `ConfigError` if a batch does not divide, before anything is built."""
        rows = self._schedule(0).replica_batch_size
        method: Any = self.config.method
        if rows % method.batch_divisor:
            raise ConfigError(
                f"config.method: {method.divisor_name} must divide the {rows} images "
                f"of a replica's batch. Received: {method.batch_divisor}"
            )

    def _count_steps(self) -> None:
        """Turns epochs into steps, now that the data are known."""
        self.plan = epoch_plan(self.config, self.task.epoch_size)
        if self.plan is not None:
            self.folder.check_epoch_size(self.task.epoch_size)
        self.config = counted_in_steps(self.config, self.plan)

    def _schedule(self, start_step: int) -> BatchSchedule:
        method: Any = self.config.method
        return BatchSchedule(
            global_batch_size=self.config.train.global_batch_size,
            slices=method.images_per_step,
            seed=self.config.seed,
            start_step=start_step,
            num_replicas=self.strategy.num_replicas_in_sync,
        )

    def _load(self) -> Task:
        """Loads the data; worker 0 first where it trains what the others then read."""
        method: Any = self.config.method
        in_turn = method.takes_captions
        if in_turn and not self.chief and self._failures(0):
            raise DataError(
                "worker 0 could not get the data or the text encoder; it says why"
            )
        try:
            task = make_task(self.config, self.folder)
        except Exception:
            if in_turn and self.chief:
                self._failures(1)  # The others wait for an answer.
            raise
        if in_turn and self.chief:
            self._failures(0)
        return task

    def _failures(self, own: int) -> int:
        """Waits for all workers and returns how many report that they failed."""
        return int(distribution.sum_over_replicas(self.strategy, own))

    def _prepare_tensorflow(self) -> None:
        if self.config.train.deterministic:
            tf.config.experimental.enable_op_determinism()

    def _build(self) -> Any:
        method: Any = self.config.method
        with self.strategy.scope():
            gan = method.build(self.task.spec)
            optimizers = make_optimizers(self.config, self.plan)
            gan.compile(*optimizers, seed=self.config.seed)
            self.task.prepare(gan)
        return gan

    def _resume(self, gan: Any) -> Run:
        run = Run(gan, self.config, self.folder, writes=self.chief)
        schedule = self._schedule(0)
        run.images = schedule.global_batch_size * schedule.slices
        store = CheckpointStore(self.folder.checkpoints)
        if self.chief:
            store.sweep()
        newest, damaged, problems = store.newest_readable()
        for problem in problems:
            print(f"warning: {problem}", flush=True)
        if self.chief:
            for path in damaged:
                store.put_aside(path)
        if newest is not None:
            run.resume(restore(store.path(newest), run.variables()))
            print(f"resuming {self.folder.path} at step {run.step}", flush=True)
        self._check_same_step(run.step)
        if self.chief:
            self._forget_later_evaluations(run.step)
        return run

    def _check_same_step(self, step: int) -> None:
        replicas = distribution.sum_over_replicas(self.strategy, 1)
        if distribution.sum_over_replicas(self.strategy, step) != step * replicas:
            raise CheckpointError(
                f"The workers resume at different steps, this one at {step}: --workdir "
                "must be one folder that all of them see"
            )

    def _forget_later_evaluations(self, step: int) -> None:
        """Drops rows that a killed process wrote after its last checkpoint."""
        rows = self.folder.evaluations()
        kept = [json.dumps(row) + "\n" for row in rows if row["step"] <= step]
        if len(kept) < len(rows):
            write_text(self.folder.evaluations_file, "".join(kept))

    def _batches(self, start_step: int) -> Any:
        schedule = self._schedule(start_step)

        def of_worker(context: distribution.InputContext) -> tf.data.Dataset:
            """Returns the batches of one worker's replicas."""
            return self.task.batches(schedule, context)

        return self.strategy.distribute_datasets_from_function(of_worker)

    def _fit(self, run: Run) -> None:
        steps = self.config.train.num_steps - run.step
        if steps <= 0:
            return
        callbacks, signals = self._callbacks(run)
        try:
            run.gan.fit(
                self._batches(run.step),
                steps_per_epoch=steps,
                epochs=1,
                callbacks=callbacks,
                verbose=0,
            )
        except tf.errors.OpError as error:
            # TensorFlow wraps what the data raise; show the user's own line.
            raise self.task.failure or TrainingFailed(
                f"TensorFlow failed after step {run.step} with "
                f"{type(error).__name__}: {str(error).splitlines()[0][:300]}. The "
                "checkpoints are kept; run the same command again to resume"
            ) from error
        finally:
            signals.restore()

    def _callbacks(self, run: Run) -> tuple[list[keras.callbacks.Callback], Any]:
        checkpoints = SaveCheckpoints(run)
        signals = StopOnSignal(run, checkpoints, self.strategy)
        callbacks: list[keras.callbacks.Callback] = [
            CountSteps(run),
            StopOnNotANumber(run),
        ]
        if self.chief:
            callbacks += [ShowProgress(run), *self.task.watchers(run, checkpoints)]
        callbacks += [checkpoints, signals]
        return callbacks, signals

    def _results(self, run: Run, seconds: float) -> dict[str, Any]:
        last = run.evaluation or {}
        return {
            "step": run.step,
            "metrics": last.get("metrics", {}),
            "protocol": last.get("protocol", {}),
            "per_class": last.get("per_class", {}),
            "best": run.best,
            "seconds_of_last_session": round(seconds, 1),
            "resumed_at_step": run.first_step,
            "parameters": {
                "generator": _count(run.gan.generator.trainable_variables),
                "discriminator": _count(run.gan.d_variables),
            },
            "versions": {
                "tfgan_contra": tfgan_contra.__version__,
                "tensorflow": tf.__version__,
                "keras": keras.__version__,
                "python": platform.python_version(),
            },
            "replicas": self.strategy.num_replicas_in_sync,
        }


@contextlib.contextmanager
def _precision(policy: str) -> Iterator[None]:
    """Sets Keras's dtype policy while networks are built."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _count(variables: list[keras.Variable]) -> int:
    return sum(int(tf.size(variable.value)) for variable in variables)
