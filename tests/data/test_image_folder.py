"""Folders of images: layouts, held-out images, damage and what the user is told."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from tfgan_contra.config import DataConfig
from tfgan_contra.data import folder_index, image_folder, load
from tfgan_contra.errors import DataError


def save(path, size=(32, 32), value=0, mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    color = value if mode in ("L", "I;16") else (value, 255 - value, 7)
    Image.new(mode, size, color).save(path)


def fill(folder, counts, **arguments):
    """Writes `counts[class]` images; each shows its class in the red channel."""
    for label, (name, count) in enumerate(sorted(counts.items())):
        for number in range(count):
            save(folder / name / f"{number:03}.png", value=10 * label, **arguments)


def load_folder(root, **fields):
    return load(DataConfig(source=f"folder:{root}", **fields))


def error_of(root, **fields) -> str:
    with pytest.raises(DataError) as error:
        load_folder(root, **fields)
    assert "\n" not in str(error.value)
    return str(error.value)


def check_labels(source):
    images = source.load(np.arange(len(source)))
    assert (images[:, 0, 0, 0] == source.labels * 10).all()


def test_plain_layout_holds_out_a_tenth_of_every_class(tmp_path):
    fill(tmp_path, {"dog": 20, "cat": 5, "eel": 2, "fox": 1})
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "cat" / "._000.png").write_bytes(b"junk of macOS")
    (tmp_path / "cat" / "notes.txt").write_text("no image")
    dataset = load_folder(tmp_path)
    assert dataset.spec.class_names == ("cat", "dog", "eel", "fox")
    assert np.bincount(dataset.test.labels).tolist() == [1, 2, 1]
    assert np.bincount(dataset.train.labels).tolist() == [4, 18, 1, 1]
    assert dataset.train.labels.dtype == np.int32 and dataset.report == []
    check_labels(dataset.train)
    check_labels(dataset.test)
    again = load_folder(tmp_path)
    assert again.test._names == dataset.test._names
    assert not set(again.test._names) & set(again.train._names)


@pytest.mark.parametrize("name", ["val", "valid", "validation", "test"])
def test_split_layout(tmp_path, name):
    fill(tmp_path / "train", {"a": 3, "b": 2})
    fill(tmp_path / name, {"a": 1, "b": 2})
    dataset = load_folder(tmp_path)
    assert dataset.spec.class_names == ("a", "b") and dataset.report == []
    assert dataset.train.labels.tolist() == [0, 0, 0, 1, 1]
    assert dataset.test.labels.tolist() == [0, 1, 1]
    check_labels(dataset.test)


def test_tiny_imagenet_layout(tmp_path):
    for label, name in enumerate(("n01", "n02")):
        for number in range(3):
            path = tmp_path / "train" / name / "images" / f"{name}_{number}.JPEG"
            save(path, (64, 64), value=10 * label)
        (tmp_path / "train" / name / f"{name}_boxes.txt").write_text("x")
    lines = []
    for number, name in enumerate(("n02", "n01")):
        save(tmp_path / "val" / "images" / f"val_{number}.JPEG", (64, 64), value=0)
        lines.append(f"val_{number}.JPEG\t{name}\t0\t0\t62\t62")
    (tmp_path / "val" / "val_annotations.txt").write_text("\n".join(lines) + "\n")
    save(tmp_path / "test" / "images" / "test_0.JPEG", (64, 64))
    dataset = load_folder(tmp_path, image_size=64)
    assert dataset.train.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert dataset.test.labels.tolist() == [1, 0]
    assert dataset.test.load(np.array([0, 1])).shape == (2, 64, 64, 3)


def test_tiny_imagenet_annotation_of_an_unknown_class(tmp_path):
    fill(tmp_path / "train", {"a": 1})
    save(tmp_path / "val" / "images" / "x.png")
    (tmp_path / "val" / "val_annotations.txt").write_text("x.png\tzebra\t0\n")
    assert error_of(tmp_path) == (
        f"{tmp_path / 'val' / 'val_annotations.txt'} line 1 names no class of"
        f" {tmp_path / 'train'}. Received: 'x.png\\tzebra\\t0'"
    )


def test_a_class_called_train_is_a_class(tmp_path):
    fill(tmp_path, {"bus": 2, "train": 2})
    assert load_folder(tmp_path).spec.class_names == ("bus", "train")


def test_unlabelled_held_out_folder_is_passed_over_and_said(tmp_path):
    fill(tmp_path / "train", {"a": 4, "b": 4})
    save(tmp_path / "test" / "x.png")
    dataset = load_folder(tmp_path)
    assert len(dataset.test) == 2 and len(dataset.train) == 6
    assert dataset.report == [
        f"test in {tmp_path} has no class folders of train; a tenth of train is held"
        " out instead"
    ]


def test_grayscale_stays_grayscale_only_when_all_are(tmp_path):
    fill(tmp_path, {"a": 2, "b": 2}, mode="L")
    assert load_folder(tmp_path).spec.channels == 1
    assert load_folder(tmp_path, channels=3).spec.channels == 3
    save(tmp_path / "b" / "color.png")
    assert load_folder(tmp_path).spec.channels == 3
    gray = load_folder(tmp_path, channels=1)
    assert gray.train.load(np.array([0])).shape == (1, 32, 32, 1)


def test_any_format_and_size(tmp_path):
    for number, ending in enumerate(("png", "jpg", "bmp", "gif", "tiff", "webp")):
        save(tmp_path / "a" / f"{number}.{ending}", (40 + number, 90))
    assert load_folder(tmp_path).train.load(np.arange(5)).shape == (5, 32, 32, 3)


def test_centre_and_random_crops_of_the_long_edge(tmp_path):
    ramp = np.arange(96, dtype=np.uint8)[None].repeat(32, axis=0)
    for name in ("0.png", "1.png"):
        (tmp_path / "a").mkdir(exist_ok=True)
        Image.fromarray(ramp).save(tmp_path / "a" / name)
    centre = load_folder(tmp_path).train.load(np.array([0]))
    assert (centre[0, 0, :, 0] == np.arange(32, 64)).all()
    source = load_folder(tmp_path, crop="random").train
    crops = source.load(np.array([0, 0, 0]), np.array([0.0, 0.5, 0.99999]))
    assert crops[:, 0, 0, 0].tolist() == [0, 32, 64]
    assert (source.load(np.array([0])) == centre).all()


def test_missing_folder_names_the_nearest(tmp_path):
    (tmp_path / "images").mkdir()
    assert error_of(tmp_path / "imagse") == (
        f"folder:{tmp_path / 'imagse'} does not exist (did you mean 'images'?); name a"
        " folder with class folders"
    )
    save(tmp_path / "x.png")
    assert "is a file, not a folder" in error_of(tmp_path / "x.png")


def test_no_class_folders(tmp_path):
    save(tmp_path / "a.png")
    save(tmp_path / "b.png")
    assert error_of(tmp_path) == (
        f"{tmp_path} has no class folders (and 2 images directly in it); put the"
        " images of each class into a folder of its own:"
        f" {tmp_path}/<class>/<image>"
    )


def test_empty_class_folder_is_named(tmp_path):
    fill(tmp_path, {"a": 2})
    (tmp_path / "b").mkdir()
    assert error_of(tmp_path) == (
        f"class folder {tmp_path / 'b'} is empty (no image file in it); add images or"
        " remove the folder"
    )


def test_held_out_class_without_counterpart(tmp_path):
    fill(tmp_path / "train", {"cats": 2, "dogs": 2})
    fill(tmp_path / "val", {"cat": 1, "dogs": 1})
    assert error_of(tmp_path) == (
        f"class folder {tmp_path / 'val' / 'cat'} has no counterpart in"
        f" {tmp_path / 'train'} (did you mean 'cats'?); the same classes are needed in"
        " both"
    )


def test_image_smaller_than_the_crop(tmp_path):
    fill(tmp_path, {"a": 3}, size=(64, 64))
    save(tmp_path / "a" / "tiny.png", (40, 64))
    assert error_of(tmp_path, image_size=64) == (
        f"{tmp_path / 'a' / 'tiny.png'} is 40x64 pixels, smaller than the crop of"
        " 64x64; use images of at least 64 pixels a side or --config.data.image_size=32"
    )
    assert len(load_folder(tmp_path, image_size=32).train) == 3


def test_crop_none_refuses_images_that_are_not_square(tmp_path):
    fill(tmp_path, {"a": 3})
    save(tmp_path / "a" / "wide.png", (64, 32))
    assert "use --config.data.crop=center" in error_of(tmp_path, crop="none")


def test_single_images_cannot_be_held_out(tmp_path):
    fill(tmp_path, {"a": 1, "b": 1})
    assert error_of(tmp_path) == (
        f"every class in {tmp_path} has a single image, so none can be held out; add"
        " images"
    )


def test_unreadable_files_are_skipped_and_counted(tmp_path):
    fill(tmp_path, {"a": 20})
    (tmp_path / "a" / "000.png").write_bytes(b"not a picture")
    whole = (tmp_path / "a" / "001.png").read_bytes()
    (tmp_path / "a" / "001.png").write_bytes(whole[: len(whole) // 2])
    dataset = load_folder(tmp_path)
    assert len(dataset.train) + len(dataset.test) == 18
    (line,) = dataset.report
    assert line.startswith("skipped 2 unreadable files: a/000.png (not an image), a/0")
    message = error_of(tmp_path, max_unreadable=1)
    assert message.startswith(
        f"folder:{tmp_path} has 2 unreadable images, more than"
        " config.data.max_unreadable=1: a/000.png (not an image), a/001.png ("
    )
    assert message.endswith(
        "; repair or remove them, or raise --config.data.max_unreadable"
    )


def test_many_unreadable_files_are_not_all_listed(tmp_path):
    fill(tmp_path, {"a": 9})
    for number in range(5):
        (tmp_path / "a" / f"{number:03}.png").write_bytes(b"")
    message = error_of(tmp_path, max_unreadable=4)
    assert (
        "a/002.png" in message and "a/003.png" not in message and "), ...;" in message
    )


def test_truncated_jpeg_is_found_when_loading(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    (tmp_path / "a").mkdir()
    for number in range(3):
        Image.fromarray(noise).save(tmp_path / "a" / f"{number}.jpg")
    whole = (tmp_path / "a" / "1.jpg").read_bytes()
    (tmp_path / "a" / "0.jpg").write_bytes(whole + b"trailing bytes do no harm")
    (tmp_path / "a" / "1.jpg").write_bytes(whole[: len(whole) // 2])
    dataset = load_folder(tmp_path)
    assert len(dataset.train) + len(dataset.test) == 2
    assert "a/1.jpg" in dataset.report[0]


def test_class_with_only_unreadable_files(tmp_path):
    fill(tmp_path, {"a": 3, "b": 2})
    for path in (tmp_path / "b").iterdir():
        path.write_bytes(b"")
    assert error_of(tmp_path) == (
        f"class folder {tmp_path / 'b'} is empty (no readable image in it); add images"
        " or remove the folder"
    )


def break_after_loading(root, fields, broken):
    """A data set whose files `broken` went bad after the check at the start."""
    fill(root / "train", {"a": 4, "b": 4})
    fill(root / "val", {"a": 1, "b": 1})
    dataset = load_folder(root, **fields)
    for name in broken:
        (root / "train" / name).write_bytes(b"gone bad")
    return dataset


def test_file_that_breaks_later_is_replaced_by_its_neighbour(tmp_path):
    dataset = break_after_loading(tmp_path, {}, ["a/003.png", "b/001.png"])
    images = dataset.train.load(np.arange(8))
    assert (images[:, 0, 0, 0] == dataset.train.labels * 10).all()
    assert len(dataset.report) == 2
    assert any("train/b/001.png" in line for line in dataset.report)
    assert dataset.train.failure is None


def test_too_many_files_that_break_later(tmp_path):
    broken = ["a/000.png", "a/001.png"]
    dataset = break_after_loading(tmp_path, {"max_unreadable": 1}, broken)
    with pytest.raises(DataError, match="more than config.data.max_unreadable=1"):
        dataset.train.load(np.arange(8))
    assert "a/000.png" in str(dataset.train.failure)


def test_class_that_breaks_whole(tmp_path):
    broken = [f"b/{number:03}.png" for number in range(4)]
    dataset = break_after_loading(tmp_path, {}, broken)
    with pytest.raises(
        DataError, match="no readable image left in the class of train/b"
    ):
        dataset.train.load(np.array([5]))
    assert "no readable image left" in str(dataset.train.failure)


def test_small_sets_are_decoded_once(tmp_path, monkeypatch):
    fill(tmp_path, {"a": 8})
    decoded = []
    prepare = image_folder.prepare
    monkeypatch.setattr(
        image_folder, "prepare", lambda *a: decoded.append(1) or prepare(*a)
    )
    source = load_folder(tmp_path).train
    first = source.load(np.array([0, 3, 3, 6]))
    assert len(decoded) == 3
    first[:] = 0  # what callers get is theirs
    assert source.load(np.array([3]))[0, 0, 0].tolist() == [0, 255, 7]
    assert len(decoded) == 3
    monkeypatch.setattr(image_folder, "MEMORY_BUDGET_BYTES", 7 * 32 * 32 * 3 - 1)
    large = load_folder(tmp_path).train
    large.load(np.array([0]))
    large.load(np.array([0]))
    assert len(decoded) == 5


def test_threads_get_the_same_images(tmp_path):
    fill(tmp_path, {"a": 12, "b": 12, "c": 12})
    source = load_folder(tmp_path).train
    barrier = threading.Barrier(4)

    def read(seed):
        barrier.wait()
        order = np.random.default_rng(seed).permutation(len(source))
        return (source.load(order)[:, 0, 0, 0] == source.labels[order] * 10).all()

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(read, range(4)))


def test_headers_of_large_sets_are_remembered(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(folder_index, "REMEMBER_FROM", 5)
    root = tmp_path / "images"
    fill(root, {"a": 3, "b": 3})
    opened = []
    read = folder_index._read_header
    monkeypatch.setattr(
        folder_index, "_read_header", lambda r, n: opened.append(n) or read(r, n)
    )
    first = load_folder(root)
    assert len(opened) == 6
    assert load_folder(root).train._names == first.train._names
    assert len(opened) == 6
    save(root / "b" / "001.png", (48, 40))
    save(root / "b" / "new.png")
    again = load_folder(root)
    assert sorted(opened[6:]) == ["b/001.png", "b/new.png"]
    assert len(again.train) + len(again.test) == 7
    (memory,) = (tmp_path / "cache" / "tfgan_contra").iterdir()
    memory.write_text("torn {")
    assert len(load_folder(root).train) == len(again.train)


def test_a_set_below_the_limit_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fill(tmp_path / "images", {"a": 3})
    load_folder(tmp_path / "images")
    assert not (tmp_path / "cache").exists()


def test_home_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    fill(tmp_path / "images", {"a": 3})
    assert len(load(DataConfig(source="folder:~/images")).train) == 2
