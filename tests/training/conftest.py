"""One small finished run for everything that reads a run folder."""

import pytest
from training.small import small_config

from tfgan_contra.training import Trainer


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory):
    """Returns the workdir of a run of four steps on the digits."""
    workdir = tmp_path_factory.mktemp("runs") / "finished"
    Trainer(small_config(), str(workdir)).train()
    return workdir
