"""Folders of captioned images: layouts, held-out images, damage, what is said."""

import json

import numpy as np
import pytest
from PIL import Image

from tfgan_contra.data import CaptionDataConfig, load_captioned
from tfgan_contra.errors import DataError


def save(path, number=0, size=(40, 36), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, number if mode == "L" else (number, 99, 7)).save(path)


def fill(folder, count, *, first=0, prefix="", **arguments):
    """Writes images whose red is their number, with two captions that name it."""
    lines = []
    for number in range(first, first + count):
        name = f"{prefix}{number:02}.png"
        save(folder / name, number, **arguments)
        texts = [f"number {number}", f"picture of {number}"]
        lines.append(json.dumps({"image": name, "captions": texts}))
    with open(folder / "captions.jsonl", "a") as file:
        file.write("\n".join(lines) + "\n")


def load_folder(root, **fields):
    return load_captioned(CaptionDataConfig(f"captions:{root}", **fields))


def error_of(root, **fields) -> str:
    with pytest.raises(DataError) as error:
        load_folder(root, **fields)
    assert "\n" not in str(error.value)
    return str(error.value)


def numbers(images) -> list[int]:
    """Returns the numbers of all images, after checking their captions."""
    red = images.load(np.arange(len(images)))[:, 0, 0, 0].tolist()
    for number, captions in zip(red, images.captions, strict=True):
        assert captions == (f"number {number}", f"picture of {number}")
    return red


def test_a_tenth_is_held_out_by_name(tmp_path):
    fill(tmp_path, 20)
    dataset = load_folder(tmp_path)
    assert dataset.spec.image_shape == (32, 32, 3) and dataset.held_out is None
    train, test = numbers(dataset.train), numbers(dataset.test)
    assert len(test) == 2 and sorted(train + test) == list(range(20))
    assert dataset.report == [
        f"{tmp_path} has no test images; held out 2 of its own",
        "18 training images with 36 captions (36 different) of 2 to 3 words",
    ]
    fill(tmp_path, 1, first=20)
    again = numbers(load_folder(tmp_path).test)
    assert set(again) - {20} <= set(test)


@pytest.mark.parametrize("name", ["test", "val", "valid", "validation"])
def test_two_folders_with_a_file_each(tmp_path, name):
    fill(tmp_path / "train", 3)
    fill(tmp_path / name, 2, first=3)
    dataset = load_folder(tmp_path)
    assert numbers(dataset.train) == [0, 1, 2] and numbers(dataset.test) == [3, 4]
    assert len(dataset.report) == 1


def test_one_file_over_two_folders(tmp_path):
    fill(tmp_path, 3, prefix="train/")
    fill(tmp_path, 2, prefix="val/", first=3)
    dataset = load_folder(tmp_path)
    assert numbers(dataset.train) == [0, 1, 2] and numbers(dataset.test) == [3, 4]
    assert len(dataset.report) == 1


