#!/usr/bin/env python3
"""Measures one config on this machine and writes JSON.

    bin/benchmark.py --config=configs/contragan/cifar10.py --output=benchmark.json
        --config.train.global_batch_size=16 --config.method.d_steps=1

Compile time, median step time, images/s, peak memory and time waiting for data, on
random images of the data set's shape (for a translation config random crops of both
domains); with --losses also the contrastive losses alone
(value and gradient, XLA against a plain graph, several batch sizes), and the
word-region loss in chunks against the direct form, with the memory of each.
"""

import json
from pathlib import Path

from absl import flags
from ml_collections import config_flags

from tfgan_contra import command_line

CONFIG = config_flags.DEFINE_config_file(
    "config", None, "A Python file of configs/ with get_config().", lock_config=False
)
NUM_STEPS = flags.DEFINE_integer("num_steps", 5, "Steady steps to time.")
CHANNELS = flags.DEFINE_integer("channels", 3, "Image channels.")
NUM_CLASSES = flags.DEFINE_integer("num_classes", 10, "Classes, where there are any.")
LOSSES = flags.DEFINE_boolean("losses", False, "Also measure the losses alone.")
OUTPUT = flags.DEFINE_string("output", None, "The JSON file to write.")


def main(argv: list[str]) -> int:
    """Measures and returns the exit code."""
    CONFIG.value.validate()
    from tfgan_contra.training import benchmark  # Slow: TensorFlow.

    spec = benchmark.random_spec(CONFIG.value, CHANNELS.value, NUM_CLASSES.value)
    figures = {
        "machine": benchmark.machine(),
        "step": benchmark.benchmark_config(CONFIG.value, spec, NUM_STEPS.value),
    }
    if LOSSES.value:
        from tfgan_contra.training import word_region_benchmark

        figures["losses"] = benchmark.benchmark_losses()
        figures["word_region"] = word_region_benchmark.benchmark_word_region()
    text = json.dumps(figures, indent=2)
    print(text)
    if OUTPUT.value:
        Path(OUTPUT.value).write_text(text + "\n")
    return 0


if __name__ == "__main__":
    command_line.run(main, argv_required=("config",))
