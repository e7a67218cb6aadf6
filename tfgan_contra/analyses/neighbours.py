"""Does the generator copy? Samples beside the training images nearest to them."""

from typing import Any

import numpy as np
from sklearn.neighbors import NearestNeighbors

from tfgan_contra.analyses import plots
from tfgan_contra.analyses.base import MOST_CLASSES_SHOWN, Analysis, Findings
from tfgan_contra.analyses.subject import Subject
from tfgan_contra.errors import ConfigError
from tfgan_contra.metrics.caching import ImageSource


class NearestNeighbours(Analysis):
    """Shows the nearest training images in feature space and looks for memorisation.

    Real images that were held out set the standard of how near an unseen image comes
    to the training images. `nearer_than_held_out` is the probability that a sample lies
    nearer to a training image than a held-out image does (ties count half): 0.5 for
    samples as new as unseen images, towards 1 for copies, towards 0 for poor images.
    `nearer_than_all_held_out` is the share of samples nearer than every held-out one.

    The authors' code searches among training images of the same class only; here among
    all of them, so that a neighbour of another class shows.

    Source: the idea of the test is Meehan et al., AISTATS 2020 (arXiv 2004.05675).
    """

    def check(self, subject: Subject) -> None:
        """Also checks that there are as many training images as neighbours."""
        super().check(subject)
        there = min(len(subject.data.dataset.train), self.config.max_training_images)
        if self.config.k > there:
            raise ConfigError(
                f"{self.name}.k must be at most {there}, the training images. "
                f"Received: {self.config.k}"
            )

    def measure(self, subject: Subject) -> Findings:
        """Searches for the neighbours of samples and of held-out images."""
        dataset = subject.data.dataset
        train = subject.evaluator_with(
            reference_split="train", num_images=self.config.max_training_images
        )
        others = subject.evaluator_with(
            reference_split="test", num_images=self.config.num_images
        )
        sampler = subject.sampler()
        search = NearestNeighbors(algorithm="brute").fit(train.real_outputs().features)
        _, fake = others.fake_outputs(sampler, subject.seed, subject.conditional)
        held_out = _nearest(search, others.real_outputs().features)
        generated = _nearest(search, fake.features)
        shown, labels = self._samples(subject, sampler)
        distances, places = search.kneighbors(
            train.extractor(shown), n_neighbors=self.config.k
        )
        places = train.reference_indices()[places]
        rows = [[shown[r], *dataset.train.load(places[r])] for r in range(len(shown))]
        captions = _captions(distances, places, dataset.train, subject)
        row_names = [subject.class_names[label] for label in labels]
        results = _results(generated, held_out)
        results["neighbours"] = {
            "classes": row_names,
            "distances": distances.tolist(),
            "training_images": places.tolist(),
        }
        protocol = subject.protocol(sampler) | subject.extractor_protocol()
        protocol |= {
            "n_fake": len(generated),
            "n_held_out": len(held_out),
            "n_train": len(train.reference_indices()),
            "distance": "Euclidean, between features",
        }
        figure = _figure(rows, captions, row_names, (generated, held_out))
        return Findings(results, protocol, figure)

    def _samples(self, subject: Subject, sampler: Any) -> tuple[np.ndarray, np.ndarray]:
        """Returns one image per class shown, or some of an unconditional model."""
        classes = self.shown_classes(subject)
        seeds = np.arange(classes or MOST_CLASSES_SHOWN) + subject.seed
        labels = np.arange(classes)
        return sampler(labels if classes else None, seeds), labels


def _nearest(search: NearestNeighbors, features: np.ndarray) -> np.ndarray:
    return search.kneighbors(features, n_neighbors=1)[0][:, 0]


def nearer_than(generated: np.ndarray, held_out: np.ndarray) -> float:
    """Returns how likely one of `generated` is below one of `held_out`, ties half."""
    ordered = np.sort(held_out)
    above = len(ordered) - np.searchsorted(ordered, generated, "right")
    not_below = len(ordered) - np.searchsorted(ordered, generated, "left")
    return float((above + not_below).mean() / (2 * len(ordered)))


def _results(generated: np.ndarray, held_out: np.ndarray) -> dict[str, Any]:
    return {
        "nearer_than_held_out": nearer_than(generated, held_out),
        "nearer_than_all_held_out": float((generated < held_out.min()).mean()),
        "median_distance_generated": float(np.median(generated)),
        "median_distance_held_out": float(np.median(held_out)),
    }


def _captions(
    distances: np.ndarray, places: np.ndarray, source: ImageSource, subject: Subject
) -> list[list[str]]:
    rows = []
    for near, numbers in zip(distances, places, strict=True):
        names = [
            f"\n{subject.class_names[source.labels[i]]}" if subject.conditional else ""
            for i in numbers
        ]
        texts = [f"{d:.3g}{name}" for d, name in zip(near, names, strict=True)]
        rows.append(["", *texts])
    return rows


def _figure(
    rows: list[list[np.ndarray]],
    captions: list[list[str]],
    row_names: list[str],
    distances: tuple[np.ndarray, np.ndarray],
) -> Any:
    height = 1.2 * len(rows) + 1
    figure = plots.new_figure(14, max(height, 5), "nearest training images")
    table, histogram = figure.subplots(1, 2, width_ratios=(2, 1))
    columns = ["sample", *map(str, range(1, len(rows[0])))]
    plots.picture_table(
        table, rows, row_names=row_names, column_names=columns, captions=captions
    )
    generated, held_out = distances
    bins = np.linspace(0, max(generated.max(), held_out.max(), 1e-6), 40)
    for values, label, colour in (
        (held_out, "held-out real images", plots.REAL_COLOUR),
        (generated, "generated images", plots.FAKE_COLOUR),
    ):
        histogram.hist(
            values, bins, density=True, alpha=0.55, label=label, color=colour
        )
    histogram.set(
        title="probability to be nearer than a held-out image:\n"
        f"{nearer_than(generated, held_out):.2f} (as new as unseen images: 0.5)",
        xlabel="distance to the nearest training image",
        ylabel="density",
        box_aspect=1,
    )
    histogram.legend()
    return figure
