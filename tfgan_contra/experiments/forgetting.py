"""Forgetting: a classifier whose task changes, as a discriminator's does.

Source: Chen et al., "Self-Supervised GANs via Auxiliary Rotation Loss", CVPR 2019
(arXiv 1811.11212), figure 3; Lee et al., "InfoMax-GAN", WACV 2021 (arXiv 2007.04589),
for InfoNCE in its place.
"""

import functools
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfgan_contra.data import load
from tfgan_contra.data.ordering import SUBSET_STREAM, permutation
from tfgan_contra.data.specs import SPLIT_SEED, ImageSource
from tfgan_contra.errors import DataError
from tfgan_contra.experiments.base import Experiment, Findings, Parts
from tfgan_contra.experiments.configs import ForgettingConfig
from tfgan_contra.experiments.forgetting_picture import draw_forgetting
from tfgan_contra.experiments.one_against_rest import (
    OneAgainstRest,
    task_accuracy,
    task_batches,
)
from tfgan_contra.experiments.progress import Progress
from tfgan_contra.experiments.spread import spread_of

# Held-out images in one forward pass.
_CHUNK = 512


class Forgetting(Experiment):
    """One binary classifier learns "class k against the rest", for every k in turn.

    Each class has `steps_per_class` updates, then the next; after the last class it
    starts again, `cycles` times in all. Networks and optimisers are never reset. With
    one logit each task contradicts the one before, so that right after a switch every
    classifier is wrong; what differs is how much of the features is left to find the
    way back with. The variants of a seed start from the same trunk and see the same
    batches.

    In numbers (see `drops`): what is missing at the beginning of a turn of what the
    same task had reached at the end of its turn one cycle earlier.

    Unlike in the paper, accuracies are measured on all held-out images, with class and
    rest weighted alike, instead of on a balanced sample of them.
    """

    config: ForgettingConfig

    def check(self, workdirs: dict[str, Path]) -> None:
        """Loads the images and checks that there are classes to tell apart."""
        config = self.config
        self.dataset = load(config.data())
        there = self.dataset.spec.num_classes
        if there < 2:
            raise DataError(
                f"{self.name} needs images of 2 or more classes; {config.source} has "
                f"{there}. Choose a labelled source, such as bundled:digits"
            )
        self.num_classes = min(config.max_classes or there, there)
        for split in ("train", "test"):
            labels = getattr(self.dataset, split).labels
            counts = np.bincount(labels, minlength=self.num_classes)
            if not counts[: self.num_classes].all():
                empty = int(np.argmin(counts[: self.num_classes]))
                raise DataError(
                    f"{config.source} has no image of class {self._class_name(empty)} "
                    f"to {split} on; add images, or leave out the class"
                )

    def measure(self, workdirs: dict[str, Path], parts: Parts) -> Findings:
        """Trains every variant with every seed."""
        config = self.config
        chosen = held_out(
            self.dataset.test, self.num_classes, config.held_out_per_class
        )
        progress = Progress()
        runs: dict[str, list[np.ndarray]] = {name: [] for name in config.variants}
        for seed in range(config.num_seeds):
            for variant in config.variants:
                train = functools.partial(self._train, variant, seed, chosen, progress)
                found = parts(f"{variant}-seed-{seed}", train)
                runs[variant].append(np.array(found))
        accuracies = {name: np.stack(found) for name, found in runs.items()}
        results = summary(accuracies, self._offsets(), config.first_steps)
        updates = config.cycles * self.num_classes * config.steps_per_class
        protocol = {
            "train_images": len(self.dataset.train),
            "held_out_images": len(chosen),
            "classes": self.num_classes,
            "updates_of_each_classifier": updates,
            "accuracy": "mean of the class' and the rest's, on held-out images",
            "offsets": self._offsets(),
        }
        figure = draw_forgetting(accuracies, self._offsets(), results)
        return Findings(results, protocol, figure)

    def _offsets(self) -> list[int]:
        """Returns the updates after a switch at which accuracy is measured."""
        steps = self.config.steps_per_class
        return [*range(0, steps, self.config.eval_every), steps]

    def _train(
        self, variant: str, seed: int, chosen: np.ndarray, progress: Progress
    ) -> list:
        """Returns accuracies `[cycles, K, E]` on the task at hand, at E offsets."""
        cycles = self.config.cycles
        images = [
            tf.constant(self.dataset.test.load(chosen[start : start + _CHUNK]))
            for start in range(0, len(chosen), _CHUNK)
        ]
        classifier = OneAgainstRest(self.dataset.spec, self.config, variant, seed)
        accuracies = np.empty((cycles, self.num_classes, len(self._offsets())))
        for cycle, task in np.ndindex(cycles, self.num_classes):
            logits = self._turn(classifier, cycle, task, seed, images)
            labels = self.dataset.test.labels[chosen]
            turn = [task_accuracy(at_offset, labels, task) for at_offset in logits]
            accuracies[cycle, task] = turn
            progress(
                f"{variant}, seed {seed}, cycle {cycle + 1} of {cycles}, class "
                f"{self._class_name(task)}: {turn[-1]:.1%} at its end"
            )
        return accuracies.tolist()

    def _turn(
        self,
        classifier: OneAgainstRest,
        cycle: int,
        task: int,
        seed: int,
        images: Sequence[tf.Tensor],
    ) -> Iterator[np.ndarray]:
        """Trains on one class and yields the logits of all images at each offset."""
        first = cycle * self.config.steps_per_class
        batches = task_batches(
            self.dataset.train,
            task,
            self.num_classes,
            range(first, first + self.config.steps_per_class),
            seed,
            self.config.batch_size,
        )
        done = 0
        for offset in self._offsets():
            for batch, targets in itertools.islice(batches, offset - done):
                classifier.update(tf.constant(batch), tf.constant(targets))
            done = offset
            yield np.concatenate([classifier.logits(part) for part in images])

    def _class_name(self, label: int) -> str:
        names = self.dataset.spec.class_names
        return names[label] if names else str(label)


