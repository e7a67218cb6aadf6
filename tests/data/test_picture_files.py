"""Files to translate: one or a folder, what fits, what is left out and why."""

import numpy as np
import pytest
from PIL import Image

from tfgan_contra.data import picture_files, pictures_at
from tfgan_contra.data.folder_index import UnreadableFiles, read_headers
from tfgan_contra.data.picture_files import TrainingFiles
from tfgan_contra.errors import DataError


def save(path, size=(12, 10), value=100, mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    color = {"L": value, "RGB": (value, 1, 2), "RGBA": (value, 1, 2, 77)}[mode]
    Image.new(mode, size, color).save(path)
    return path


def error_of(path, channels=None) -> str:
    with pytest.raises(DataError) as error:
        pictures_at(path, channels)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_one_file_at_its_own_size(tmp_path):
    pictures, left_out = pictures_at(save(tmp_path / "x.png", (12, 9)))
    assert pictures.names == ("x.png",) and left_out == []
    assert pictures.picture(0).shape == (9, 12, 3)
    assert pictures.picture(0)[0, 0].tolist() == [100, 1, 2]


def test_a_folder_with_any_format_keeps_names_and_sizes(tmp_path):
    for number, ending in enumerate(("png", "jpg", "bmp", "gif", "tiff", "webp")):
        save(tmp_path / "in" / f"{number}.{ending}", (20 + number, 30))
    save(tmp_path / "in" / "deep" / "er" / "x.png", (40, 8))
    (tmp_path / "in" / "notes.txt").write_text("no picture")
    pictures, left_out = pictures_at(tmp_path / "in")
    assert left_out == []
    assert pictures.names == (
        *("0.png", "1.jpg", "2.bmp", "3.gif", "4.tiff", "5.webp"),
        "deep/er/x.png",
    )
    shapes = [pictures.picture(index).shape for index in range(7)]
    assert shapes == [*((30, 20 + n, 3) for n in range(6)), (8, 40, 3)]


def test_grayscale_stays_grayscale_when_all_are(tmp_path):
    save(tmp_path / "a.png", mode="L")
    assert pictures_at(tmp_path)[0].picture(0).shape == (10, 12, 1)
    colour = pictures_at(tmp_path, channels=3)[0].picture(0)
    assert colour.shape == (10, 12, 3) and (colour == 100).all()
    save(tmp_path / "b.png")
    assert pictures_at(tmp_path)[0].channels == 3


def test_sixteen_bits_keep_their_high_byte(tmp_path):
    deep = np.full((8, 8), 51 * 256 + 7, np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    pictures, _ = pictures_at(tmp_path / "deep.png")
    assert (pictures.picture(0) == 51).all() and pictures.channels == 1


def test_alpha_is_kept_for_models_of_four_channels_alone(tmp_path):
    path = save(tmp_path / "x.png", mode="RGBA")
    assert pictures_at(path)[0].picture(0)[0, 0].tolist() == [100, 1, 2]
    assert pictures_at(path, 4)[0].picture(0)[0, 0].tolist() == [100, 1, 2, 77]
    opaque = pictures_at(save(tmp_path / "y.png"), 4)[0].picture(0)
    assert opaque[0, 0].tolist() == [100, 1, 2, 255]


def test_colour_does_not_fit_a_grayscale_model(tmp_path):
    save(tmp_path / "gray.png", mode="L")
    colour = save(tmp_path / "colour.png")
    problem = f"{colour} has 3 channels, but the model takes 1; convert it to grayscale"
    assert error_of(colour, 1) == problem
    pictures, left_out = pictures_at(tmp_path, 1)
    assert pictures.names == ("gray.png",) and left_out == [f"left out: {problem}"]


def test_unreadable_and_tiny_pictures_are_left_out_of_a_folder(tmp_path):
    save(tmp_path / "good.png")
    tiny = save(tmp_path / "tiny.png", (30, 7))
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"nothing")
    pictures, left_out = pictures_at(tmp_path)
    assert pictures.names == ("good.png",)
    assert left_out == [
        f"left out: {broken} cannot be read (not an image); repair or remove it",
        f"left out: {tiny} is 30x7 pixels, fewer than 8 a side; enlarge or remove it",
    ]
    assert error_of(tiny) == left_out[1].removeprefix("left out: ")
    (tmp_path / "good.png").unlink()
    assert error_of(tmp_path).endswith("repair or remove it (and 1 more like it)")


def test_nothing_there(tmp_path):
    (tmp_path / "photos").mkdir()
    assert error_of(tmp_path / "photo") == (
        f"{tmp_path / 'photo'} does not exist (did you mean 'photos'?); name a picture"
    )
    assert error_of(tmp_path / "photos") == (
        f"{tmp_path / 'photos'} holds no image file; put the pictures there"
    )


def test_a_file_that_breaks_later_is_an_error_of_its_own(tmp_path):
    save(tmp_path / "a.png")
    save(tmp_path / "b.png")
    pictures, _ = pictures_at(tmp_path)
    (tmp_path / "a.png").write_bytes(b"gone bad")
    with pytest.raises(DataError) as error:
        pictures.image(0)
    assert str(error.value) == (
        f"{tmp_path / 'a.png'} cannot be read (not an image); repair or remove it"
    )
    assert pictures.picture(1).shape == (10, 12, 3)


def training_files(root, limit=10):
    names = sorted(path.name for path in root.iterdir())
    headers = dict(zip(names, read_headers(root, names), strict=True))
    report = []
    return TrainingFiles(root, headers, 3, UnreadableFiles("x", limit, report)), report


def test_training_replaces_a_file_that_breaks_later(tmp_path):
    for number in range(3):
        save(tmp_path / f"{number}.png", value=10 * number)
    files, report = training_files(tmp_path)
    (tmp_path / "2.png").write_bytes(b"gone bad")
    assert files.picture(2)[0, 0, 0] == 0 and files.picture(1)[0, 0, 0] == 10
    assert report == [
        f"skipped unreadable file {tmp_path / '2.png'} (not an image)",
    ]
    assert files.failure is None


def test_training_gives_up_past_the_limit_or_without_any_file(tmp_path):
    for number in range(3):
        save(tmp_path / f"{number}.png")
    strict, _ = training_files(tmp_path, limit=1)
    loose, _ = training_files(tmp_path)
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(b"gone bad")
    with pytest.raises(DataError, match="more than config.data.max_unreadable=1"):
        strict.image(0)
    assert "0.png (not an image), 1.png" in str(strict.failure)
    with pytest.raises(DataError, match="has no readable picture left"):
        loose.image(0)
    assert str(tmp_path) in str(loose.failure)


def test_small_sets_are_decoded_once(tmp_path, monkeypatch):
    save(tmp_path / "x.png")
    decoded = []
    original = picture_files.converted
    monkeypatch.setattr(
        picture_files, "converted", lambda *a: decoded.append(1) or original(*a)
    )
    files, _ = training_files(tmp_path)
    assert (files.picture(0) == files.picture(0)).all() and len(decoded) == 1
    monkeypatch.setattr(picture_files, "MEMORY_BUDGET_BYTES", 12 * 10 * 4 - 1)
    large, _ = training_files(tmp_path)
    large.image(0)
    large.image(0)
    assert len(decoded) == 3


def test_a_picture_larger_than_pillow_opens_is_named(tmp_path, monkeypatch):
    save(tmp_path / "huge.png", (40, 30))
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 40 * 30 // 2 - 1)
    error = error_of(tmp_path / "huge.png")
    assert error.startswith(f"{tmp_path / 'huge.png'} has more than ")
    assert error.endswith(" pixels, the most that Pillow opens; shrink or divide it")