def test_all_held_out_folders_are_joined(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for number, name in enumerate(("train", "test", "val", "validation")):
        fill(one, 2, prefix=f"{name}/", first=2 * number)
        fill(other / name, 2, first=2 * number)
    for root in (one, other):
        dataset = load_folder(root)
        assert numbers(dataset.train) == [0, 1]
        assert sorted(numbers(dataset.test)) == list(range(2, 8))
        assert len(dataset.report) == 1


@pytest.mark.parametrize("strays", [["extra/"], ["00.png"], ["a/", "b/", "c/", "d/"]])
def test_images_beside_those_held_out_are_refused(tmp_path, strays):
    fill(tmp_path, 6, prefix="train/")
    fill(tmp_path, 4, prefix="test/")
    for stray in strays:
        fill(tmp_path, 1, prefix=stray.removesuffix("00.png"))
    named = ", ".join(strays[:3]) + (", ..." if len(strays) > 3 else "")
    assert error_of(tmp_path) == (
        f"{tmp_path} has captions for train/ and test/ but also for {named}; move those"
        " images into train/ or test/, or take their captions away"
    )


@pytest.mark.parametrize("name", ["captions.jsonl", "captions.tsv"])
def test_a_file_beside_those_of_both_folders_is_refused(tmp_path, name):
    for number, folder in enumerate(("train", "val", "extra")):
        fill(tmp_path / folder, 2, first=2 * number)
    (tmp_path / "extra" / "captions.jsonl").rename(tmp_path / "extra" / name)
    assert "train/ and val/ but also for extra/; move" in error_of(tmp_path)
    (tmp_path / "extra" / name).rename(tmp_path / "extra" / "scores.jsonl")
    fill(tmp_path / ".trash", 1)
    assert numbers(load_folder(tmp_path).train) == [0, 1]


def test_test_images_beside_others_than_train_are_refused(tmp_path):
    fill(tmp_path, 6, prefix="images/")
    fill(tmp_path, 4, prefix="test/")
    assert error_of(tmp_path) == (
        f"{tmp_path} has captions for test/ but also for images/; move those images"
        " into train/ or test/, or take their captions away"
    )


def test_nothing_but_what_is_held_out_is_refused(tmp_path):
    for name in ("test/", "val/"):
        fill(tmp_path, 4, prefix=name)
    assert error_of(tmp_path) == (
        f"{tmp_path} has captions for test/ and val/ but none to train on; put images"
        " into train/, or give the folder another name"
    )


def test_captions_in_a_folder_that_does_not_count_are_said(tmp_path):
    for number, folder in enumerate(("train", "extra")):
        fill(tmp_path / folder, 4, first=4 * number)
    dataset = load_folder(tmp_path)
    assert len(dataset.train) == 3 and len(dataset.test) == 1
    assert dataset.report[0] == (
        f"left out the captions below {tmp_path} in extra: only those in train, test,"
        " val, valid, validation count"
    )


def test_other_folders_lend_a_tenth(tmp_path):
    for number, name in enumerate(("train", "more")):
        fill(tmp_path, 3, prefix=f"{name}/", first=3 * number)
    dataset = load_folder(tmp_path)
    assert len(numbers(dataset.train)) == 5 and len(dataset.test) == 1


def test_a_training_folder_alone_lends_a_tenth(tmp_path):
    fill(tmp_path / "train", 4)
    (tmp_path / "test").mkdir()
    dataset = load_folder(tmp_path)
    assert len(dataset.train) == 3 and len(numbers(dataset.test)) == 1


def test_pictures_are_resized_whole(tmp_path):
    fill(tmp_path, 2)
    wide = np.zeros((64, 128, 3), np.uint8)
    wide[:, 96:] = 200
    Image.fromarray(wide).save(tmp_path / "00.png")
    Image.fromarray(wide[:8, ::8]).save(tmp_path / "01.png")
    dataset = load_folder(tmp_path)
    for images in (dataset.train, dataset.test):
        (row,) = images.load(np.array([0]))[:, 16, :, 0]
        assert (row[:21] < 3).all() and (row[27:] > 197).all()
    assert "1 of 2 images have fewer than 32 pixels a side and are enlarged" in (
        dataset.report
    )


def test_bilinear(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (50, 70, 3), np.uint8)
    fill(tmp_path, 2)
    for name in ("00.png", "01.png"):
        Image.fromarray(noise).save(tmp_path / name)
    expected = Image.fromarray(noise).resize((32, 32), Image.Resampling.BILINEAR)
    (image,) = load_folder(tmp_path).train.load(np.array([0]))
    assert (image == np.asarray(expected)).all()


def test_gray_stays_gray_unless_asked(tmp_path):
    fill(tmp_path, 3, mode="L")
    assert load_folder(tmp_path).spec.channels == 1
    assert load_folder(tmp_path).train.load(np.array([1])).shape == (1, 32, 32, 1)
    assert load_folder(tmp_path, channels=3).train.source.image_shape == (32, 32, 3)


def test_images_without_a_caption_are_left_out(tmp_path):
    fill(tmp_path, 3)
    for name in ("x.png", "y.jpg", "w.png", "sub/z.png"):
        save(tmp_path / name)
    dataset = load_folder(tmp_path)
    assert len(dataset.train) + len(dataset.test) == 3
    assert dataset.report[0] == (
        f"left out 4 of 7 images below {tmp_path} that have no caption: w.png,"
        " x.png, y.jpg, ..."
    )


def test_unreadable_images_are_skipped_up_to_a_limit(tmp_path):
    fill(tmp_path, 12)
    (tmp_path / "03.png").write_bytes(b"junk")
    dataset = load_folder(tmp_path)
    assert 3 not in numbers(dataset.train) + numbers(dataset.test)
    assert "skipped 1 unreadable file: 03.png (not an image)" in dataset.report
    assert error_of(tmp_path, max_unreadable=0) == (
        f"captions:{tmp_path} has 1 unreadable images, more than"
        " config.data.max_unreadable=0: 03.png (not an image); repair or remove them,"
        " or raise --config.data.max_unreadable"
    )


def test_for_an_image_that_breaks_later_another_stands_in_with_its_captions(tmp_path):
    fill(tmp_path, 6)
    dataset = load_folder(tmp_path)
    train = dataset.train
    broken = int(train.captions[2][0].split()[1])
    (tmp_path / f"{broken:02}.png").write_bytes(b"junk")
    rows = np.array([2, 0, 2])
    shown = train.load(rows)[:, 0, 0, 0]
    assert train.shown(rows).tolist() == [3, 0, 3]
    for number, row in zip(shown, train.shown(rows), strict=True):
        assert train.captions[row][0] == f"number {number}"
    assert dataset.report[-1] == (
        f"skipped unreadable file {broken:02}.png (not an image)"
    )


def test_captions_are_cut_and_mirrored_with_a_word(tmp_path):
    fill(tmp_path, 3)
    report = load_folder(tmp_path, max_words=2, flip=True).report
    assert report[-1] == "2 of 4 captions are cut after config.data.max_words=2 words"


def test_missing_folder(tmp_path):
    (tmp_path / "birds").mkdir()
    assert error_of(tmp_path / "bird") == (
        f"captions:{tmp_path}/bird does not exist (did you mean 'birds'?); name a"
        " folder with images and a captions.jsonl"
    )
    (tmp_path / "file").touch()
    assert "is a file, not a folder" in error_of(tmp_path / "file")


def test_no_caption_file(tmp_path):
    save(tmp_path / "a.png")
    assert error_of(tmp_path) == (
        f"{tmp_path} has no caption file; put a captions.jsonl there with lines like"
        ' {"image": "<file>", "captions": ["<caption>", ...]}, or a captions.tsv'
    )


def test_no_images(tmp_path):
    (tmp_path / "captions.tsv").write_text("a.png\tx\n")
    assert error_of(tmp_path) == (
        f"{tmp_path} holds no image file; put the images there"
    )


def test_a_line_without_its_image(tmp_path):
    fill(tmp_path, 3)
    (tmp_path / "01.png").unlink()
    assert error_of(tmp_path).startswith(
        f"{tmp_path}/captions.jsonl line 2 names '01.png', which is no image file below"
    )


def test_a_single_image(tmp_path):
    fill(tmp_path, 1)
    assert error_of(tmp_path) == (
        f"{tmp_path} has 1 readable captioned images to train on and 0 to test; at"
        " least one of each is needed; add images"
    )


def test_nothing_readable_to_test(tmp_path):
    fill(tmp_path / "train", 2)
    fill(tmp_path / "test", 1)
    (tmp_path / "test" / "00.png").write_bytes(b"junk")
    assert error_of(tmp_path) == (
        f"{tmp_path} has 2 readable captioned images to train on and 0 to test; at"
        " least one of each is needed; add images"
    )
