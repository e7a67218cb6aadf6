import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra import distribution
from tfgan_contra.errors import UsageError


def per_replica(strategy, arrays):
    return strategy.experimental_distribute_values_from_function(
        lambda context: arrays[context.replica_id_in_sync_group]
    )


def test_gather_is_in_replica_order_and_differentiable(two_replicas):
    rows = np.arange(8, dtype=np.float32).reshape(2, 2, 2)
    weights = np.arange(8, dtype=np.float32).reshape(4, 2)

    def step(own):
        with tf.GradientTape() as tape:
            tape.watch(own)
            gathered = distribution.all_gather(own)
            scale = tf.cast(distribution.replica_id() + 1, tf.float32)
            loss = scale * tf.reduce_sum(gathered * weights)
        return gathered, tape.gradient(loss, own), distribution.row_offset(own)

    run = tf.function(lambda own: two_replicas.run(step, args=(own,)))
    gathered, gradients, offsets = run(
        per_replica(two_replicas, [tf.constant(part) for part in rows])
    )
    for replica in range(2):
        copy = two_replicas.experimental_local_results(gathered)[replica]
        np.testing.assert_array_equal(copy, rows.reshape(4, 2))
        # Both replicas' losses reach the rows: 1 + 2 times the weights.
        own = two_replicas.experimental_local_results(gradients)[replica]
        expected = 3 * weights[2 * replica : 2 * replica + 2]
        np.testing.assert_allclose(own, expected)
        offset = two_replicas.experimental_local_results(offsets)[replica]
        assert int(offset) == 2 * replica


def test_without_a_strategy_nothing_changes():
    rows = tf.ones((3, 2))
    assert distribution.num_replicas() == 1
    assert distribution.all_gather(rows) is rows
    assert int(distribution.row_offset(rows)) == 0


def test_too_many_devices_are_refused():
    with pytest.raises(UsageError, match="--num_devices=9 asks for other devices than"):
        distribution.make_strategy("mirrored", 9)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "needs TF_CONFIG.*BUILD.md"),
        ("{", "TF_CONFIG is not JSON. Received: '{'"),
        ("[]", "must hold a cluster and a task"),
        ('{"cluster": {"worker": ["a:1"]}}', "must hold a cluster and a task"),
    ],
)
def test_a_missing_cluster_is_explained(monkeypatch, text, message):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if text:
        monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(UsageError, match=message):
        distribution.make_strategy("multi_worker")


def test_only_worker_0_writes(monkeypatch):
    cluster = '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", '
    for index, chief in ((0, True), (1, False)):
        monkeypatch.setenv("TF_CONFIG", cluster + f'"index": {index}}}}}')
        assert distribution.is_chief() == chief
