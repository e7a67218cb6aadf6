"""Frechet distance within each class, confused classes, permuted classes."""

from typing import Any, NamedTuple

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from tfgan_contra.analyses import plots
from tfgan_contra.analyses.base import Analysis, Findings
from tfgan_contra.analyses.planning import NotApplicable
from tfgan_contra.analyses.subject import Subject
from tfgan_contra.errors import ConfigError
from tfgan_contra.metrics.confusion import (
    best_relabelling,
    class_accuracies,
    confusion_matrix,
    overall_accuracy,
    permuted_classes,
)
from tfgan_contra.metrics.evaluator import Evaluator
from tfgan_contra.metrics.features import Outputs
from tfgan_contra.metrics.frechet import intra_class_frechet_distances


class _Comparison(NamedTuple):
    """Distances by class as asked and after the best renaming, and what was seen."""

    score: str
    names: tuple[str, ...]
    as_asked: dict[int, float]
    renamed: dict[int, float]
    confusion: np.ndarray
    meant: np.ndarray


class IntraClass(Analysis):
    """Compares generated with real images class by class, and looks for a permutation.

    A generator may draw every class well and give it another one's name (the ContraGAN
    authors' own model does: intra-class FID 119.6 beside a FID of 6.0). Then the
    distances within the classes are large as asked and small after the renaming of
    classes that explains the images best; both are given, with the renaming.

    Which class an image shows is said by the extractor's logits where they are over the
    data's classes, else by the nearest class mean of the real features; so a permuted
    model is seen under any extractor.

    As many images are generated of every class, `num_images` altogether; the authors
    generate as many as the class has, and compare with the training split.

    Source: Miyato & Koyama, ICLR 2018 (arXiv 1802.05637) for the distance.
    """

    def check(self, subject: Subject) -> None:
        """Also checks that there are two images of every class."""
        super().check(subject)
        count = self.config.num_images or subject.data.config.num_images
        least = 2 * subject.run.spec.num_classes
        if count < least:
            raise ConfigError(
                f"{self.name}.num_images must be {least} or more, two of every class. "
                f"Received: {count}"
            )
        if np.bincount(subject.data.reference_labels).max() < 2:
            raise NotApplicable(f"{self.name}: no class has two real images")

    def measure(self, subject: Subject) -> Findings:
        """Measures, classifies and finds the renaming."""
        evaluator = subject.evaluator_with(num_images=self.config.num_images)
        sampler = subject.sampler()
        real = evaluator.real_outputs().features
        labels, fake = evaluator.fake_outputs(sampler, subject.seed, True)
        labels = np.asarray(labels)
        seen, judge = _classes_seen(evaluator, real, fake)
        confusion = confusion_matrix(labels, seen, subject.run.spec.num_classes)
        meant = best_relabelling(confusion)
        groups = real, evaluator.reference_labels, fake.features
        found = _Comparison(
            evaluator.named("intra_fid", "intra_frechet"),
            subject.class_names,
            intra_class_frechet_distances(*groups, labels),
            intra_class_frechet_distances(*groups, meant[labels]),
            confusion,
            meant,
        )
        counts = np.bincount(evaluator.reference_labels, minlength=len(confusion))
        protocol = subject.protocol(sampler) | subject.extractor_protocol()
        protocol |= {
            "classified_by": judge,
            "n_real": len(real),
            "n_fake": len(labels),
            "reference_split": evaluator.config.reference_split,
            "fewest_real_per_class": int(counts.min()),
            "fewest_fake_per_class": int(np.bincount(labels).min()),
            "classes_measured": len(found.as_asked),
            "num_features": real.shape[1],
            "notes": _notes(min(counts.min(), np.bincount(labels).min()), real),
        }
        return Findings(_results(found), protocol, _figure(found))


def _notes(fewest: int, features: np.ndarray) -> list[str]:
    if fewest > features.shape[1]:
        return []
    return ["a class has fewer images than features: its distance is biased"]


def _classes_seen(
    evaluator: Evaluator, real: np.ndarray, fake: Outputs
) -> tuple[np.ndarray, str]:
    if evaluator.classifies(fake.logits):
        judge = f"logits of {evaluator.extractor.name}"
        return np.asarray(fake.logits).argmax(axis=1), judge
    labels = evaluator.reference_labels
    classes = np.unique(labels)
    means = np.stack([real[labels == k].mean(axis=0) for k in classes])
    nearest = KNeighborsClassifier(n_neighbors=1).fit(means, classes)
    return nearest.predict(fake.features), "nearest class mean of the real features"


def _results(found: _Comparison) -> dict[str, Any]:
    names, confusion, meant = found.names, found.confusion, found.meant
    accuracies = class_accuracies(confusion)
    return {
        found.score: float(np.mean(list(found.as_asked.values()))),
        f"{found.score}_renamed": float(np.mean(list(found.renamed.values()))),
        "conditional_accuracy": overall_accuracy(confusion),
        "permuted_accuracy": overall_accuracy(confusion, meant),
        "relabelling": {names[a]: names[m] for a, m in enumerate(meant) if a != m},
        "drawn_under_another_name": {
            names[a]: names[m] for a, m in permuted_classes(confusion, meant).items()
        },
        "per_class": {
            name: {
                "frechet": found.as_asked.get(k),
                "frechet_renamed": found.renamed.get(k),
                "accuracy": float(accuracies[k]),
            }
            for k, name in enumerate(names)
        },
        "confusion": confusion.tolist(),
    }


def _figure(found: _Comparison) -> Any:
    swapped = permuted_classes(found.confusion, found.meant)
    as_asked = overall_accuracy(found.confusion)
    renamed = overall_accuracy(found.confusion, found.meant)
    title = (
        f"{len(swapped)} of {len(found.names)} classes are drawn under another one's "
        f"name; right as asked: {as_asked:.1%}, after the best renaming: {renamed:.1%}"
    )
    figure = plots.new_figure(12, 5.5, title)
    bars, matrix = figure.subplots(1, 2)
    classes = sorted(found.as_asked.keys() & found.renamed.keys())
    series = {
        "as asked": [found.as_asked[k] for k in classes],
        "after the best renaming": [found.renamed[k] for k in classes],
    }
    if len(classes) <= plots.MOST_NAMES:
        plots.grouped_bars(bars, [found.names[k] for k in classes], series)
        bars.set_xlabel("real class")
    else:
        for label, values in series.items():
            bars.plot(sorted(values), label=label)
        bars.set_xlabel("classes, from the best to the worst")
    bars.legend()
    room = 1.25 * max(map(max, series.values()))  # For the legend.
    bars.set(title="distance within each class", ylabel=found.score, ylim=(0, room))
    picture = plots.confusion_picture(matrix, found.confusion, found.names, swapped)
    matrix.set_title("share of a row's images; red: another one's name")
    figure.colorbar(picture, ax=matrix, shrink=0.8)
    return figure
