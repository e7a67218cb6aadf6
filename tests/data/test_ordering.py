"""Seeded orders against an independent integer twin, and what they promise."""

import numpy as np
import pytest

from tfgan_contra.data import ordering
from tfgan_contra.errors import ConfigError

WORD = (1 << 64) - 1


def splitmix_twin(state: int, count: int) -> list[int]:
    """The published generator, one number after another, in Python integers."""
    numbers = []
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & WORD
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
        numbers.append(z ^ (z >> 31))
    return numbers


def mix_twin(word: int) -> int:
    return splitmix_twin((word - 0x9E3779B97F4A7C15) & WORD, 1)[0]


def test_twin_is_the_published_generator():
    assert splitmix_twin(0, 2) == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]


@pytest.mark.parametrize("seed, stream", [(0, 1), (7, 2), (123456789, 1 << 32)])
def test_random_bits_follow_the_twin(seed, stream):
    inner = mix_twin((seed * 0x9E3779B97F4A7C15 + 1) & WORD)
    expected = splitmix_twin(mix_twin((inner + stream) & WORD), 5)
    bits = ordering.random_bits(seed, stream, np.arange(5))
    assert [int(b) for b in bits] == expected
    assert int(ordering.random_bits(seed, stream, np.array([3]))[0]) == expected[3]


def test_uniform_is_uniform_and_streams_differ():
    numbers = ordering.uniform(3, ordering.CROP_STREAM, np.arange(20_000))
    assert numbers.min() >= 0 and numbers.max() < 1
    histogram = np.histogram(numbers, bins=20, range=(0, 1))[0]
    assert np.abs(histogram - 1000).max() < 150
    other = ordering.uniform(3, ordering.FLIP_STREAM, np.arange(20_000))
    assert abs(np.corrcoef(numbers, other)[0, 1]) < 0.03


def test_permutation_holds_every_number_once_and_depends_on_seed():
    first = ordering.permutation(1, 5, 1000)
    assert sorted(first) == list(range(1000))
    assert (first != ordering.permutation(2, 5, 1000)).mean() > 0.9
    assert (first == ordering.permutation(1, 5, 1000)).all()


def test_permutation_sorts_the_twin_s_numbers():
    inner = mix_twin(1)  # seed 0
    numbers = splitmix_twin(mix_twin((inner + 5) & WORD), 10)
    expected = sorted(range(10), key=numbers.__getitem__)
    assert ordering.permutation(0, 5, 10).tolist() == expected


@pytest.mark.parametrize("size, batch", [(12, 4), (10, 4), (3, 8), (1, 2)])
def test_every_epoch_holds_every_image_once(size, batch):
    order = ordering.EpochOrder(size, seed=5)
    schedule = ordering.BatchSchedule(batch, slices=2)
    steps = [schedule.positions(step, 0) for step in range(3 * size)]
    stream = order.indices(np.concatenate(steps))
    for epoch in range(3):
        assert sorted(stream[epoch * size : (epoch + 1) * size]) == list(range(size))
    if size > 4:
        assert stream[:size].tolist() != stream[size : 2 * size].tolist()


def test_groups_change_places_and_stay_together():
    order = ordering.EpochOrder(14, seed=5, group_size=4)
    epochs = [order.indices(14 * epoch + np.arange(14)) for epoch in range(4)]
    groups = [list(range(4)), list(range(4, 8)), list(range(8, 12)), [12, 13]]
    found = []
    for numbers in epochs:
        rest, starts = numbers.tolist(), []
        while rest:
            (group,) = [own for own in groups if own[0] == rest[0]]
            assert rest[: len(group)] == group
            starts.append(group[0])
            rest = rest[len(group) :]
        assert sorted(starts) == [0, 4, 8, 12]
        found.append(tuple(starts))
    assert len(set(found)) > 1
    expected = ordering.EpochOrder(14, seed=5).indices(np.arange(20))
    alone = ordering.EpochOrder(14, seed=5, group_size=1).indices(np.arange(20))
    assert (alone == expected).all()


def test_replicas_divide_the_columns_of_every_slice():
    one = ordering.BatchSchedule(6, slices=2).positions(4, 0).reshape(2, 6)
    assert one.tolist() == [list(range(48, 54)), list(range(54, 60))]
    split = ordering.BatchSchedule(6, slices=2, num_replicas=3)
    parts = [split.positions(4, replica).reshape(2, 2) for replica in range(3)]
    assert np.concatenate(parts, axis=1).tolist() == one.tolist()


@pytest.mark.parametrize("batch, near", [(64, 63), (2, 3)])
def test_batch_that_does_not_divide_by_replicas_is_a_config_error(batch, near):
    with pytest.raises(ConfigError) as error:
        ordering.BatchSchedule(batch, num_replicas=3).positions(0, 0)
    assert str(error.value) == (
        "config.train.global_batch_size must be a multiple of the 3 replicas, for"
        f" example {near}. Received: {batch}"
    )


def test_stratified_split_takes_the_asked_number_of_every_class():
    labels = np.array([0] * 50 + [1] * 7 + [2] + [3] * 2)
    counts = ordering.tenth_counts(labels)
    assert counts.tolist() == [5, 1, 0, 1]
    kept, held_out = ordering.stratified_split(labels, counts, seed=0)
    assert np.bincount(labels[held_out], minlength=4).tolist() == counts.tolist()
    assert sorted([*kept, *held_out]) == list(range(60))
    other = ordering.stratified_split(labels, counts, seed=1)[1]
    assert other.tolist() != held_out.tolist()


def test_proportional_counts_sum_to_the_total():
    labels = np.repeat([0, 1, 2], [10, 20, 31])
    assert ordering.proportional_counts(labels, 10).tolist() == [2, 3, 5]
    assert ordering.proportional_counts(labels, 61).tolist() == [10, 20, 31]
