#!/usr/bin/env python3
"""Generates pictures from a run folder; the data set is not needed.

    bin/generate.py --workdir=runs/a --output=pictures --label=three --num_images=8
    bin/generate.py --workdir=runs/a --output=pictures
    bin/generate.py --workdir=runs/shapes --output=pictures --attention
        --caption="a small red circle above a large blue square" --caption="a star"

Without --label every class in turn. Writes one PNG per image and grid.png; for a
text-to-image run also captions.tsv, and with --attention where each word was read.
"""

from pathlib import Path
from typing import Any

from absl import flags

from tfgan_contra import command_line
from tfgan_contra.errors import UsageError
from tfgan_contra.training.caption_lines import read_caption_lines

WORKDIR = flags.DEFINE_string("workdir", None, "The run folder.")
OUTPUT = flags.DEFINE_string("output", None, "Folder for the PNG files.")
LABEL = flags.DEFINE_string("label", None, "Name or number of the class; all.")
CAPTION = flags.DEFINE_multi_string("caption", [], "What to draw; may be repeated.")
CAPTIONS_FILE = flags.DEFINE_string("captions_file", None, "A caption on each line.")
ATTENTION = flags.DEFINE_boolean("attention", False, "Show where words were read.")
NUM_IMAGES = flags.DEFINE_integer(
    "num_images", None, "How many pictures; 100, or 8 of each caption."
)
SEED = flags.DEFINE_integer(
    "seed", 0, "Picture i depends on seed + i and its class or caption."
)
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
    captions, count = list(CAPTION.value), NUM_IMAGES.value
    if count is not None and count < 1:
        raise UsageError(f"--num_images must be 1 or more. Received: {count}")
    if CAPTIONS_FILE.value is not None:
        captions += read_caption_lines(CAPTIONS_FILE.value)
    from tfgan_contra.training import caption_generation, generation  # TensorFlow.

    options: dict[str, Any] = {
        "seed": SEED.value,
        "checkpoint": CHECKPOINT.value,
        "changes": {"statistics": STATISTICS.value, "truncation": TRUNCATION.value},
    }
    where = WORKDIR.value, Path(OUTPUT.value)
    if captions:
        if LABEL.value is not None:
            raise UsageError("--label and --caption: give one of them")
        count = count or caption_generation.PICTURES_OF_EACH
        options |= {"num_images": count, "attention": ATTENTION.value}
        written = caption_generation.draw_captions(*where, captions, **options)
        count *= len(captions)
    else:
        if ATTENTION.value:
            raise UsageError("--attention is for captions; give --caption as well")
        options |= {"num_images": count or 100, "label": LABEL.value}
        written = generation.generate_to_folder(*where, **options)
    print(f"wrote {count or 100} pictures and {written}")
    return 0


if __name__ == "__main__":
    command_line.run(main, argv_required=("workdir", "output"))
