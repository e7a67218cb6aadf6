import errno

import keras
import numpy as np
import pytest

from tfgan_contra.errors import CheckpointError
from tfgan_contra.optimizers import Adam
from tfgan_contra.training import checkpoints
from tfgan_contra.training.checkpoints import CheckpointStore


def variables(value=1.0, shape=(2, 3)):
    return {
        "a": keras.Variable(np.full(shape, value, np.float32)),
        "b/c": keras.Variable(np.int64(4), dtype="int64"),
    }


def test_saves_and_restores(tmp_path):
    store = CheckpointStore(tmp_path)
    path = store.save(7, variables(2.5), {"step": 7})
    target = variables(0.0)
    assert checkpoints.restore(path, target) == {"step": 7}
    np.testing.assert_array_equal(target["a"], np.full((2, 3), 2.5))
    assert int(target["b/c"]) == 4


def test_keeps_the_newest_and_the_best(tmp_path):
    store = CheckpointStore(tmp_path, keep=2)
    for step in (1, 2, 3):
        store.save(step, variables(), {"step": step})
    store.save_best(variables(), {"step": 1})
    assert store.steps() == [2, 3]
    assert store.best_path.exists()


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_a_truncated_file_is_skipped_for_an_earlier_one(tmp_path, keep):
    store = CheckpointStore(tmp_path)
    store.save(1, variables(), {"step": 1})
    path = store.save(2, variables(), {"step": 2})
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data)) if keep < 1 else keep])
    step, damaged, problems = store.newest_readable()
    assert step == 1 and damaged == [path]
    assert len(problems) == 1 and "step-00000002.npz" in problems[0]
    assert "\n" not in problems[0]


def test_if_no_checkpoint_can_be_read_nothing_is_overwritten(tmp_path):
    store = CheckpointStore(tmp_path)
    store.save(1, variables(), {"step": 1}).write_bytes(b"torn")
    with pytest.raises(CheckpointError, match="None of the 1 checkpoints"):
        store.newest_readable()
    store.put_aside(store.path(1))
    assert store.newest_readable() == (None, [], [])


def test_loss_scaling_and_its_optimizer_have_names_of_their_own():
    class Model:
        variables = ()
        optimizers = {
            "g_optimizer": keras.optimizers.LossScaleOptimizer(Adam()),
            "d_optimizer": Adam(),
        }

    optimizers = Model.optimizers.values()
    for optimizer in optimizers:
        optimizer.build([variables()["a"]])
    state = checkpoints.training_state(Model())
    assert len(state) == sum(len(optimizer.variables) for optimizer in optimizers)
    assert {"g_optimizer/iteration", "g_optimizer/loss_scaling/iteration"} <= set(state)


def test_a_flipped_bit_is_found(tmp_path):
    path = CheckpointStore(tmp_path).save(1, variables(), {"step": 1})
    data = bytearray(path.read_bytes())
    data[data.index(b"\x80?") + 1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(CheckpointError, match="damaged|no readable checkpoint"):
        checkpoints.read_progress(path)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ({"a": variables()["a"]}, "also holds 'b/c'"),
        (variables() | {"d": variables()["a"]}, "lacks 'd'"),
        (variables(shape=(3, 2)), r"'a' has shape \(2, 3\), the model's has \(3, 2\)"),
    ],
)
def test_a_foreign_checkpoint_changes_nothing(tmp_path, target, message):
    path = CheckpointStore(tmp_path).save(1, variables(9.0), {"step": 1})
    with pytest.raises(CheckpointError, match=message):
        checkpoints.restore(path, target)
    assert float(np.array(target["a"]).max()) == 1.0


def test_a_full_disk_keeps_the_last_checkpoint(tmp_path, monkeypatch):
    store = CheckpointStore(tmp_path)
    store.save(1, variables(), {"step": 1})

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints.os, "fsync", full)
    with pytest.raises(CheckpointError, match="No space left on device.*resume"):
        store.save(2, variables(), {"step": 2})
    assert store.steps() == [1]
    assert list(tmp_path.glob("*.tmp")) == []


def test_leftovers_of_a_killed_process_are_swept(tmp_path):
    (tmp_path / "step-00000003.npz.99.tmp").write_bytes(b"half")
    CheckpointStore(tmp_path).sweep()
    assert list(tmp_path.iterdir()) == []
