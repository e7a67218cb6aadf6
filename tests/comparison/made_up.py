"""Runs that were never trained: folders with hand-made numbers."""

import json

import numpy as np
import tensorflow as tf

from tfgan_contra.comparison.sessions import measurements
from tfgan_contra.training.pictures import save_png
from tfgan_contra.types import DataSpec

SPEC = DataSpec(32, 1, 10, tuple("abcdefghij"))
PROTOCOL = {
    "extractor_name": "classifier",
    "digest": "d1",
    "n_real": 297,
    "n_fake": 100,
    "reference_split": "test",
}


def evaluation(step, distance, accuracy=0.5, permuted=0.5, **protocol):
    """Returns what the evaluator might say."""
    return {
        "step": step,
        "headline": "frechet_classifier",
        "metrics": {
            "frechet_classifier": distance,
            "intra_frechet_classifier": 2 * distance,
            "inception_score_classifier": 5.0,
            "precision": 0.9,
            "recall": 0.3,
            "density": 1.1,
            "coverage": 0.8,
            "conditional_accuracy": accuracy,
            "permuted_accuracy": permuted,
        },
        "protocol": PROTOCOL | protocol,
        "per_class": dict.fromkeys("abcdefghij", accuracy),
        "relabelling": {"a": "b", "b": "a"},
    }


def finish(planned, protocol, scores, every=10, **changes):
    """Writes a finished run with one score for every so many steps."""
    folder = planned.folder
    folder.start(planned.config, SPEC)
    rows = [evaluation((i + 1) * every, score) for i, score in enumerate(scores)]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    folder.evaluations_file.write_text(text)
    best = min(rows, key=lambda row: row["metrics"]["frechet_classifier"])
    results = {
        "step": rows[-1]["step"],
        "best": {"step": best["step"]},
        "parameters": {"generator": 91330, "discriminator": 70242},
        "versions": {"keras": "3"},
    }
    folder.results_file.write_text(json.dumps(results))
    for one in measurements(folder, protocol):
        score = next(
            row["metrics"]["frechet_classifier"]
            for row in rows
            if row["step"] == one.step
        )
        one.path.parent.mkdir(parents=True, exist_ok=True)
        one.path.write_text(json.dumps(evaluation(one.step, score, **changes)))
    write_events(folder.tensorboard, [row["step"] for row in rows])
    grid = np.random.default_rng(planned.seed).integers(0, 256, (60, 60, 1), np.uint8)
    save_png(folder.samples / f"step-{rows[-1]['step']:08d}.png", grid)


def write_events(path, steps, slope=0.01):
    """Writes D's accuracies and two layers' norms, the first growing with steps."""
    writer = tf.summary.create_file_writer(str(path))
    with writer.as_default():
        for step in steps:
            tf.summary.scalar("losses/d_adversarial", 1.0, step=step)
            for name, value in (("train", 0.9), ("held_out", 0.6), ("fake", 0.8)):
                tf.summary.scalar(f"d_accuracy/{name}", value, step=step)
            tf.summary.scalar("spectral_norm/a", 1.0 + slope * step, step=step)
            tf.summary.scalar("spectral_norm/b", 1.0, step=step)
    writer.close()
