"""Two folders of pictures: layouts, held-out pictures, channels, damage and errors."""

import numpy as np
import pytest
from PIL import Image

from tfgan_contra.data import BatchSchedule, load_unpaired, unpaired_batches
from tfgan_contra.data.configs import TranslationDataConfig
from tfgan_contra.errors import ConfigError, DataError


def save(path, size=(40, 36), value=0, mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    color = {"L": value, "RGB": (value, 1, 2), "RGBA": (value, 1, 2, 77)}[mode]
    Image.new(mode, size, color).save(path)
    return path


def fill(folder, count, **arguments):
    for number in range(count):
        save(folder / f"{number:03}.png", value=number, **arguments)
    return folder


def config_for(source, **fields):
    return TranslationDataConfig(
        **{"source": source, "image_size": 32, "load_size": 36} | fields
    )


def load(a, b, **fields):
    return load_unpaired(config_for(f"unpaired:{a},{b}", **fields))


def error_of(a, b, **fields) -> str:
    with pytest.raises(DataError) as error:
        load(a, b, **fields)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.fixture
def folders(tmp_path):
    return fill(tmp_path / "horses", 20), fill(tmp_path / "zebras", 7)


def test_plain_folders_hold_out_a_tenth_of_either(folders):
    dataset = load(*folders)
    assert dataset.spec.domain_names == ("horses", "zebras")
    assert dataset.spec.image_shape == (32, 32, 3)
    train, test = dataset.train, dataset.test
    sizes = [len(source) for source in (train.a, test.a, train.b, test.b)]
    assert sizes == [18, 2, 6, 1]
    assert {*train.a.names, *test.a.names} == {f"{n:03}.png" for n in range(20)}
    assert dataset.report == [
        f"{folders[0]} has no test pictures; held out 2 of its own",
        f"{folders[1]} has no test pictures; held out 1 of its own",
    ]
    assert load(*folders).test.a.names == test.a.names
    for index, name in enumerate(train.a.names):
        assert train.a.picture(index)[0, 0, 0] == int(name[:3])
    assert train.a.labels is None and dataset.class_names == ()


@pytest.mark.parametrize("held_out", ["test", "val", "valid", "validation"])
def test_own_train_and_test_folders(tmp_path, held_out):
    for name in "AB":
        fill(tmp_path / name / "train", 3)
        fill(tmp_path / name / held_out, 2)
    dataset = load(tmp_path / "A", tmp_path / "B")
    assert len(dataset.train.a) == 3 and dataset.report == []
    assert dataset.test.b.names == (f"{held_out}/000.png", f"{held_out}/001.png")
    assert dataset.test.b.picture(1)[0, 0, 0] == 1


def test_the_usual_layout_by_its_folders_or_by_its_root(tmp_path):
    for name, count in (("trainA", 3), ("trainB", 4), ("testA", 2), ("testB", 1)):
        fill(tmp_path / name, count)
    by_folders = load(tmp_path / "trainA", tmp_path / "trainB")
    by_root = load_unpaired(config_for(f"unpaired:{tmp_path}"))
    for dataset in (by_folders, by_root):
        assert dataset.report == []
        assert len(dataset.train.a) == 3 and len(dataset.train.b) == 4
        assert dataset.test.a.names == ("testA/000.png", "testA/001.png")
        assert len(dataset.test.b) == 1


def test_one_domain_may_have_test_pictures_without_the_other(tmp_path):
    fill(tmp_path / "trainA", 3)
    fill(tmp_path / "testA", 2)
    fill(tmp_path / "trainB", 10)
    dataset = load(tmp_path / "trainA", tmp_path / "trainB")
    assert len(dataset.train.a) == 3 and len(dataset.train.b) == 9
    assert len(dataset.report) == 1


def test_any_format_and_size_becomes_a_batch(tmp_path):
    for number, ending in enumerate(("png", "jpg", "bmp", "gif", "tiff", "webp")):
        save(tmp_path / "a" / f"{number}.{ending}", (8 + 30 * number, 200))
    fill(tmp_path / "b" / "deeper", 3, size=(500, 9), mode="L")
    config = config_for(f"unpaired:{tmp_path / 'a'},{tmp_path / 'b'}")
    dataset = load_unpaired(config)
    batch = next(iter(unpaired_batches(dataset.train, config, BatchSchedule(6))))
    assert batch.images.shape == (6, 32, 32, 3)
    assert batch.condition.shape == (6, 32, 32, 1)


def test_domains_have_channels_of_their_own(tmp_path):
    gray = fill(tmp_path / "gray", 3, mode="L")
    colour = fill(tmp_path / "colour", 3)
    spec = load(gray, colour).spec
    assert (spec.channels_in, spec.channels_out) == (1, 3)
    spec = load(colour, gray).spec
    assert (spec.channels_in, spec.channels_out) == (3, 1)
    converted = load(gray, colour, channels=3, channels_out=4)
    assert converted.train.a.picture(0).shape == (36, 40, 3)
    assert converted.train.b.picture(0).shape == (36, 40, 4)


def test_a_mixed_domain_is_read_as_colour_and_said(folders):
    save(folders[0] / "gray.png", mode="L")
    dataset = load(*folders)
    assert dataset.spec.channels_in == 3
    assert (
        f"1 of 21 pictures below {folders[0]} are grayscale; all are read as colour"
        in dataset.report
    )


def test_a_dropped_alpha_channel_is_said(folders, tmp_path):
    clear = fill(tmp_path / "clear", 3, mode="RGBA")
    lines = [line for line in load(clear, folders[1]).report if "alpha dropped" in line]
    assert lines == [
        f"{clear}: 3 of 3 pictures have transparency; alpha dropped;"
        " --config.data.channels_in=4 keeps it"
    ]
    kept = load(clear, folders[1], channels_in=4)
    assert kept.spec.channels_in == 4
    assert not [line for line in kept.report if "alpha dropped" in line]


def test_floating_point_pictures_are_refused(folders):
    values = np.full((40, 36), 0.5, np.float32)
    Image.fromarray(values).save(folders[0] / "depth.tiff")
    message = error_of(*folders, max_unreadable=0)
    assert "depth.tiff (floating-point pixels, save it with 8 or 16 bits" in message


def test_missing_folder_names_the_nearest(folders):
    wrong = folders[0].parent / "horse"
    assert error_of(wrong, folders[1]) == (
        f"{wrong} does not exist (did you mean 'horses'?); name a folder of images"
    )
    file = folders[0] / "000.png"
    assert f"{file} is a file, not a folder" in error_of(folders[1], file)


def test_empty_folder(folders, tmp_path):
    (tmp_path / "empty").mkdir()
    assert error_of(folders[0], tmp_path / "empty") == (
        f"{tmp_path / 'empty'} holds no image file; put the pictures there"
    )


@pytest.mark.parametrize("source", ["unpaired:only_a", "unpaired:a,", "unpaired:,b"])
def test_two_folders_are_needed(source):
    with pytest.raises(ConfigError) as error:
        load_unpaired(config_for(source))
    assert "unpaired:<folder> with folders trainA and trainB" in str(error.value)
    assert str(error.value).endswith(f"Received: {source!r}")


def test_one_folder_twice(folders):
    assert error_of(folders[0], folders[0].parent / "x" / ".." / "horses") == (
        f"unpaired:{folders[0]},{folders[0].parent}/x/../horses names one folder twice;"
        " name two domains"
    )


def test_a_single_picture_cannot_be_held_out(folders, tmp_path):
    fill(tmp_path / "one", 1)
    assert error_of(tmp_path / "one", folders[1]) == (
        f"{tmp_path / 'one'} holds a single picture, so none can be held out; add"
        " pictures, or train on one picture per domain with single:<imageA>,<imageB>"
    )


def test_tiny_pictures(folders):
    tiny = save(folders[1] / "tiny.png", (7, 50))
    assert error_of(*folders) == (
        f"{tiny} is 7x50 pixels, fewer than 8 a side; enlarge or remove it"
    )
    tiny.unlink()
    assert error_of(*folders, image_size=40, resize="none").endswith(
        "horses/000.png is 40x36 pixels, fewer than 40 a side; enlarge or remove it"
    )


def test_unreadable_files_are_skipped_and_counted_by_domain(folders):
    for folder in folders:
        (folder / "000.png").write_bytes(b"not a picture")
    dataset = load(*folders, max_unreadable=1)
    assert len(dataset.train.a) + len(dataset.test.a) == 19
    assert dataset.report[0] == (
        f"{folders[0]}: skipped 1 unreadable file: 000.png (not an image)"
    )
    assert error_of(*folders, max_unreadable=0) == (
        f"{folders[0]} has 1 unreadable images, more than config.data.max_unreadable=0:"
        " 000.png (not an image); repair or remove them, or raise"
        " --config.data.max_unreadable"
    )


def test_nothing_readable_is_left(folders):
    for path in folders[1].iterdir():
        path.write_bytes(b"")
    assert error_of(*folders) == (
        f"{folders[1]} holds no readable picture; repair or replace them"
    )


def test_a_file_that_breaks_later_is_replaced_and_reported(folders):
    dataset = load(*folders)
    broken = dataset.train.b.names[2]
    (folders[1] / broken).write_bytes(b"gone bad")
    picture = dataset.train.b.picture(2)
    assert picture[0, 0, 0] == int(dataset.train.b.names[3][:3])
    assert dataset.report[-1] == (
        f"skipped unreadable file {folders[1] / broken} (not an image)"
    )


def test_test_pictures_at_one_size_and_at_their_own(folders):
    dataset = load(*folders)
    assert dataset.test.a.picture(0).shape == (36, 40, 3)
    fixed = dataset.domain_images("a").test
    assert fixed.load(np.arange(2)).shape == (2, 32, 32, 3)
