"""Features of captions on disk while other processes write and remove theirs."""

import os
import shutil

import numpy as np

from tfgan_contra.text import embedding_cache
from tfgan_contra.types import TextFeatures

SHAPE = (2, 3, 4)


def features_of(value) -> TextFeatures:
    return TextFeatures(
        np.full(SHAPE, value, np.float32),
        np.full(2, value, np.int32),
        np.full((2, 4), value, np.float32),
    )


def abandon(place, name):
    """Makes a folder that a run left when it was killed long ago."""
    folder = place / f".building-{name}"
    folder.mkdir()
    (folder / "words.npy").touch()
    for path in (folder / "words.npy", folder):
        os.utime(path, (0, 0))


def test_what_killed_runs_left_is_removed(tmp_path):
    abandon(tmp_path, "old")
    (tmp_path / ".building-live").mkdir()
    found = embedding_cache.cached(tmp_path, "key", SHAPE, [features_of(7)])
    for one, expected in zip(found, features_of(7), strict=True):
        np.testing.assert_array_equal(one, expected)
    assert sorted(os.listdir(tmp_path)) == [".building-live", "key"]


def test_another_process_may_remove_the_same_folders(tmp_path, monkeypatch):
    for name in "abc":
        abandon(tmp_path, name)
    remove = shutil.rmtree

    def both_remove(folder, **arguments):
        """Removes a folder while another process removes all of them."""
        for path in tmp_path.glob(".building-*"):
            remove(path, **arguments)

    monkeypatch.setattr(embedding_cache.shutil, "rmtree", both_remove)
    found = embedding_cache.cached(tmp_path, "key", SHAPE, [features_of(7)])
    assert found.lengths.tolist() == [7, 7]
    assert os.listdir(tmp_path) == ["key"]
