#!/usr/bin/env python3
"""Checks an exported model in a fresh process that cannot import this package.

Runs every signature at batch 1, 3 and 17; checks shapes, types, that a seed gives the
same picture in any batch, that wrong input is refused, that the pictures equal the
Keras model's, and the rules of TensorFlow Serving. Prints a line per check and exits
with 1 if one fails.

Example:
    export/check_saved_model.py --model_dir=runs/digits/export/contragan
"""

import os

from absl import flags

from tfgan_contra import command_line
from tfgan_contra.errors import UsageError

MODEL_DIR = flags.DEFINE_string(
    "model_dir", "", "Folder of a model (its newest version is checked) or a version."
)
REFERENCE = flags.DEFINE_string(
    "reference",
    None,
    "A .npz with latents, images and, for a model with classes, labels from the Keras "
    "model. Default: the one that the exporter left in the version.",
)
TOLERANCE = flags.DEFINE_float(
    "tolerance",
    None,
    "Largest difference between float images. Default: 1e-4, more in half precision.",
    lower_bound=0.0,
)


def main(argv: list[str]) -> None:
    """Finds the version and starts the check."""
    del argv
    from tfgan_contra.serving import checking

    if REFERENCE.value and not os.path.isfile(REFERENCE.value):
        raise UsageError(f"--reference is no file. Received: {REFERENCE.value!r}")
    checking.check_in_fresh_process(
        checking.newest_version(MODEL_DIR.value),
        reference=REFERENCE.value,
        tolerance=TOLERANCE.value,
    )


if __name__ == "__main__":
    command_line.run(main, argv_required=("model_dir",))
