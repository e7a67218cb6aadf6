"""How long a run is and how its learning rates fall, once the data are known."""

import dataclasses
from typing import Any, Optional

from tfgan_contra.config import Config, EpochTrainConfig
from tfgan_contra.optimizers import Adam, ConstantThenLinear, EpochwiseLinear


@dataclasses.dataclass(frozen=True)
class EpochPlan:
    """A run of epochs.

    Attributes:
        epoch_steps: training steps of an epoch.
        constant_epochs: epochs of constant rates.
        decay_epochs: epochs of falling rates after them.
    """

    epoch_steps: int
    constant_epochs: int
    decay_epochs: int

    @property
    def decay_step(self) -> int:
        """The first step of the first epoch whose rate is lower."""
        return self.constant_epochs * self.epoch_steps


def epoch_plan(config: Config, epoch_size: int) -> Optional[EpochPlan]:
    """Returns a config's epochs, None where it counts in steps.

    Args:
        config: the run's config.
        epoch_size: samples of an epoch; a batch that would be incomplete is no step of
            it, as in the CUT authors' code.
    """
    train = config.train
    if not isinstance(train, EpochTrainConfig):
        return None
    steps = max(epoch_size // train.global_batch_size, 1)
    return EpochPlan(steps, train.constant_epochs, train.decay_epochs)


def counted_in_steps(config: Config, plan: Optional[EpochPlan]) -> Config:
    """Returns the config with the number of steps that its epochs have."""
    if plan is None or not isinstance(config.train, EpochTrainConfig):
        return config
    return dataclasses.replace(config, train=config.train.counted(plan.epoch_steps))


def decay_step(config: Config, plan: Optional[EpochPlan]) -> Optional[int]:
    """Returns the step from which the rates fall; None: they never do."""
    if plan is not None:
        return plan.decay_step
    if config.optimizer.decay_start >= 1.0:
        return None
    return int(config.optimizer.decay_start * config.train.num_steps)


def make_optimizers(
    config: Config, plan: Optional[EpochPlan] = None
) -> tuple[Adam, ...]:
    """Returns an Adam for each of the method's networks, in its order.

    Args:
        config: the run's config, counted in steps.
        plan: its epochs, if it has any.
    """
    options, method = config.optimizer, config.method
    return tuple(
        Adam(
            _rate(config, plan, network),
            beta_1=options.beta_1,
            beta_2=options.beta_2,
            epsilon=options.epsilon,
        )
        for network in method.networks  # type: ignore[attr-defined]
    )


def _rate(config: Config, plan: Optional[EpochPlan], network: str) -> Any:
    options, method = config.optimizer, config.method
    updates = method.d_updates if network == "d" else 1  # type: ignore[attr-defined]
    # The projector's rate is the generator's.
    rate = options.d_learning_rate if network == "d" else options.g_learning_rate
    if plan is not None:
        return EpochwiseLinear(
            rate, plan.epoch_steps * updates, plan.constant_epochs, plan.decay_epochs
        )
    if options.decay_start >= 1.0:
        return rate
    total = config.train.num_steps * updates
    start = int(options.decay_start * total)
    return ConstantThenLinear(rate, start, total, options.final_fraction)
