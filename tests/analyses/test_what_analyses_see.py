"""Generators that cheat in a known way, and what each analysis must say of them."""

import numpy as np
import pytest
from analyses.small_subject import Blurred, cheating, digits, with_extractor

from tfgan_contra.analyses import ANALYSES
from tfgan_contra.analyses.embedding import one_neighbour_accuracy
from tfgan_contra.analyses.neighbours import nearer_than
from tfgan_contra.analyses.planning import NotApplicable
from tfgan_contra.data.specs import ArraySource
from tfgan_contra.errors import ConfigError
from tfgan_contra.metrics import classifier
from tfgan_contra.metrics.inception_score import inception_score

SHIFTED = (np.arange(10) + 1) % 10


def results_of(name, subject, folder, **options):
    return ANALYSES[name](**options).build()(subject, folder)["results"]


@pytest.mark.parametrize("logits", [True, False])
def test_permuted_classes_are_seen_under_any_extractor(logits, subject, tmp_path):
    subject = with_extractor(subject, Blurred(logits))
    right = results_of("intra_class", cheating(subject, digits().test), tmp_path)
    wrong = results_of(
        "intra_class", cheating(subject, digits().test, SHIFTED), tmp_path
    )
    score = "intra_frechet_blurred"
    assert right["conditional_accuracy"] > 0.8 and right["relabelling"] == {}
    assert wrong["conditional_accuracy"] < 0.1
    assert wrong["permuted_accuracy"] == pytest.approx(
        right["conditional_accuracy"], abs=0.1
    )
    names = digits().spec.class_names
    assert wrong["drawn_under_another_name"] == {
        names[k]: names[SHIFTED[k]] for k in range(10)
    }
    assert wrong[score] > 3 * right[score]
    assert wrong[f"{score}_renamed"] < 1.5 * right[score]
    assert right["drawn_under_another_name"] == {}


def test_two_images_of_every_class_are_needed(subject, tmp_path):
    with pytest.raises(ConfigError, match="must be 20 or more.*Received: 19"):
        results_of("intra_class", subject, tmp_path, num_images=19)


def test_copies_of_training_images_are_seen(subject, tmp_path):
    copied = results_of(
        "nearest_neighbours", cheating(subject, digits().train), tmp_path
    )
    assert copied["nearer_than_all_held_out"] > 0.95
    assert copied["nearer_than_held_out"] > 0.99
    assert copied["median_distance_generated"] < 1e-3
    shown = copied["neighbours"]
    assert shown["classes"] == list(digits().spec.class_names)
    labels = digits().train.labels[np.array(shown["training_images"])[:, 0]]
    assert labels.tolist() == list(range(10))
    unseen = results_of(
        "nearest_neighbours", cheating(subject, digits().test), tmp_path, k=2
    )
    assert 0.35 < unseen["nearer_than_held_out"] < 0.65
    assert np.shape(unseen["neighbours"]["distances"]) == (10, 2)


def test_neighbours_are_no_more_than_there_are(subject, tmp_path):
    with pytest.raises(ConfigError, match="k must be at most 200.*Received: 201"):
        results_of("nearest_neighbours", subject, tmp_path, k=201)


def test_nearer_than_counts_ties_half():
    assert nearer_than(np.array([1.0, 3.0]), np.array([2.0])) == 0.5
    assert nearer_than(np.array([2.0]), np.array([2.0, 3.0])) == 0.75
    assert nearer_than(np.array([0.0, 1.0]), np.array([2.0, 3.0])) == 1.0


def test_a_classifier_learns_from_good_images_and_not_from_noise(
    subject, tmp_path, monkeypatch
):
    monkeypatch.setattr(classifier, "_MAX_STEPS", 40)
    monkeypatch.setattr(classifier, "_RECIPE", "forty-steps")
    monkeypatch.setattr(classifier, "_TRUSTED_ACCURACY", 0.0)
    good = results_of(
        "classifier_accuracy_score", cheating(subject, digits().train), tmp_path
    )
    assert good["ceiling"] > 0.6
    assert good["share_of_ceiling"] > 0.75
    assert good["gan_test_accuracy"] > 0.6
    random = np.random.default_rng(0)
    labels = np.arange(200) % 10
    noise = ArraySource(
        random.integers(0, 256, (200, 32, 32, 1)).astype(np.uint8), labels
    )
    bad = results_of("classifier_accuracy_score", cheating(subject, noise), tmp_path)
    assert bad["classifier_accuracy_score"] < 0.4
    assert bad["ceiling"] == pytest.approx(good["ceiling"], abs=0.05)


