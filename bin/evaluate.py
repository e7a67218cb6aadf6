#!/usr/bin/env python3
"""Measures a trained generator against real images.

    bin/evaluate.py --workdir=runs/a
    bin/evaluate.py --workdir=runs/a --checkpoint=last --statistics=standing

Prints every number and writes them with their protocol to
<workdir>/evaluation-<checkpoint>.json (or --output).
"""

import dataclasses
import json
from pathlib import Path

from absl import flags

from tfgan_contra import command_line
from tfgan_contra.config import to_dict

WORKDIR = flags.DEFINE_string("workdir", None, "The run folder.")
CHECKPOINT = flags.DEFINE_string("checkpoint", "best", "best, last or a saved step.")
NUM_IMAGES = flags.DEFINE_integer("num_images", None, "Generated images; the run's.")
EXTRACTOR = flags.DEFINE_string("extractor", None, "Feature extractor; the run's.")
STATISTICS = flags.DEFINE_string(
    "statistics", None, "BatchNorm statistics: moving, standing or batch; the run's."
)
TRUNCATION = flags.DEFINE_float(
    "truncation", None, "Fraction of the latents' distribution to keep; the run's."
)
SPLIT = flags.DEFINE_string("reference_split", None, "train or test; the run's.")
SEED = flags.DEFINE_integer("seed", 0, "Of the generated images.")
OUTPUT = flags.DEFINE_string("output", None, "The JSON file to write.")


def main(argv: list[str]) -> int:
    """Evaluates and returns the exit code."""
    from tfgan_contra.training.runs import RunFolder

    config = RunFolder(WORKDIR.value).config()
    asked = {
        "num_images": NUM_IMAGES.value,
        "extractor": EXTRACTOR.value,
        "statistics": STATISTICS.value,
        "truncation": TRUNCATION.value,
        "reference_split": SPLIT.value,
    }
    changes = {name: value for name, value in asked.items() if value is not None}
    config.evaluation = dataclasses.replace(config.evaluation, **changes)
    config.evaluation.validate("--config.evaluation")

    from tfgan_contra.data import load  # Slow from here on: TensorFlow.
    from tfgan_contra.metrics.evaluator import Evaluator
    from tfgan_contra.training import load_run, make_sampler

    run = load_run(WORKDIR.value, CHECKPOINT.value)
    evaluator = Evaluator(config.evaluation, load(config.data))
    sampler = make_sampler(run.gan, config)
    result = evaluator.evaluate(sampler, seed=SEED.value)
    result["protocol"] |= sampler.protocol
    result |= {"step": run.step, "evaluation": to_dict(config.evaluation)}
    for name, value in result["metrics"].items():
        print(f"{name:24} {value:.5g}")
    default = Path(WORKDIR.value) / f"evaluation-{CHECKPOINT.value}.json"
    output = Path(OUTPUT.value or default)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(result, indent=2) + "\n")
    print(f"written to {output}")
    return 0


if __name__ == "__main__":
    command_line.run(main, argv_required=("workdir",))
