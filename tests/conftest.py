"""What all tests share."""

import gc
import os
import sys
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT)]

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

from tfgan_contra import distribution  # noqa: E402

# Needs tensorflow-addons, hence an environment of its own: bin/test-addons.
collect_ignore = ["addons"]

# Two logical devices stand in for two GPUs; it must happen before TensorFlow starts.
distribution.split_cpu(2)


@pytest.fixture(scope="module", autouse=True)
def _let_go_of_graphs():
    """Frees a file's models and what TensorFlow traced for them: gigabytes in sum."""
    yield
    keras.backend.clear_session(free_memory=False)
    gc.collect()
    # What is left stays: later collections need not go through millions of objects.
    gc.freeze()


@pytest.fixture(scope="session")
def two_replicas():
    """A strategy with two replicas on this machine's CPU."""
    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
