"""What a classifier learns from generated images alone."""

from typing import Any

import numpy as np

from tfgan_contra.analyses import plots
from tfgan_contra.analyses.base import Analysis, Findings
from tfgan_contra.analyses.subject import Subject
from tfgan_contra.data.specs import ArraySource
from tfgan_contra.metrics.caching import ImageSource, cache_directory
from tfgan_contra.metrics.classifier import (
    ClassifierExtractor,
    classifier_network,
    train_classifier,
    trained_classifier,
    training_protocol,
)
from tfgan_contra.metrics.confusion import (
    class_accuracies,
    confusion_matrix,
    overall_accuracy,
)

# Generated images lie in memory.
_MOST_IMAGES = 50_000


class ClassifierAccuracyScore(Analysis):
    """Classifier accuracy score, its reverse, and the ceiling.

    - `classifier_accuracy_score`: trained on generated images, tested on real held-out
      ones (also called GAN-train): falls with poor images and with missing variety.
    - `gan_test_accuracy`: trained on real, tested on generated: poor images alone.
    - `ceiling`: trained on the real training split, tested on the held-out one.

    All with one network and one training; see `metrics/classifier.py`. The authors'
    code zeroes gradients once an epoch only and validates on the split it trains on;
    here every step has its own gradients and no test image is trained on. Trainings
    are short and the network small: a score to compare models by on small data, not
    the papers' number. Where the training split is larger than what is generated, the
    ceiling has seen more images; the protocol has both counts.

    Sources: Ravuri & Vinyals, NeurIPS 2019 (arXiv 1905.10887); Shmelkov et al.,
    ECCV 2018 (arXiv 1807.09499).
    """

    def measure(self, subject: Subject) -> Findings:
        """Trains on generated images and classifies in all directions."""
        dataset = subject.data.dataset
        count = self.config.num_images or min(len(dataset.train), _MOST_IMAGES)
        evaluator = subject.evaluator_with(num_images=count)
        sampler = subject.sampler()
        labels, seeds = evaluator.requests(subject.seed, conditional=True)
        images = np.concatenate([*evaluator.fake_images(sampler, labels, seeds)])
        fake = ArraySource(images, np.asarray(labels))
        batch_size = evaluator.config.batch_size
        network = classifier_network(dataset.spec, subject.seed)
        train_classifier(network, fake, dataset.spec, subject.seed)
        by_fake = ClassifierExtractor(network, "generated", batch_size)
        by_real = trained_classifier(
            dataset,
            cache_directory(evaluator.config.cache_dir),
            batch_size,
            seed=subject.seed,
        )
        confusions = {
            "ceiling": confusion_of(by_real, dataset.test, batch_size),
            "classifier_accuracy_score": confusion_of(
                by_fake, dataset.test, batch_size
            ),
            "gan_test_accuracy": confusion_of(by_real, fake, batch_size),
        }
        results = _results(confusions, subject.class_names)
        protocol = subject.protocol(sampler) | {
            "classifier": "the network of metrics/classifier.py",
            "trained_on_generated": training_protocol(len(fake)),
            "trained_on_real": training_protocol(len(dataset.train)),
            "n_real_held_out": len(dataset.test),
            "labels": "balanced",
        }
        figure = _figure(results, confusions, subject.class_names)
        return Findings(results, protocol, figure)


def confusion_of(
    classifier: ClassifierExtractor, source: ImageSource, batch_size: int
) -> np.ndarray:
    """Returns the confusion matrix `[C, C]` of a classifier on all images of a source.

    Args:
        classifier: what says the class.
        source: labelled images.
        batch_size: images loaded at once.
    """
    seen = []
    for start in range(0, len(source), batch_size):
        indices = np.arange(start, min(start + batch_size, len(source)))
        logits = np.asarray(classifier.logits(source.load(indices)))
        seen.append(logits.argmax(axis=1))
    return confusion_matrix(source.labels, np.concatenate(seen), logits.shape[1])


def _results(
    confusions: dict[str, np.ndarray], names: tuple[str, ...]
) -> dict[str, Any]:
    overall = {name: overall_accuracy(table) for name, table in confusions.items()}
    by_class = {name: class_accuracies(table) for name, table in confusions.items()}
    return overall | {
        "share_of_ceiling": overall["classifier_accuracy_score"]
        / max(overall["ceiling"], 1e-12),
        "per_class": {
            name: {score: float(values[k]) for score, values in by_class.items()}
            for k, name in enumerate(names)
        },
    }


def _figure(
    results: dict[str, Any], confusions: dict[str, np.ndarray], names: tuple[str, ...]
) -> Any:
    titles = {
        "ceiling": "trained on real, tested on real",
        "classifier_accuracy_score": "trained on generated, tested on real",
        "gan_test_accuracy": "trained on real, tested on generated",
    }
    series = {
        f"{title}: {results[score]:.1%}": class_accuracies(confusions[score])
        for score, title in titles.items()
    }
    figure = plots.new_figure(11, 5, "classifier accuracy score")
    axes = figure.subplots()
    if len(names) <= plots.MOST_NAMES:
        plots.grouped_bars(axes, names, {k: v.tolist() for k, v in series.items()})
        axes.set_xlabel("class")
    else:
        for (label, values), colour in zip(series.items(), plots.COLOURS, strict=True):
            axes.plot(np.sort(values)[::-1], label=label, color=colour)
        axes.set_xlabel("classes, from the best to the worst")
    axes.set(ylabel="accuracy", ylim=(0, 1.02))
    figure.legend(loc="outside lower center", ncols=3)
    return figure
