import pytest
import tensorflow as tf
from comparison.made_up import write_events

from tfgan_contra.comparison.curves import read_curves, seconds_per_step


def test_reads_what_a_run_logged(tmp_path):
    write_events(tmp_path, [10, 20, 30])
    curves = read_curves(tmp_path)
    assert list(curves.accuracies["held_out"]) == [10, 20, 30]
    assert curves.accuracies["held_out"][30] == pytest.approx(0.6)
    assert curves.largest_norm == pytest.approx({10: 1.1, 20: 1.2, 30: 1.3})
    assert curves.median_norm == pytest.approx({10: 1.05, 20: 1.1, 30: 1.15})
    assert curves.seconds_per_step is not None


def test_a_resumed_run_replaces_the_rows_after_its_checkpoint(tmp_path):
    write_events(tmp_path, [10, 20], slope=0.01)
    (first,) = tmp_path.iterdir()
    first.rename(tmp_path / "events.out.tfevents.0000000001.before")
    write_events(tmp_path, [20, 30], slope=0.03)
    norms = read_curves(tmp_path).largest_norm
    assert norms == pytest.approx({10: 1.1, 20: 1.6, 30: 1.9})


def test_a_torn_file_gives_what_is_whole(tmp_path):
    write_events(tmp_path, [10, 20])
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-20])
    curves = read_curves(tmp_path)
    assert curves.accuracies["train"] == pytest.approx({10: 0.9, 20: 0.9})
    assert curves.largest_norm == pytest.approx({10: 1.1, 20: 1.2})


def test_nothing_logged_gives_empty_curves(tmp_path):
    for folder in (tmp_path, tmp_path / "none"):
        curves = read_curves(folder)
        assert curves.largest_norm == {} and curves.accuracies["train"] == {}
        assert curves.seconds_per_step is None


def test_other_writers_events_are_passed_over(tmp_path):
    write_events(tmp_path, [10])
    writer = tf.summary.create_file_writer(str(tmp_path), filename_suffix=".other")
    with writer.as_default():
        tf.summary.scalar("evaluation/fid", 3.0, step=40)
        tf.summary.image("samples", tf.zeros([1, 4, 4, 1]), step=40)
    writer.close()
    assert list(read_curves(tmp_path).accuracies["fake"]) == [10]


def test_seconds_per_step_leaves_out_evaluations_and_breaks():
    times = {10: 100.0, 20: 105.0, 30: 900.0, 40: 905.0, 60: 915.0}
    assert seconds_per_step(times) == pytest.approx(0.5)
    assert seconds_per_step({10: 100.0}) is None
