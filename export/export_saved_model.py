#!/usr/bin/env python3
"""Exports the generator of a run as the next version of a served model.

Takes the moving average of the generator's weights, folds spectral normalisation into
them, writes a SavedModel with its model card and warm-up requests, checks it in a fresh
process that cannot import this package, and only then gives it its version number. The
text encoder of a text-to-image run becomes part of the model where TensorFlow alone can
run it.

Example:
    export/export_saved_model.py --workdir=runs/digits
"""

import os
import shutil
from typing import Any

from absl import flags

from tfgan_contra import command_line
from tfgan_contra.errors import UsageError
from tfgan_contra.types import CaptionSpec, TranslationSpec

WORKDIR = flags.DEFINE_string("workdir", "", "Folder of a finished or running run.")
OUTPUT = flags.DEFINE_string(
    "output",
    None,
    "Folder of the model, above its versions; its name is the model's name. Default: "
    "<workdir>/export/<method>.",
)
CHECKPOINT = flags.DEFINE_string(
    "checkpoint", "best", "Checkpoint of the run: best, last or a saved step."
)
STATISTICS = flags.DEFINE_enum(
    "statistics",
    None,
    ["moving", "standing"],
    "BatchNorm statistics: the moving ones, or collected anew from generated batches. "
    "Default: what the run was evaluated with, standing if that was batch statistics.",
)
MAX_PIXELS = flags.DEFINE_integer(
    "max_pixels", 1 << 21, "A translator refuses larger pictures.", lower_bound=64
)
CHECK = flags.DEFINE_bool("check", True, "Check the export before it is published.")
WARMUP = flags.DEFINE_bool("warmup", True, "Write warm-up requests for servers.")
# Printed for an encoder whose tokenizer is not made of TensorFlow's own operations.
OUTSIDE = (
    "note: {} stays outside of the model: the tokenizer of keras-hub needs operations "
    "of tensorflow-text, which a server may lack; any server loads this export, which "
    "takes words, lengths and sentences as the encoder's encode(captions) gives them"
)


def main(argv: list[str]) -> None:
    """Loads the run, exports and prints where the version lies."""
    del argv
    from tfgan_contra import serving, training

    run = training.load_run(WORKDIR.value, CHECKPOINT.value)
    if isinstance(run.spec, TranslationSpec) and STATISTICS.value:
        raise UsageError("--statistics is for BatchNorm, which a translator has not")
    statistics = STATISTICS.value or run.config.evaluation.statistics
    if statistics == "batch":  # a picture would depend on the others in its request
        statistics = "standing"
    method = type(run.config.method).__name__.removesuffix("Config").lower()
    output = OUTPUT.value or os.path.join(WORKDIR.value, "export", method)
    generator, text_encoder = _networks(run, statistics)
    version_dir = serving.export_generator(
        generator,
        run.spec,
        output,
        card=serving.card_of_run(run, output, statistics),
        max_pixels=MAX_PIXELS.value,
        text_encoder=text_encoder,
        warmup=WARMUP.value,
        verify=serving.check_in_fresh_process if CHECK.value else None,
    )
    card_path = os.path.join(version_dir, "assets.extra", "model_card.md")
    shutil.copyfile(card_path, os.path.join(WORKDIR.value, "model_card.md"))
    if isinstance(run.spec, CaptionSpec) and not serving.can_be_served(text_encoder):
        print(OUTSIDE.format(type(text_encoder).__name__))
    print(f"exported step {run.step} to {version_dir}\nmodel card: {card_path}")
    print(f"serve it:   export/serve.py --model_dir={output}")


def _networks(run: Any, statistics: str) -> tuple[Any, Any]:
    """Returns the generator to export and its text encoder or None."""
    from tfgan_contra import training

    changes = {"statistics": statistics}
    if isinstance(run.spec, TranslationSpec):
        return run.gan.generator_ema, None
    if isinstance(run.spec, CaptionSpec):
        encoder = training.load_text_encoder(WORKDIR.value, run.config)
        sampler = training.caption_sampler_of_run(run, run.config, encoder, **changes)
        return sampler.generator, encoder
    return training.make_sampler(run.gan, run.config, **changes).generator, None


if __name__ == "__main__":
    command_line.run(main, argv_required=("workdir",))
