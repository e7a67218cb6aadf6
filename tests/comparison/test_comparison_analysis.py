import math

import pytest

from tfgan_contra.comparison.analysis import (
    aggregate,
    clear_winner,
    collapse_step,
    overfitting_gap,
    summarise,
)


def rows(*scores):
    return [
        {"step": 10 * (i + 1), "headline": "fid", "metrics": {"fid": score}}
        for i, score in enumerate(scores)
    ]


@pytest.mark.parametrize(
    ("scores", "factor", "step"),
    [
        ([], 3.0, None),
        ([9.0, 5.0, 4.0], 3.0, None),
        ([9.0, 3.0, 8.9, 4.0], 3.0, None),
        ([9.0, 3.0, 9.0, 30.0], 3.0, 30),
        ([9.0, 3.0, 5.0], 1.5, 30),
        # The first rows may be as bad as they like; only what follows a best counts.
        ([90.0, 30.0, 10.0, 12.0], 3.0, None),
        ([math.nan, 5.0, 6.0], 3.0, None),
        ([5.0, math.nan], 3.0, 20),
        ([5.0, math.inf], 3.0, 20),
        ([0.0, 0.0, 0.1], 3.0, 30),
    ],
)
def test_collapse_is_the_first_score_far_above_the_best_before_it(scores, factor, step):
    assert collapse_step(rows(*scores), factor) == step


def test_overfitting_is_the_gap_at_the_last_step():
    accuracies = {"train": {5: 0.5, 10: 0.95}, "held_out": {5: 0.5, 10: 0.7}}
    assert overfitting_gap(accuracies) == pytest.approx(0.25)
    assert overfitting_gap({"train": {}, "held_out": {}}) is None


def test_aggregate_names_mean_and_half_the_range():
    assert aggregate([1.0, 2.0, 6.0]) == {
        "mean": 3.0,
        "spread": 2.5,
        "min": 1.0,
        "max": 6.0,
        "values": [1.0, 2.0, 6.0],
        "missing": 0,
    }


def test_one_seed_has_no_spread_and_none_no_value():
    one = aggregate([None, 4.0])
    assert one["mean"] == 4.0 and one["spread"] is None and one["missing"] == 1
    assert aggregate([None, None]) is None and aggregate([]) is None


@pytest.mark.parametrize(
    ("seeds", "lower_is_better", "winner"),
    [
        ([[1.0, 2.0], [3.0, 4.0]], True, 0),
        ([[1.0, 2.0], [3.0, 4.0]], False, 1),
        ([[1.0, 3.5], [3.0, 4.0]], True, None),  # The ranges overlap.
        ([[1.0, 2.0], [2.0, 4.0]], True, None),  # They touch.
        ([[1.0], [3.0, 4.0]], True, None),  # One seed shows no spread.
        ([[1.0, 2.0]], True, None),
        ([[1.0, 2.0], [math.nan, 0.1]], True, None),
        ([[1.0, 2.0, None], [3.0, 4.0, 5.0]], True, None),  # A seed is missing.
        ([[1.0, 2.0], [3.0, 4.0], [math.nan, 0.1]], True, None),
        ([[5.0, 6.0], [1.0, 2.0], [3.0, 4.0]], True, 1),
        ([[5.0, 6.0], [1.0, 2.0], [3.0, 4.0]], False, 0),
    ],
)
def test_a_winner_beats_every_seed_of_all_others(seeds, lower_is_better, winner):
    values = [aggregate(values) for values in seeds]
    assert clear_winner(values, lower_is_better) == winner
    padded = [None, *values]
    expected = None if winner is None else winner + 1
    assert clear_winner(padded, lower_is_better) == expected


def record(method, seed, **evaluations):
    return {
        "method": method,
        "seed": seed,
        "config": f"{method}.py",
        "num_steps": 30,
        "best_step": 20,
        "collapse_step": None,
        "finished": True,
        "overfitting_gap": 0.1 * seed,
        "d_accuracy": {"train": 0.9, "held_out": 0.9 - 0.1 * seed, "fake": None},
        "largest_spectral_norm": 2.0,
        "seconds_per_step": None,
        "parameters": {} if seed == 0 else {"generator": 1, "discriminator": 2},
        "evaluations": {
            name: {"headline": "fid", "metrics": {"fid": fid, "recall": 0.5}}
            for name, fid in evaluations.items()
        },
    }


def test_summaries_keep_the_order_and_count_only_what_was_measured():
    records = [
        record("b", 0, last=4.0, best=2.0),
        record("b", 1, best=1.0),  # It stopped itself before the last step.
        record("a", 0, last=8.0, best=8.0),
    ]
    b, a = summarise(records, "last")
    assert (b["method"], a["method"]) == ("b", "a")
    assert b["seeds"] == [0, 1] and b["measured_seeds"] == [0]
    assert b["metrics"]["fid"]["values"] == [4.0]
    assert b["score_last"]["values"] == [4.0]
    assert b["score_best"]["values"] == [2.0, 1.0]
    assert b["overfitting_gap"]["mean"] == pytest.approx(0.05)
    assert b["d_accuracy"]["held_out"]["values"] == pytest.approx([0.9, 0.8])
    assert b["d_accuracy"]["fake"] is None and b["seconds_per_step"] is None
    assert b["parameters"] == {"generator": 1, "discriminator": 2}
    best, _ = summarise(records, "best")
    assert best["metrics"]["fid"]["values"] == [2.0, 1.0]
    assert best["measured_seeds"] == [0, 1]
