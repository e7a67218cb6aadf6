"""Which versions are loaded, and what happens to those that cannot be."""

import os
import shutil
import time

import numpy as np
import pytest

from tfgan_contra.errors import UserError
from tfgan_contra.serving.model_store import ModelStore, ServingError

INPUTS = {"labels": np.array([1, 2]), "seeds": np.array([5, 6])}


@pytest.fixture
def folder(version_dir, tmp_path):
    """A model folder of its own, with version 1."""
    shutil.copytree(version_dir, tmp_path / "tiny" / "1")
    return tmp_path / "tiny"


@pytest.fixture(scope="module")
def small_store(model_dir):
    """A store that takes four rows at most, fewer than the warm-up requests have."""
    store = ModelStore(model_dir, "tiny", max_batch_size=4, log=lambda line: None)
    store.refresh()
    return store


def publish(folder, version):
    """Adds a copy of version 1 as an exporter would, by renaming."""
    shutil.copytree(folder / "1", folder / f".tmp-{version}")
    os.rename(folder / f".tmp-{version}", folder / str(version))


def make_store(folder, **options):
    lines = []
    store = ModelStore(str(folder), "tiny", log=lines.append, **options)
    store.refresh()
    return store, lines


def available(store):
    return [s.version for s in store.statuses("tiny") if s.state == "AVAILABLE"]


def test_the_newest_versions_stay_and_the_newest_answers(folder):
    store, lines = make_store(folder, num_versions=2)
    publish(folder, 2)
    publish(folder, 11)
    (folder / "12").mkdir()  # nothing in it yet
    store.refresh()
    assert available(store) == [11, 2]
    assert store.get("tiny").version == 11
    assert store.get("tiny", 2).version == 2
    assert lines[-1] == "version 1 of tiny is unloaded"
    for name, version in (("tiny", 1), ("tiny", 12), ("other", None)):
        with pytest.raises(ServingError, match="Servable not found") as caught:
            store.get(name, version)
        assert caught.value.code == "NOT_FOUND"


def test_a_version_that_cannot_be_loaded_leaves_the_others(folder):
    publish(folder, 2)
    (folder / "2" / "saved_model.pb").write_bytes(b"torn")
    store, lines = make_store(folder, num_versions=1)
    assert available(store) == [1]
    (failed,) = store.statuses("tiny", 2)
    assert failed.state == "END" and "no SavedModel" in failed.error
    assert lines[0] == f"version 2 cannot be loaded: {failed.error}"
    shutil.copy(folder / "1/saved_model.pb", folder / "2/saved_model.pb")
    store.refresh()
    assert available(store) == [2]


def test_a_bad_version_is_not_tried_for_ever(folder):
    publish(folder, 2)
    (folder / "2" / "saved_model.pb").write_bytes(b"torn")
    store, lines = make_store(folder)
    for _ in range(8):
        store.refresh()
    assert sum("cannot be loaded" in line for line in lines) == 5


def test_taking_a_version_away_rolls_back(folder):
    publish(folder, 2)
    store, _ = make_store(folder, num_versions=1)
    assert available(store) == [2]
    shutil.rmtree(folder / "2")
    store.refresh()
    assert available(store) == [1]
    shutil.rmtree(folder / "1")
    store.refresh()
    assert available(store) == [1]  # still better than nothing


def test_the_thread_picks_a_new_version_up(folder):
    store, _ = make_store(folder)
    store.watch(0.05)
    publish(folder, 2)
    deadline = time.monotonic() + 20
    while store.get("tiny").version != 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert store.get("tiny").version == 2
    store.stop()


def test_nothing_to_serve_is_an_error(tmp_path):
    store = ModelStore(str(tmp_path), "tiny", log=lambda line: None)
    with pytest.raises(UserError, match="no version is there; --model_dir must"):
        store.watch(1.0)


@pytest.mark.parametrize(
    ("signature", "change", "code", "message"),
    [
        ("nope", {}, "FAILED_PRECONDITION", 'signature name: "nope" not found'),
        ("png", {"more": np.array([1])}, "INVALID_ARGUMENT", "Sent extra: {more}"),
        ("png", {"seeds": None}, "INVALID_ARGUMENT", "required: {seeds}"),
        ("png", {"seeds": np.ones(2)}, "INVALID_ARGUMENT", "seeds must be int64"),
        ("png", {"seeds": np.ones((2, 1), int)}, "INVALID_ARGUMENT", r"shape \[N\]"),
        ("png", {"seeds": np.array(1)}, "INVALID_ARGUMENT", r"shape \[N\]"),
        ("png", {"seeds": np.ones(0, int)}, "INVALID_ARGUMENT", "1 to 4 rows"),
        ("png", {"seeds": np.ones(5, int)}, "INVALID_ARGUMENT", "1 to 4 rows"),
        ("png", {"labels": np.array([0, 9])}, "INVALID_ARGUMENT", r"^labels.*: \[9\]$"),
    ],
)
def test_wrong_requests_are_named(small_store, signature, change, code, message):
    store = small_store
    inputs = {k: v for k, v in (INPUTS | change).items() if v is not None}
    with pytest.raises(ServingError, match=message) as caught:
        store.predict(store.get("tiny"), signature, inputs)
    assert caught.value.code == code
    assert "\n" not in str(caught.value)


def test_output_filter_chooses(small_store):
    store = small_store
    model = store.get("tiny")
    assert list(store.predict(model, "png", INPUTS, ["image_bytes"])) == ["image_bytes"]
    with pytest.raises(ServingError, match="alias not found in signature: nope"):
        store.predict(model, "png", INPUTS, ["nope"])
