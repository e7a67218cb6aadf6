"""The decoded cache: complete or absent, never torn."""

import os
import time

import numpy as np
import pytest

from tfgan_contra.data import caching
from tfgan_contra.errors import DataError
from tfgan_contra.types import DataSpec

SPEC = DataSpec(4, 1, 3)


def examples(shapes):
    for number, (height, width) in enumerate(shapes):
        yield np.full((height, width, 1), number, np.uint8), number % 3


def test_square_images_come_back_by_memory_map(tmp_path):
    folder = caching.build([tmp_path], "set", examples([(4, 4)] * 5))
    assert caching.find([tmp_path / "other", tmp_path], "set") == folder
    source = caching.open_source(folder, SPEC)
    assert source.load(np.array([4, 1]))[:, 0, 0, 0].tolist() == [4, 1]
    assert source.labels.tolist() == [0, 1, 2, 0, 1]
    assert isinstance(source._images, np.memmap) and not source._images.flags.writeable
    assert type(source.load(np.array([0]))) is np.ndarray


def test_images_of_several_sizes_are_cropped_when_loaded(tmp_path):
    pixels = [np.arange(24, dtype=np.uint8).reshape(4, 6, 1), np.zeros((4, 4, 1), "u1")]
    folder = caching.build([tmp_path], "set", zip(pixels, (1, 2), strict=True))
    source = caching.open_source(folder, SPEC)
    crops = source.load(np.array([0, 1, 0]), np.array([0.0, 0.3, 0.9]))
    assert crops[0].tolist() == pixels[0][:, :4].tolist()
    assert not crops[1].any()
    assert crops[2].tolist() == pixels[0][:, 2:].tolist()
    assert source.load(np.array([0]))[0].tolist() == pixels[0][:, 1:5].tolist()
    assert source.labels.tolist() == [1, 2] and source.image_shape == (4, 4, 1)


def test_failure_leaves_nothing_behind(tmp_path):
    def failing():
        yield np.zeros((4, 4, 1), np.uint8), 0
        raise RuntimeError("decoder")

    with pytest.raises(RuntimeError, match="decoder"):
        caching.build([tmp_path], "set", failing())
    assert list(tmp_path.iterdir()) == []


def test_full_disk_is_one_line(tmp_path):
    def failing():
        yield np.zeros((4, 4, 1), np.uint8), 0
        raise OSError(28, "No space left on device")

    with pytest.raises(DataError) as error:
        caching.build([tmp_path], "set", failing())
    assert str(error.value) == (
        f"cannot write the image cache {tmp_path / 'set'} (No space left on device);"
        " free space there or make it writable"
    )
    assert list(tmp_path.iterdir()) == []


def test_first_place_that_can_be_written_is_taken(tmp_path):
    (tmp_path / "file").write_text("a file where a folder should be")
    places = [tmp_path / "file" / "cache", tmp_path / "second"]
    assert caching.build(places, "set", examples([(4, 4)])).parent == places[1]
    with pytest.raises(DataError, match="no image cache can be written in"):
        caching.build(places[:1], "set", examples([(4, 4)]))


def test_two_builders_at_once_agree(tmp_path):
    def slow():
        yield from examples([(4, 4)] * 2)
        caching.build([tmp_path], "set", examples([(4, 4)] * 2))  # the faster one

    folder = caching.build([tmp_path], "set", slow())
    assert len(caching.open_source(folder, SPEC)) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_what_a_killed_build_left_is_swept_and_a_live_one_is_not(tmp_path):
    for name in ("dead", "live"):
        folder = tmp_path / f".building-{name}"
        folder.mkdir()
        (folder / "pixels.u8").write_bytes(b"half")
    old = time.time() - 7200
    os.utime(tmp_path / ".building-dead" / "pixels.u8", (old, old))
    os.utime(tmp_path / ".building-dead", (old, old))
    os.utime(tmp_path / ".building-live", (old, old))
    caching.build([tmp_path], "set", examples([(4, 4)]))
    assert sorted(p.name for p in tmp_path.iterdir()) == [".building-live", "set"]


@pytest.mark.parametrize("damage", ["cut", "missing", "empty"])
def test_damaged_cache_says_what_to_do(tmp_path, damage):
    folder = caching.build([tmp_path], "set", examples([(4, 4)] * 3))
    pixels = folder / "pixels.u8"
    if damage == "missing":
        (folder / "labels.npy").unlink()
    else:
        pixels.write_bytes(b"" if damage == "empty" else pixels.read_bytes()[:-1])
    with pytest.raises(DataError) as error:
        caching.open_source(folder, SPEC)
    assert str(error.value) == (
        f"the image cache {folder} is damaged; delete it and run again"
    )
