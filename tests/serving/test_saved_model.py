"""Versions on disk: numbers, renames, leftovers, what lies in a version."""

import json
import os
import socket
import subprocess
import sys
import threading

import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra.errors import UserError
from tfgan_contra.serving import saved_model
from tfgan_contra.serving.saved_model import export_generator, file_hashes
from tfgan_contra.types import DataSpec

SPEC = DataSpec(8, 1, 0)


def leftovers(base):
    return [name for name in os.listdir(base) if not name.isdecimal()]


def dead_pid():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_version_holds_all_it_should(version_dir):
    for name in (
        "saved_model.pb",
        "fingerprint.pb",
        "variables/variables.index",
        "assets.extra/model.json",
        "assets.extra/model_card.md",
        "assets.extra/reference.npz",
        "assets.extra/tf_serving_warmup_requests",
    ):
        assert os.path.isfile(os.path.join(version_dir, name)), name


def test_facts_name_the_files_and_the_fingerprint(version_dir):
    with open(os.path.join(version_dir, "assets.extra/model.json")) as file:
        known = json.load(file)
    assert known["sha256"] == file_hashes(version_dir)
    fingerprint = tf.saved_model.experimental.read_fingerprint(version_dir)
    assert known["fingerprint"] == str(fingerprint.saved_model_checksum)
    assert known["class_names"] == ["zero", "one", "two", "three"]
    assert known["tolerance"] == 1e-4


def test_the_reloaded_model_makes_the_keras_models_pictures(
    version_dir, tiny_generator
):
    latents = np.random.default_rng(0).standard_normal((6, 5)).astype(np.float32)
    labels = np.arange(6, dtype=np.int64) % 4
    served = tf.saved_model.load(version_dir).signatures["latents"](
        latents=tf.constant(latents), labels=tf.constant(labels)
    )["images"]
    expected = tiny_generator()([latents, labels.astype(np.int32)])
    np.testing.assert_allclose(served, expected, atol=1e-6)


def test_weights_are_saved_once(version_dir, tiny_generator):
    size = sum(v.numpy().nbytes for v in tiny_generator().variables)
    data = os.path.join(version_dir, "variables/variables.data-00000-of-00001")
    stored = [
        shape
        for _, shape in tf.train.list_variables(f"{version_dir}/variables/variables")
    ]
    assert sum(4 * int(np.prod(shape)) for shape in stored if shape) == size
    assert os.path.getsize(data) < 2 * size


def test_versions_count_up_and_never_overwrite(tmp_path, tiny_generator):
    base = tmp_path / "model"
    (base / "3").mkdir(parents=True)
    (base / "3" / "mine").write_text("keep")
    (base / "notes").mkdir()
    generator = tiny_generator(0, 1)
    paths = [export_generator(generator, SPEC, str(base), warmup=False) for _ in "ab"]
    assert paths == [str(base / "4"), str(base / "5")]
    assert os.listdir(base / "3") == ["mine"]
    assert leftovers(base) == ["notes"]
    assert not os.path.exists(base / "4/assets.extra/tf_serving_warmup_requests")


def test_a_number_taken_meanwhile_is_left_alone(tmp_path, monkeypatch, tiny_generator):
    base = tmp_path / "model"
    next_version, calls = saved_model._next_version, []

    def outrun(folder):
        number = next_version(folder)
        calls.append(number)
        if len(calls) == 2:  # after looking for a free number, before the rename
            (base / str(number)).mkdir()
            (base / str(number) / "other").write_text("first")
        return number

    monkeypatch.setattr(saved_model, "_next_version", outrun)
    path = export_generator(tiny_generator(0, 1), SPEC, str(base), warmup=False)
    assert path == str(base / "2")
    assert os.listdir(base / "1") == ["other"]


def test_exporters_at_the_same_time_get_numbers_of_their_own(tmp_path, tiny_generator):
    generator, paths = tiny_generator(0, 1), []
    threads = [
        threading.Thread(
            target=lambda: paths.append(
                export_generator(generator, SPEC, str(tmp_path), warmup=False)
            )
        )
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(paths) == [str(tmp_path / n) for n in "123"]
    assert leftovers(tmp_path) == []


def test_a_failed_check_publishes_nothing(tmp_path, tiny_generator):
    def refuse(folder):
        assert os.path.basename(folder) == "1"
        assert os.path.isfile(os.path.join(folder, "saved_model.pb"))
        raise UserError("it is no good")

    with pytest.raises(UserError, match="it is no good"):
        export_generator(tiny_generator(0, 1), SPEC, str(tmp_path), verify=refuse)
    assert os.listdir(tmp_path) == []


def test_leftovers_of_dead_exporters_go_and_nothing_else(tmp_path, tiny_generator):
    host, prefix = socket.gethostname(), saved_model.TEMPORARY_PREFIX
    dead = tmp_path / f"{prefix}{host}-{dead_pid()}-abc"
    old = tmp_path / f"{prefix}elsewhere-1-abc"
    alive = tmp_path / f"{prefix}{host}-{os.getpid()}-abc"
    remote = tmp_path / f"{prefix}elsewhere-2-abc"
    foreign = tmp_path / ".tmp-of-somebody-else"
    for path in (dead, old, alive, remote, foreign):
        path.mkdir()
    os.utime(old, (0, 0))
    export_generator(tiny_generator(0, 1), SPEC, str(tmp_path), warmup=False)
    assert sorted(leftovers(tmp_path)) == sorted(
        path.name for path in (alive, remote, foreign)
    )


def test_a_full_or_forbidden_disk_is_one_line(tmp_path, monkeypatch, tiny_generator):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write a model below .*file"):
        export_generator(tiny_generator(0, 1), SPEC, str(tmp_path / "file"))

    def full(*_, **__):
        raise tf.errors.ResourceExhaustedError(None, None, "No space left on device")

    monkeypatch.setattr(tf.saved_model, "save", full)
    base = tmp_path / "model"
    with pytest.raises(UserError, match="No space left on device; nothing was"):
        export_generator(tiny_generator(0, 1), SPEC, str(base))
    assert os.listdir(base) == []


def test_half_precision_gets_a_wider_tolerance(tmp_path, tiny_generator):
    generator = tiny_generator(0, 1)
    generator.dtype_policy = "mixed_bfloat16"
    path = export_generator(generator, SPEC, str(tmp_path), warmup=False)
    with open(os.path.join(path, "assets.extra/model.json")) as file:
        assert json.load(file)["tolerance"] == 0.05
