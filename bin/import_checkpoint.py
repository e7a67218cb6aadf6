#!/usr/bin/env python3
"""Turns the ContraGAN, CUT or mimicry authors' checkpoints (.pth) into a run folder.

    bin/import_checkpoint.py --config=configs/contragan/cifar10.py
        --generator="model=G-best-weights-step=94000.pth"
        --generator_ema="model=G_ema-best-weights-step=94000.pth"
        --discriminator="model=D-best-weights-step=94000.pth" --workdir=runs/imported
    bin/import_checkpoint.py --config=configs/cut/horse2zebra.py
        --generator=latest_net_G.pth --workdir=runs/h2z
    bin/import_checkpoint.py --config=configs/ssgan/cifar10.py
        --generator=netG_100000_steps.pth --workdir=runs/imported

The config must be of the checkpoint's architecture; its fields can be overridden, as in
--config.method.network.g_width=64. PyTorch is not needed, and nothing that a file holds
beside arrays is run: a file with code in it is refused. The folder is then one like
bin/train.py's: evaluate it, generate or translate with it, export it, or train it on.
"""

from absl import flags
from ml_collections import config_flags

from tfgan_contra import command_line

CONFIG = config_flags.DEFINE_config_file(
    "config", None, "A Python file of configs/ with get_config().", lock_config=False
)
WORKDIR = flags.DEFINE_string("workdir", None, "The run folder to write; empty.")
GENERATOR = flags.DEFINE_string("generator", None, "G's file.")
GENERATOR_EMA = flags.DEFINE_string(
    "generator_ema", None, "The file of G's moving average; by default G itself."
)
DISCRIMINATOR = flags.DEFINE_string(
    "discriminator", None, "D's file; needed only to train on or to look at D."
)
PROJECTOR = flags.DEFINE_string("projector", None, "CUT's F; needed only to train on.")
CLASS_NAMES = flags.DEFINE_list(
    "class_names", [], "The classes' names in label order, separated by commas."
)
STEP = flags.DEFINE_integer(
    "step",
    None,
    "The training step of the checkpoint, where neither the files' names (step=N, "
    "netG_N_steps) nor mimicry's files themselves say it.",
    lower_bound=0,
)


def main(argv: list[str]) -> int:
    """Imports and returns the exit code."""
    CONFIG.value.validate()
    from tfgan_contra.training.importing import import_run  # Slow: TensorFlow.

    lines = import_run(
        CONFIG.value,
        WORKDIR.value,
        {
            "generator": GENERATOR.value,
            "generator_ema": GENERATOR_EMA.value,
            "discriminator": DISCRIMINATOR.value,
            "projector": PROJECTOR.value,
        },
        class_names=tuple(CLASS_NAMES.value),
        step=STEP.value,
    )
    for line in lines:
        print(line)
    return 0


if __name__ == "__main__":
    command_line.run(main, argv_required=("config", "workdir"))
