"""Tells two domains of pictures apart: features where the pictures have no classes."""

from typing import Any

import numpy as np

from tfgan_contra.metrics.caching import ImageDataset
from tfgan_contra.metrics.classifier import ClassifierExtractor, trained_classifier
from tfgan_contra.metrics.features import BatchedExtractor, Outputs

NAME = "domain_classifier"


class DomainClassifier(BatchedExtractor):
    """Features of a classifier that knows two classes: the domain an image is from.

    So that pictures without labels can be measured offline. What it learns is all that
    tells the domains apart and nothing else, so its scores say whether translations
    look like the target, not whether they keep the content.
    """

    def __init__(self, classifier: ClassifierExtractor) -> None:
        """Wraps a classifier of two domains."""
        super().__init__(
            NAME, classifier.digest, classifier.resize, classifier.batch_size
        )
        self._classifier = classifier

    def forward(self, images: np.ndarray) -> Outputs:
        """Returns the features; the logits are of domains, hence no class scores."""
        return Outputs(self._classifier.forward(images).features, None)

    def describe(self) -> dict[str, Any]:
        """Adds the accuracy on held-out real images of both domains."""
        return self._classifier.describe()

    def taken_for_target(self, images: np.ndarray) -> np.ndarray:
        """Returns which images look more like the second domain, bool `[N]`.

        Args:
            images: uint8 `[N, H, W, C]`.
        """
        logits = np.asarray(self._classifier.logits(images))
        return logits.argmax(axis=1) == 1


def trained_domain_classifier(
    dataset: ImageDataset, cache_folder: str, batch_size: int
) -> DomainClassifier:
    """Trains a classifier of two domains, or takes it from the cache.

    Args:
        dataset: images of both, class 1 the target; see `data.datasets_as_classes`.
        cache_folder: where the weights are kept.
        batch_size: images per forward pass of the result.
    """
    return DomainClassifier(trained_classifier(dataset, cache_folder, batch_size))