def held_out(source: ImageSource, num_classes: int, per_class: int) -> np.ndarray:
    """Returns the numbers of at most so many images of each class, ascending."""
    shuffled = permutation(SPLIT_SEED, SUBSET_STREAM, len(source))
    labels = source.labels[shuffled]
    chosen = [shuffled[labels == k][:per_class] for k in range(num_classes)]
    return np.sort(np.concatenate(chosen))


def drops(
    accuracies: np.ndarray, offsets: Sequence[int], first_steps: int
) -> dict[str, np.ndarray]:
    """Returns what one classifier forgets, per seed.

    For every class and every cycle after the first: `before` is the accuracy on the
    class' task at the end of its turn in the cycle before; `at_switch` that when its
    turn begins again, before any update; `after_switch` the mean over the measurements
    after 1 to `first_steps` updates.

    Args:
        accuracies: `[seeds, cycles, K, E]`.
        offsets: E numbers of updates, from 0 to those of a turn.
        first_steps: see above; at least one offset lies in it.

    Returns:
        Means over classes and cycles, `[seeds]` each: `after_switch`, `drop` (`before`
        less `after_switch`), `drop_at_switch` (`before` less `at_switch`) and
        `end_of_turn` (of all cycles).
    """
    aftermath = [0 < offset <= first_steps for offset in offsets]
    before = accuracies[:, :-1, :, -1]
    at_switch = accuracies[:, 1:, :, 0]
    after_switch = accuracies[:, 1:][..., aftermath].mean(axis=-1)
    return {
        "after_switch": after_switch.mean(axis=(1, 2)),
        "drop": (before - after_switch).mean(axis=(1, 2)),
        "drop_at_switch": (before - at_switch).mean(axis=(1, 2)),
        "end_of_turn": accuracies[..., -1].mean(axis=(1, 2)),
    }


def summary(
    accuracies: dict[str, np.ndarray], offsets: Sequence[int], first_steps: int
) -> dict[str, Any]:
    """Returns the numbers of all variants with their spread over the seeds.

    Args:
        accuracies: `[seeds, cycles, K, E]` by variant.
        offsets: as in `drops`.
        first_steps: as in `drops`.

    Returns:
        By variant what `drops` returns, and `drop_below_none`: by how much less it
        drops than `none` with the same seed, where there is `none`. `curves` are the
        means over seeds.
    """
    by_variant = {
        name: drops(values, offsets, first_steps) for name, values in accuracies.items()
    }
    results: dict[str, Any] = {}
    for name, numbers in by_variant.items():
        if name != "none" and "none" in by_variant:
            numbers["drop_below_none"] = by_variant["none"]["drop"] - numbers["drop"]
        results[name] = {key: spread_of(values) for key, values in numbers.items()}
    curves = {
        name: np.round(values.mean(axis=0), 4).tolist()
        for name, values in accuracies.items()
    }
    return results | {"curves": curves}
