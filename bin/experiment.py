#!/usr/bin/env python3
"""Runs one of the experiments that the papers are remembered for.

    bin/experiment.py --experiment=forgetting --output=runs/forgetting
    bin/experiment.py --experiment=mode_collapse --output=runs/mode_collapse \
        --option=num_seeds=1
    bin/experiment.py --experiment=linear_probe --output=runs/probe \
        --workdirs=sngan=runs/a,ssgan=runs/b
    bin/experiment.py --experiment=stability --output=runs/stability \
        --workdirs=runs/a,runs/b

Writes <experiment>.json and <experiment>.png into --output. Running it again resumes:
parts that are finished are not done again. --list shows every option with its value.
"""

from absl import flags

from tfgan_contra import command_line
from tfgan_contra.config import leaves
from tfgan_contra.errors import UsageError
from tfgan_contra.experiments import EXPERIMENTS, default_config, plan_experiment

NAME = flags.DEFINE_string("experiment", None, f"One of {', '.join(EXPERIMENTS)}.")
WORKDIRS = flags.DEFINE_list(
    "workdirs", [], "Run folders to look at, each <folder> or <name>=<folder>."
)
OPTIONS = flags.DEFINE_multi_string("option", [], "<field>=<value>; see --list.")
OUTPUT = flags.DEFINE_string("output", None, "The folder for the experiment's files.")
LIST = flags.DEFINE_boolean("list", False, "Show the options of --experiment and stop.")


def main(argv: list[str]) -> int:
    """Runs the experiment and returns the exit code."""
    if LIST.value:
        names = [NAME.value] if NAME.value else list(EXPERIMENTS)
        for name in names:
            config = default_config(name)
            print(f"{name}: {(type(config).__doc__ or '').splitlines()[0]}")
            for field, value in leaves(config):
                if field != "type":
                    print(f"  --option={field}={value!r}")
        return 0
    for name, value in (("experiment", NAME.value), ("output", OUTPUT.value)):
        if not value:
            raise UsageError(f"--{name} is required; see --help")
    plan = plan_experiment(NAME.value, OPTIONS.value, WORKDIRS.value, OUTPUT.value)
    from tfgan_contra.experiments.running import run_experiment  # Slow: TensorFlow.

    run_experiment(plan)
    return 0


if __name__ == "__main__":
    command_line.run(main)