def test_real_images_have_the_spectrum_of_real_images(subject, tmp_path):
    same = results_of("frequency_spectrum", cheating(subject, digits().test), tmp_path)
    blocky = digits().test.load(np.arange(100)).reshape(100, 16, 2, 16, 2, 1)
    coarse = np.repeat(np.repeat(blocky[:, :, 0, :, 0], 2, axis=1), 2, axis=2)
    source = ArraySource(coarse, digits().test.labels)
    other = results_of("frequency_spectrum", cheating(subject, source), tmp_path)
    assert same["gap"] < 1 < 5 < other["gap_high"]


def test_real_images_cannot_be_told_from_real_ones(subject, tmp_path):
    options = {"num_images": 40, "perplexity": 5.0}
    alike = results_of(
        "feature_embedding", cheating(subject, digits().train), tmp_path, **options
    )
    apart = results_of("feature_embedding", subject, tmp_path, **options)
    assert 0.25 < alike["one_neighbour_accuracy"] < 0.75
    assert apart["one_neighbour_accuracy"] > 0.95


def test_one_neighbour_accuracy_by_hand():
    features = np.array([[0.0], [1.0], [10.0], [11.5], [13.5]])
    kinds = np.array([False, False, True, False, True])
    # Nearest others: 1, 0, 3, 2, 3; of the same kind: the first two.
    assert one_neighbour_accuracy(features, kinds) == pytest.approx(2 / 5)


def test_the_inception_score_is_the_function_of_the_logits(subject, tmp_path):
    whole = results_of("inception_score", subject, tmp_path, splits=(1, 5))
    _, fake = subject.evaluator.fake_outputs(subject.sampler(), 0, True)
    name = "inception_score_blurred"
    assert whole[f"{name}_splits_1"] == inception_score(fake.logits)
    parts = [inception_score(part) for part in np.array_split(fake.logits, 5)]
    assert whole[f"{name}_splits_5"] == pytest.approx(np.mean(parts))
    assert whole[f"{name}_splits_5_std"] == pytest.approx(np.std(parts, ddof=1))
    assert sum(whole["marginal"]) == pytest.approx(1)


def test_an_extractor_without_logits_has_no_inception_score(subject, tmp_path):
    plain = with_extractor(subject, Blurred(logits=False))
    with pytest.raises(NotApplicable, match="extractor blurred has no logits"):
        results_of("inception_score", plain, tmp_path)
    with pytest.raises(ConfigError, match="at most 60, the number of images"):
        results_of("inception_score", subject, tmp_path, splits=(61,))


def test_statistics_and_truncations_are_the_samplers(subject, tmp_path):
    kinds = results_of("statistics", subject, tmp_path, statistics=("moving", "batch"))[
        "by_statistics"
    ]
    sweep = results_of("truncation_sweep", subject, tmp_path, truncations=(1.0, 0.3))
    rows = sweep["sweep"]
    assert [row["truncation"] for row in rows] == [0.3, 1.0]
    expected = subject.evaluator.evaluate(subject.sampler(statistics="batch"))
    for name in ("frechet_blurred", "precision", "coverage"):
        assert kinds["batch"][name] == pytest.approx(expected["metrics"][name])
        # The run's own statistics are the moving ones, all of the latents its choice.
        assert rows[-1][name] == pytest.approx(kinds["moving"][name])
    assert rows[0]["frechet_blurred"] != rows[1]["frechet_blurred"]
    assert kinds["moving"]["frechet_blurred"] != kinds["batch"]["frechet_blurred"]


def test_another_number_of_images_is_another_protocol(subject, tmp_path):
    config = ANALYSES["truncation_sweep"](truncations=(0.5, 1.0), num_images=30)
    protocol = config.build()(subject, tmp_path)["protocol"]
    assert protocol["n_fake"] == 30 and protocol["n_real"] == 30
    assert protocol["truncation"] == [0.5, 1.0]
