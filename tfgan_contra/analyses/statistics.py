"""The metrics under moving, standing and batch statistics of the batch norms."""

from typing import Any

import numpy as np

from tfgan_contra.analyses import plots
from tfgan_contra.analyses.base import MOST_CLASSES_SHOWN, Analysis, Findings
from tfgan_contra.analyses.subject import Subject

_SHOWN = ("precision", "recall", "density", "coverage", "conditional_accuracy")


class Statistics(Analysis):
    """Evaluates one generator under each kind of BatchNorm statistics.

    Published scores differ in this (the ContraGAN tables of 2020 use the evaluation
    batch's statistics, later ones collect standing statistics), and by more than the
    methods do; a score says little without it. The three evaluations share labels,
    seeds, real images and extractor.

    Source: Brock et al., ICLR 2019 (arXiv 1809.11096) for standing statistics.
    """

    def measure(self, subject: Subject) -> Findings:
        """Evaluates under every kind."""
        evaluator = subject.evaluator_with(num_images=self.config.num_images)
        headline = evaluator.headline.name
        by_kind: dict[str, dict[str, float]] = {}
        results: dict[str, Any] = {"by_statistics": by_kind}
        protocol: dict[str, Any] = {}
        pictures = []
        count = MOST_CLASSES_SHOWN
        labels = np.arange(count) % max(subject.run.spec.num_classes, 1)
        for kind in self.config.statistics:
            sampler = subject.sampler(statistics=kind)
            evaluation = evaluator.evaluate(
                sampler, seed=subject.seed, conditional=subject.conditional
            )
            by_kind[kind] = evaluation["metrics"]
            results[f"{headline}_{kind}"] = evaluation["metrics"][headline]
            protocol = evaluation["protocol"] | subject.protocol(sampler) | protocol
            shown = labels if subject.conditional else None
            pictures.append(list(sampler(shown, np.arange(count) + subject.seed)))
        protocol["statistics"] = list(self.config.statistics)
        figure = _figure(by_kind, headline, pictures)
        return Findings(results, protocol, figure)


def _figure(
    results: dict[str, dict[str, float]],
    headline: str,
    pictures: list[list[np.ndarray]],
) -> Any:
    figure = plots.new_figure(11, 7, "BatchNorm statistics at sampling")
    top, bottom = figure.subfigures(2, 1)
    distance, shares = top.subplots(1, 2, width_ratios=(1, 3))
    kinds = list(results)
    colours = plots.COLOURS[: len(kinds)]
    distance.bar(kinds, [results[kind][headline] for kind in kinds], color=colours)
    distance.set(title="lower is better", ylabel=headline)
    names = [name for name in _SHOWN if name in results[kinds[0]]]
    plots.grouped_bars(
        shares, names, {kind: [results[kind][n] for n in names] for kind in kinds}
    )
    shares.set(title="higher is better", ylabel="value")
    shares.legend()
    axes = bottom.subplots()
    plots.picture_table(axes, pictures, row_names=kinds)
    axes.set_title("the same latents and classes")
    return figure
