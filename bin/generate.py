#!/usr/bin/env python3
"""Generates pictures from a run folder; the data set is not needed.

    bin/generate.py --workdir=runs/a --output=pictures --label=three --num_images=8
    bin/generate.py --workdir=runs/a --output=pictures

Without --label every class in turn. Writes one PNG per image and grid.png.
"""

from pathlib import Path

from absl import flags

from tfgan_contra import command_line
from tfgan_contra.errors import UsageError

WORKDIR = flags.DEFINE_string("workdir", None, "The run folder.")
OUTPUT = flags.DEFINE_string("output", None, "Folder for the PNG files.")
LABEL = flags.DEFINE_string("label", None, "Name or number of the class; all.")
NUM_IMAGES = flags.DEFINE_integer("num_images", 100, "How many pictures.")
SEED = flags.DEFINE_integer("seed", 0, "Picture i depends on seed + i and its class.")
CHECKPOINT = flags.DEFINE_string("checkpoint", "best", "best, last or a saved step.")
STATISTICS = flags.DEFINE_string(
    "statistics", None, "BatchNorm statistics: moving, standing or batch; the run's."
)
TRUNCATION = flags.DEFINE_float(
    "truncation",
    None,
    "Fraction in (0, 1] of the latents' distribution to keep.",
    lower_bound=1e-6,
    upper_bound=1.0,
)


def main(argv: list[str]) -> int:
    """Generates and returns the exit code."""
    if NUM_IMAGES.value < 1:
        raise UsageError(
            f"--num_images must be 1 or more. Received: {NUM_IMAGES.value}"
        )
    from tfgan_contra.training.generation import generate_to_folder

    written = generate_to_folder(
        WORKDIR.value,
        Path(OUTPUT.value),
        label=LABEL.value,
        num_images=NUM_IMAGES.value,
        seed=SEED.value,
        checkpoint=CHECKPOINT.value,
        changes={"statistics": STATISTICS.value, "truncation": TRUNCATION.value},
    )
    print(f"wrote {NUM_IMAGES.value} pictures and {written}")
    return 0


if __name__ == "__main__":
    command_line.run(main, argv_required=("workdir", "output"))
