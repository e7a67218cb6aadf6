#!/usr/bin/env python3
"""Measures a trained generator or translator against real images, and analyses it.

    bin/evaluate.py --workdir=runs/a
    bin/evaluate.py --workdir=runs/a --checkpoint=last --analyses=all
    bin/evaluate.py --workdir=runs/a --noscores --analyses=interpolation \
        --option=interpolation.num_steps=12

Prints every number and writes them with their protocol to
<workdir>/evaluation-<checkpoint>.json (or --output). Each analysis writes
<analysis>.json and <analysis>.png into <workdir>/evaluation-<checkpoint>/.
"""

import dataclasses
import json
from pathlib import Path

from absl import flags

from tfgan_contra import command_line
from tfgan_contra.analyses import ANALYSES, check_options_fit, plan_analyses
from tfgan_contra.errors import UsageError

DEFINE = flags.DEFINE_string
WORKDIR = DEFINE("workdir", None, "The run folder.")
CHECKPOINT = DEFINE("checkpoint", "best", "best, last or a saved step.")
NUM_IMAGES = flags.DEFINE_integer("num_images", None, "Generated images; the run's.")
EXTRACTOR = DEFINE("extractor", None, "Feature extractor; the run's.")
STATISTICS = DEFINE("statistics", None, "moving, standing or batch; the run's.")
TRUNCATION = flags.DEFINE_float("truncation", None, "Share of the latents kept.")
SPLIT = DEFINE("reference_split", None, "train or test; the run's.")
SEED = flags.DEFINE_integer("seed", 0, "Of the generated images.", lower_bound=0)
OUTPUT = DEFINE("output", None, "The JSON file to write.")
SCORES = flags.DEFINE_boolean("scores", True, "Whether to measure the scores too.")
NAMES = flags.DEFINE_list("analyses", [], f"all, or some of {', '.join(ANALYSES)}.")
OPTIONS = flags.DEFINE_multi_string("option", [], "<analysis>.<field>=<value>.")


def main(argv: list[str]) -> int:
    """Evaluates, analyses and returns the exit code."""
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
    plan = plan_analyses(NAMES.value, OPTIONS.value, config.evaluation.analyses)
    check_options_fit(config, asked, plan)
    if not (SCORES.value or plan.configs):
        raise UsageError("--noscores leaves nothing to do; name some --analyses")

    from tfgan_contra.analyses import running  # Slow from here on: TensorFlow.
    from tfgan_contra.training import load_run

    run = load_run(WORKDIR.value, CHECKPOINT.value)
    scores = SCORES.value
    subject = running.make_subject(run, config, plan, scores=scores, seed=SEED.value)
    analyses = running.ready_analyses(plan, subject)
    folder = Path(WORKDIR.value) / f"evaluation-{CHECKPOINT.value}"
    if scores:
        result = running.evaluate_scores(subject)
        for name, value in result["metrics"].items():
            print(f"{name:24} {value:.5g}")
        output = Path(OUTPUT.value or f"{folder}.json")
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(json.dumps(result, indent=2) + "\n")
        print(f"written to {output}")
    running.run_analyses(analyses, subject, folder)
    return 0


if __name__ == "__main__":
    command_line.run(main, argv_required=("workdir",))
