#!/usr/bin/env python3
"""Trains several configs with several seeds, and measures all with one protocol.

    bin/compare.py --configs=configs/smoke/contragan.py,configs/smoke/biggan.py
        --seeds=0,1 --output=runs/comparison
    bin/compare.py --configs=small=configs/smoke/contragan.py --dry_run

--output gets one run folder per config and seed, comparison.md (the tables),
comparison.json (every number) and comparison.png. Running it again resumes: what is
trained or measured is not done again. The exit code is 1 if a run has no score.
"""

import shlex
import sys
from pathlib import Path

from absl import flags

from tfgan_contra import command_line
from tfgan_contra.errors import UsageError

CONFIGS = flags.DEFINE_list(
    "configs", None, "Files of configs/, each <file>, <file>:<argument> or <name>=..."
)
SEEDS = flags.DEFINE_list("seeds", ["0"], "One run of every config for each.")
NUM_STEPS = flags.DEFINE_integer("num_steps", None, "Training steps; the configs'.")
EVAL_EVERY = flags.DEFINE_integer(
    "eval_every", None, "Steps between evaluations while training; the configs'."
)
OUTPUT = flags.DEFINE_string("output", "runs/comparison", "The comparison's folder.")
CHECKPOINT = flags.DEFINE_enum(
    "checkpoint", "last", ["last", "best"], "Which one the tables are of."
)
EXTRACTOR = flags.DEFINE_string("extractor", None, "Feature extractor; the first's.")
NUM_IMAGES = flags.DEFINE_integer("num_images", None, "Generated images; the first's.")
SPLIT = flags.DEFINE_string("reference_split", None, "train or test; the first's.")
STATISTICS = flags.DEFINE_string(
    "statistics", None, "BatchNorm statistics: moving, standing or batch; the first's."
)
RETRY_FAILED = flags.DEFINE_boolean(
    "retry_failed", False, "Train on runs that stopped themselves (nan, collapse)."
)
DRY_RUN = flags.DEFINE_boolean("dry_run", False, "Show what would be done and stop.")


def main(argv: list[str]) -> int:
    """Compares and returns the exit code."""
    from tfgan_contra.comparison import Options, make_plan, parse_entries
    from tfgan_contra.comparison.plan import describe
    from tfgan_contra.comparison.running import run_comparison

    if not all(seed.isdecimal() for seed in SEEDS.value):
        raise UsageError(f"--seeds must be numbers. Received: {SEEDS.value}")
    options = Options(
        output=Path(OUTPUT.value),
        seeds=[int(seed) for seed in SEEDS.value],
        num_steps=NUM_STEPS.value,
        eval_every=EVAL_EVERY.value,
        protocol={
            "extractor": EXTRACTOR.value,
            "num_images": NUM_IMAGES.value,
            "reference_split": SPLIT.value,
            "statistics": STATISTICS.value,
        },
        checkpoint=CHECKPOINT.value,
        retry_failed=RETRY_FAILED.value,
        command=shlex.join(["bin/compare.py", *sys.argv[1:]]),
    )
    plan = make_plan(parse_entries(CONFIGS.value), options)
    print(describe(plan), flush=True)
    if DRY_RUN.value:
        return 0
    result = run_comparison(plan)
    print((options.output / "comparison.md").read_text())
    print(f"written to {options.output}/comparison.md, .json and .png")
    return 0 if all(run["evaluations"] for run in result["runs"]) else 1


if __name__ == "__main__":
    command_line.run(main, argv_required=("configs",))
