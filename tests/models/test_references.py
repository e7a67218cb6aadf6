import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra.models.references import ReferenceBank, next_rows
from tfgan_contra.types import DataSpec


class Owner(keras.Model):
    """The least that a bank asks of a variant: images of one pixel."""

    spec = DataSpec(1, 1, 0)


def numbered(count, first=0):
    """Returns images whose only pixel is their number."""
    return tf.range(first, first + count, dtype=tf.float32)[:, None, None, None]


def on_replicas(strategy, function, *rows):
    """Returns what a function gives on two replicas that share the rows."""

    def on_one():
        half = len(rows[0]) // 2
        first = tf.distribute.get_replica_context().replica_id_in_sync_group * half
        shares = (tf.constant(part)[first : first + half] for part in rows)
        return function(*shares)

    given = tf.function(lambda: strategy.run(on_one), autograph=False)()
    return [np.asarray(value) for value in strategy.experimental_local_results(given)]


def values(bank):
    """Returns the pixels of a bank of images of one pixel."""
    return np.ravel(bank.images).tolist()


def test_every_row_gets_the_one_after_it():
    np.testing.assert_array_equal(next_rows(tf.constant([3, 5, 8])), [5, 8, 3])
    np.testing.assert_array_equal(next_rows(tf.constant([[7, 7]])), [[7, 7]])


@pytest.mark.parametrize("count", [2, 6])
def test_rows_are_counted_over_all_replicas(two_replicas, count):
    rows = np.arange(count, dtype=np.float32)
    parts = on_replicas(two_replicas, next_rows, rows)
    np.testing.assert_array_equal(np.concatenate(parts), np.roll(rows, -1))


def test_the_gradient_goes_to_the_replica_that_has_the_row(two_replicas):
    rows = np.arange(4, dtype=np.float32)

    def gradient(own, weights):
        with tf.GradientTape() as tape:
            tape.watch(own)
            score = tf.reduce_sum(weights * next_rows(own))
        return tape.gradient(score, own)

    weights = np.array([2, 3, 5, 7], np.float32)
    parts = on_replicas(two_replicas, gradient, rows, weights)
    np.testing.assert_array_equal(np.concatenate(parts), np.roll(weights, 1))


@pytest.mark.parametrize(
    ("size", "kept"), [(3, [0, 1, 2]), (6, [0, 1, 2, 3, 0, 1])], ids=["long", "short"]
)
def test_a_bank_keeps_the_first_rows_of_the_global_batch(two_replicas, size, kept):
    alone = ReferenceBank(Owner(), size)
    alone.fill(numbered(4), when=tf.constant(True))
    assert values(alone) == kept
    alone.fill(numbered(4, first=10), when=tf.constant(False))
    assert values(alone) == kept
    with two_replicas.scope():
        shared = ReferenceBank(Owner(), size)
    on_replicas(
        two_replicas,
        lambda rows: shared.fill(rows, when=tf.constant(True)),
        numbered(4),
    )
    for copy in shared.images.value.values:
        assert np.ravel(copy).tolist() == kept


def test_a_bank_gives_no_more_than_it_has():
    bank = ReferenceBank(Owner(), 3)
    bank.fill(numbered(4), when=tf.constant(True))
    assert np.ravel(bank.first(2)).tolist() == [0, 1]
    assert np.ravel(bank.first(5)).tolist() == [0, 1, 2]
    assert not bank.images.trainable
