#!/usr/bin/env python3
"""Translates pictures of any size; no data set and no second domain is needed.

    bin/translate.py --workdir=runs/cut --input=horse.jpg --output=zebra.png
    bin/translate.py --workdir=runs/cut --input=photos/ --output=translated
    bin/translate.py --model_dir=runs/cut/export/cut --input=photos/ --output=translated

Reads every picture below a folder, in any format, and writes PNG files with the same
names. Pictures keep their size; large ones go through in tiles where memory asks for
it. A picture that cannot be read is named, the others are done, and the exit code is 1.
"""

from pathlib import Path

from absl import flags

from tfgan_contra import command_line
from tfgan_contra.errors import UsageError

WORKDIR = flags.DEFINE_string("workdir", None, "The run folder.")
MODEL_DIR = flags.DEFINE_string(
    "model_dir", None, "An exported model, in place of a run folder."
)
INPUT = flags.DEFINE_string("input", None, "A picture, or a folder of pictures.")
OUTPUT = flags.DEFINE_string(
    "output", None, "Folder for the translations; for one picture also a .png file."
)
CHECKPOINT = flags.DEFINE_string(
    "checkpoint", None, "best (if not given), last or a saved step of the run."
)
MEMORY_LIMIT_MB = flags.DEFINE_integer(
    "memory_limit_mb",
    None,
    "Memory that a picture may take; half of what is free.",
    lower_bound=1,
)
RESIZE = flags.DEFINE_string(
    "resize", None, "Longer side, 512, or width and height, 640x480; the picture's own."
)
SIDE_BY_SIDE = flags.DEFINE_boolean(
    "side_by_side", False, "Show each picture beside its translation as well."
)


def main(argv: list[str]) -> int:
    """Translates and returns the exit code."""
    if bool(WORKDIR.value) == bool(MODEL_DIR.value):
        raise UsageError("give either --workdir or --model_dir; see --help")
    from tfgan_contra.training.translation import translate_to_folder

    count = translate_to_folder(
        WORKDIR.value or None,
        Path(INPUT.value),
        Path(OUTPUT.value),
        model_dir=MODEL_DIR.value,
        checkpoint=CHECKPOINT.value,
        memory_limit_mb=MEMORY_LIMIT_MB.value,
        resize=RESIZE.value,
        side_by_side=SIDE_BY_SIDE.value,
    )
    print(f"wrote {count} {'picture' if count == 1 else 'pictures'} to {OUTPUT.value}")
    return 0


if __name__ == "__main__":
    command_line.run(main, argv_required=("input", "output"))
