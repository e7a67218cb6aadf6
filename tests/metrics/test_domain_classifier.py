"""The classifier of two domains: what it says of each and what it keeps quiet about."""

import numpy as np
import pytest

from tfgan_contra.config import EvaluationConfig
from tfgan_contra.data.image_views import datasets_as_classes
from tfgan_contra.data.specs import ArraySource, ImageDataset
from tfgan_contra.metrics import Evaluator, trained_domain_classifier
from tfgan_contra.types import DataSpec


def domain(level, seed):
    """Noise around a level of gray."""

    def source(count):
        random = np.random.default_rng(seed + count)
        images = random.integers(level, level + 60, (count, 16, 16, 1))
        return ArraySource(images.astype(np.uint8), np.zeros(count, np.int32))

    return ImageDataset(DataSpec(16, 1, 0), source(130), source(40))


@pytest.fixture(scope="module")
def domains():
    return domain(20, 0), domain(150, 1000)


@pytest.fixture(scope="module")
def classifier(domains, tmp_path_factory):
    both = datasets_as_classes(domains, ("dark", "light"))
    return trained_domain_classifier(both, str(tmp_path_factory.mktemp("cache")), 20)


def test_domains_are_told_apart(classifier, domains):
    dark, light = (part.test.load(np.arange(40)) for part in domains)
    assert not classifier.taken_for_target(dark).any()
    assert classifier.taken_for_target(light).all()
    half = np.concatenate([dark[:3], light[:2]])
    assert classifier.taken_for_target(half).tolist() == [False] * 3 + [True] * 2
    description = classifier.describe()
    assert description["classifier_accuracy_on_real"] == 1.0
    assert description["classifier_held_out_images"] == 80


def test_its_scores_carry_its_name_and_no_class_scores(classifier, domains, tmp_path):
    config = EvaluationConfig(num_images=40, batch_size=20, cache_dir=str(tmp_path))
    evaluator = Evaluator(config, domains[1], extractor=classifier)
    same = evaluator.evaluate_images([domains[1].train.load(np.arange(40))])
    other = evaluator.evaluate_images([domains[0].train.load(np.arange(40))])
    name = "frechet_domain_classifier"
    assert evaluator.headline.name == name
    assert other["metrics"][name] > 10 * same["metrics"][name]
    assert not [n for n in same["metrics"] if "inception" in n or "accuracy" in n]
    assert same["protocol"]["extractor"] == "domain_classifier"
