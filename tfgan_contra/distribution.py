"""Replicas: strategies, gathering with gradient, sums over replicas.

The only file that names `tf.distribute`. Everything here also works with no strategy
at all, so losses and layers are written as if for one device.
"""

import json
import os
from typing import Any, Optional

import tensorflow as tf

from tfgan_contra.errors import UsageError

STRATEGIES = ("auto", "one_device", "mirrored", "multi_worker")

# What a data set function of one worker is told.
InputContext = tf.distribute.InputContext


def make_strategy(
    name: str = "auto", num_devices: Optional[int] = None
) -> tf.distribute.Strategy:
    """Returns the strategy to build and train a model under.

    Args:
        name: `one_device`; `mirrored`: all GPUs of this machine (or logical CPUs);
            `multi_worker`: every process named in TF_CONFIG; `auto`: multi_worker
            when TF_CONFIG names several workers, mirrored on several GPUs, otherwise
            one_device.
        num_devices: how many devices to use; None: all there are.

    Raises:
        UsageError: for an unknown name, too few devices, or no usable TF_CONFIG.
    """
    if name not in STRATEGIES:
        raise UsageError(
            f"--strategy must be one of {', '.join(STRATEGIES)}. Received: {name!r}"
        )
    # Before anything asks for devices: that would start TensorFlow without the cluster.
    if name == "multi_worker" or (name == "auto" and _num_workers() > 1):
        return _multi_worker()
    devices = _devices()
    if num_devices is not None and not 1 <= num_devices <= len(devices):
        raise UsageError(
            f"--num_devices={num_devices} asks for other devices than there are: "
            f"{len(devices)} ({', '.join(devices)})"
        )
    several_gpus = len(devices) > 1 and "GPU" in devices[0]
    if name == "mirrored" or (name == "auto" and (several_gpus or num_devices)):
        return tf.distribute.MirroredStrategy(devices[:num_devices])
    return tf.distribute.OneDeviceStrategy(devices[0])


def split_cpu(count: int) -> None:
    """Splits the CPU into logical devices; must run before TensorFlow is used."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    parts = [tf.config.LogicalDeviceConfiguration() for _ in range(count)]
    tf.config.set_logical_device_configuration(cpu, parts)


def num_replicas() -> int:
    """Returns the number of replicas, seen from inside a replica."""
    return _context().num_replicas_in_sync


def replica_id() -> tf.Tensor:
    """Returns this replica's index as an int32 tensor."""
    return tf.cast(_context().replica_id_in_sync_group, tf.int32)


def all_gather(rows: tf.Tensor) -> tf.Tensor:
    """Returns the `[N, ...]` rows of all replicas, in replica order.

    Differentiable: a key's gradient arrives at the replica that owns it. Each replica
    writes its rows into its own slot of zeros and the slots are summed, since
    `ReplicaContext.all_gather` cannot run inside a tf.function on several workers.

    Args:
        rows: `[B, ...]`, the same B on every replica.
    """
    replicas = num_replicas()
    if replicas == 1:
        return rows
    slot = tf.one_hot(replica_id(), replicas, dtype=rows.dtype)
    slots = tf.reshape(slot, [replicas] + [1] * rows.shape.rank) * rows[None]
    shape = tf.concat([[replicas * tf.shape(rows)[0]], tf.shape(rows)[1:]], axis=0)
    return all_reduce_sum(tf.reshape(slots, shape))


def all_reduce_sum(value: tf.Tensor) -> tf.Tensor:
    """Returns the sum of a tensor over all replicas; differentiable."""
    if num_replicas() == 1:
        return value
    return _context().all_reduce(tf.distribute.ReduceOp.SUM, value)


def all_reduce_mean(value: tf.Tensor) -> tf.Tensor:
    """Returns the mean of a tensor over all replicas; differentiable."""
    return all_reduce_sum(value) / num_replicas()


def row_offset(rows: tf.Tensor) -> tf.Tensor:
    """Returns the index of this replica's first row among the gathered rows."""
    return replica_id() * tf.shape(rows)[0]


def is_chief() -> bool:
    """Returns whether this process writes files: worker 0, or the only process."""
    if _num_workers() < 2:
        return True
    cluster, task = _cluster_and_task()
    first = "chief" if "chief" in cluster else "worker"
    return task["type"] == first and task["index"] == 0


def replicas_of(
    context: tf.distribute.InputContext, num_replicas: int
) -> tuple[int, int]:
    """Returns the number of a worker's first replica, and how many it has.

    Args:
        context: what the data set function of the worker is told.
        num_replicas: replicas of all workers.
    """
    here = num_replicas // context.num_input_pipelines
    return context.input_pipeline_id * here, here


def sum_over_replicas(strategy: Any, number: int) -> int:
    """Returns the sum of a process's number over all replicas of all workers.

    Every worker must call it at the same point.
    """
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return number
    values = strategy.run(lambda: tf.constant(number, tf.int64))
    return int(strategy.reduce(tf.distribute.ReduceOp.SUM, values, axis=None))


def _context() -> tf.distribute.ReplicaContext:
    context = tf.distribute.get_replica_context()
    if context is None:
        raise RuntimeError("This must run inside a replica: use strategy.run")
    return context


def _devices() -> list[str]:
    gpus = tf.config.list_logical_devices("GPU")
    devices = gpus or tf.config.list_logical_devices("CPU")
    return [device.name.removeprefix("/device:") for device in devices]


def _cluster_and_task() -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns both parts of TF_CONFIG; raises `UsageError` if it is malformed."""
    text = os.environ.get("TF_CONFIG") or "{}"
    try:
        values = json.loads(text)
        cluster, task = values.get("cluster", {}), values.get("task", {})
        if cluster:
            cluster[task["type"]][task["index"]]
    except ValueError:
        raise UsageError(f"TF_CONFIG is not JSON. Received: {text!r}") from None
    except (AttributeError, KeyError, IndexError, TypeError):
        raise UsageError(
            "TF_CONFIG must hold a cluster and a task with type and index that names "
            f"one of its workers; BUILD.md shows one. Received: {text!r}"
        ) from None
    return cluster, task


def _num_workers() -> int:
    cluster, _ = _cluster_and_task()
    return sum(len(cluster.get(kind, [])) for kind in ("chief", "worker"))


def _multi_worker() -> tf.distribute.Strategy:
    if _num_workers() == 0:
        raise UsageError(
            "--strategy=multi_worker needs TF_CONFIG with the cluster and this task; "
            "BUILD.md shows one. Received: no TF_CONFIG"
        )
    return tf.distribute.MultiWorkerMirroredStrategy()
