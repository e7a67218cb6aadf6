"""Real and generated images as points in the plane, near where features are near."""

from typing import Any

import numpy as np
from matplotlib import colormaps
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from tfgan_contra.analyses import plots
from tfgan_contra.analyses.base import Analysis, Findings
from tfgan_contra.analyses.subject import Subject


class FeatureEmbedding(Analysis):
    """t-SNE of real and generated features, coloured by class.

    The picture is for the eye: distances between groups mean nothing in t-SNE. The
    number beside it is taken in the feature space itself: `one_neighbour_accuracy` is
    how often an image and its nearest other image are both real or both generated, 0.5
    where the two cannot be told apart, 1 where they lie apart, and below 0.5 where
    generated images sit on top of real ones.

    Sources: van der Maaten & Hinton, JMLR 2008; Lopez-Paz & Oquab, ICLR 2017 (arXiv
    1610.06545) for the one-neighbour test.
    """

    def measure(self, subject: Subject) -> Findings:
        """Embeds as many real as generated images of the classes shown."""
        evaluator, sampler = subject.data, subject.sampler()
        classes = self.shown_classes(subject)
        source = getattr(evaluator.dataset, evaluator.config.reference_split)
        real_rows = _chosen(
            source.labels, classes, self.config.num_images, subject.seed
        )
        real_labels = source.labels[real_rows]
        seeds = np.arange(len(real_rows)) + subject.seed
        # The same classes as the real ones, so that colours can be compared.
        fake_images = sampler(real_labels if classes else None, seeds)
        features = np.concatenate(
            [
                evaluator.extractor(source.load(real_rows)),
                evaluator.extractor(fake_images),
            ]
        )
        is_fake = np.arange(len(features)) >= len(real_rows)
        perplexity = min(self.config.perplexity, (len(features) - 1) / 3)
        plane = TSNE(perplexity=perplexity, random_state=subject.seed)
        # Its threads wait for one another at every step: on cores that are not idle
        # two of them take twenty times as long as one.
        with threadpool_limits(1):
            points = plane.fit_transform(features)
        results = {
            "one_neighbour_accuracy": one_neighbour_accuracy(features, is_fake),
            "kl_divergence": float(plane.kl_divergence_),
        }
        protocol = subject.protocol(sampler) | subject.extractor_protocol()
        protocol |= {
            "n_real": len(real_rows),
            "n_fake": len(real_rows),
            "reference_split": evaluator.config.reference_split,
            "classes": classes,
            "perplexity": perplexity,
        }
        names = subject.class_names[:classes]
        labels = np.concatenate([real_labels, real_labels])
        title = (
            f"t-SNE of {evaluator.extractor.name} features; nearest image of the same "
            f"kind: {results['one_neighbour_accuracy']:.2f} (alike: 0.5)"
        )
        return Findings(
            results, protocol, _figure(title, points, labels, is_fake, names)
        )


def one_neighbour_accuracy(features: np.ndarray, is_fake: np.ndarray) -> float:
    """Returns how often a row's nearest other row is of its own kind.

    Args:
        features: `[N, D]`.
        is_fake: `[N]` bool, the kinds, about as many of each.
    """
    # Without arguments the search leaves each row itself out.
    nearest = NearestNeighbors(n_neighbors=1).fit(features).kneighbors()[1][:, 0]
    return float((is_fake[nearest] == is_fake).mean())


def _chosen(labels: np.ndarray, classes: int, count: int, seed: int) -> np.ndarray:
    """Returns up to `count` rows of the first `classes` classes (0: of all)."""
    rows = np.flatnonzero(labels < classes) if classes else np.arange(len(labels))
    if len(rows) <= count:
        return rows
    return np.sort(np.random.default_rng(seed).choice(rows, count, replace=False))


def _figure(
    title: str,
    points: np.ndarray,
    labels: np.ndarray,
    is_fake: np.ndarray,
    names: tuple[str, ...],
) -> Any:
    figure = plots.new_figure(10, 7.5, title)
    axes = figure.subplots()
    palette = colormaps["tab10" if len(names) <= 10 else "tab20"]
    groups: list[tuple[str, Any, Any]] = [
        (name, labels == k, palette(k)) for k, name in enumerate(names)
    ]
    if not names:
        groups = [
            ("real", ~is_fake, plots.REAL_COLOUR),
            ("generated", is_fake, plots.FAKE_COLOUR),
        ]
    for name, rows, colour in groups:
        for kind, marker in ((~is_fake, "o"), (is_fake, "x")):
            x, y = points[rows & kind].T
            axes.scatter(x, y, s=24, marker=marker, color=colour, linewidths=1)
        axes.scatter([], [], marker="s", color=colour, label=name)
    if names:
        axes.scatter([], [], marker="o", color="0.4", label="real")
        axes.scatter([], [], marker="x", color="0.4", label="generated")
    axes.set(xlabel="t-SNE 1", ylabel="t-SNE 2", xticks=[], yticks=[])
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure
