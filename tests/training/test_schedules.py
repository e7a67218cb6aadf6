"""Epochs as steps, and rates that fall by epoch or by step."""

import dataclasses

import numpy as np
import pytest

from tfgan_contra.config import Config, EpochTrainConfig, OptimizerConfig, TrainConfig
from tfgan_contra.errors import ConfigError
from tfgan_contra.models.translation_configs import CUTConfig
from tfgan_contra.training import schedules

EPOCHS = Config(
    method=CUTConfig(),
    train=EpochTrainConfig(constant_epochs=3, decay_epochs=2, global_batch_size=4),
    optimizer=OptimizerConfig(g_learning_rate=1.0, d_learning_rate=0.5),
)


def rates(optimizer, steps):
    return [float(optimizer._learning_rate(step)) for step in range(steps)]


def test_an_epoch_has_whole_batches_only():
    plan = schedules.epoch_plan(EPOCHS, 11)
    assert plan.epoch_steps == 2
    assert plan.decay_step == 6
    assert schedules.counted_in_steps(EPOCHS, plan).train.num_steps == 10
    assert schedules.epoch_plan(EPOCHS, 3).epoch_steps == 1


def test_rates_fall_once_per_epoch_as_the_authors_do():
    plan = schedules.epoch_plan(EPOCHS, 8)
    g, d, f = schedules.make_optimizers(EPOCHS, plan)
    expected = np.repeat([1, 1, 1, 2 / 3, 1 / 3, 1 / 3], 2)
    np.testing.assert_allclose(rates(g, 12), expected, rtol=1e-6)
    np.testing.assert_allclose(rates(f, 12), expected, rtol=1e-6)
    np.testing.assert_allclose(rates(d, 12), expected / 2, rtol=1e-6)


def test_an_epoch_run_can_stop_early():
    train = dataclasses.replace(EPOCHS.train, num_steps=7)
    config = dataclasses.replace(EPOCHS, train=train)
    plan = schedules.epoch_plan(config, 8)
    assert schedules.counted_in_steps(config, plan).train.num_steps == 7
    assert plan.decay_step == 6


def test_runs_of_steps_have_no_epochs():
    optimizer = OptimizerConfig(decay_start=0.25)
    config = Config(CUTConfig(), train=TrainConfig(num_steps=8), optimizer=optimizer)
    assert schedules.epoch_plan(config, 100) is None
    assert schedules.counted_in_steps(config, None) is config
    assert schedules.decay_step(config, None) == 2
    constant = dataclasses.replace(config, optimizer=OptimizerConfig())
    assert schedules.decay_step(constant, None) is None


@pytest.mark.parametrize(
    "changes", [{"constant_epochs": 0, "decay_epochs": 0}, {"decay_epochs": -1}]
)
def test_epochs_are_checked(changes):
    train = dataclasses.replace(EPOCHS.train, **changes)
    with pytest.raises(ConfigError, match="epochs"):
        dataclasses.replace(EPOCHS, train=train).validate()
