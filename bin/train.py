#!/usr/bin/env python3
"""Trains a contrastive GAN, or resumes it: run the same command again.

    bin/train.py --config=configs/smoke/contragan.py --workdir=runs/smoke
    bin/train.py --config=configs/contragan/cifar10.py --workdir=runs/a
        --config.method.temperature=0.5 --config.train.num_steps=1000

Everything a run makes lies in --workdir. --print_config lists every field that can be
overridden, with its value.
"""

from absl import flags
from ml_collections import config_flags

from tfgan_contra import command_line
from tfgan_contra.config import leaves
from tfgan_contra.errors import UsageError

CONFIG = config_flags.DEFINE_config_file(
    "config", None, "A Python file of configs/ with get_config().", lock_config=False
)
WORKDIR = flags.DEFINE_string("workdir", None, "Where the run's files go.")
STRATEGY = flags.DEFINE_enum(
    "strategy",
    "auto",
    ["auto", "one_device", "mirrored", "multi_worker"],
    "What to train on; auto: all GPUs, or every worker that TF_CONFIG names.",
)
NUM_DEVICES = flags.DEFINE_integer(
    "num_devices", None, "How many devices to use; all by default.", lower_bound=1
)
CPU_DEVICES = flags.DEFINE_integer(
    "cpu_devices",
    None,
    "Split the CPU into so many logical devices, to try --strategy=mirrored.",
    lower_bound=1,
)
PRINT_CONFIG = flags.DEFINE_boolean(
    "print_config", False, "Print every field of the config and stop."
)


def main(argv: list[str]) -> int:
    """Trains and returns the exit code."""
    CONFIG.value.validate()
    if PRINT_CONFIG.value:
        for name, value in leaves(CONFIG.value):
            print(f"--config.{name}={value!r}")
        return 0
    if not WORKDIR.value:
        raise UsageError("--workdir is required; see --help")
    from tfgan_contra import distribution  # Slow: TensorFlow.
    from tfgan_contra.training import Trainer

    if CPU_DEVICES.value:
        distribution.split_cpu(CPU_DEVICES.value)
    strategy = distribution.make_strategy(STRATEGY.value, NUM_DEVICES.value)
    results = Trainer(CONFIG.value, WORKDIR.value, strategy).train()
    print(f"best: {results['best']}")
    print(f"results: {WORKDIR.value}/results.json")
    return 0


if __name__ == "__main__":
    command_line.run(main, argv_required=("config",))
