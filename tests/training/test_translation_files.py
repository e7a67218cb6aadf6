"""Which pictures are translated, how they are read, where translations go."""

import numpy as np
import pytest
from PIL import Image

from tfgan_contra.data.picture_names import translation_names
from tfgan_contra.errors import CheckpointError, DataError, UsageError
from tfgan_contra.training.translation_files import (
    PictureReader,
    Resize,
    beside,
    find_jobs,
    prepare_folder,
    prepared_folders,
)

ORIENTATION = 0x0112


def save(path, size=(12, 10), mode="RGB", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(0).integers(0, 256, (*size[::-1], 4), np.uint8)
    Image.fromarray(pixels).convert(mode).save(path, **options)
    return path


def usage_error(function, *arguments, **options):
    with pytest.raises(UsageError) as error:
        function(*arguments, **options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_names_are_kept_with_another_ending():
    names = ["a.jpg", "deep/er/b.tar.webp", "c.PNG", "d"]
    expected = ["a.png", "deep/er/b.tar.png", "c.png", "d.png"]
    assert translation_names(names) == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.jpg", "a.png", "b.jpg"], ["a.jpg.png", "a.png.png", "b.png"]),
        (["x/a.jpg", "y/a.jpg"], ["x/a.png", "y/a.png"]),
        (
            ["a.jpg", "a.png", "a.jpg.bmp"],
            ["a.jpg.png", "a.png.png", "a.jpg.bmp.png"],
        ),
    ],
)
def test_names_that_would_be_alike_keep_their_ending(names, expected):
    assert translation_names(names) == expected


def test_a_folder_gives_a_job_for_every_picture(tmp_path):
    save(tmp_path / "in" / "a.jpg")
    save(tmp_path / "in" / "deep" / "b.png")
    (tmp_path / "in" / "broken.png").write_text("no picture")
    jobs, left_out = find_jobs(tmp_path / "in", tmp_path / "out", side_by_side=True)
    assert [job.name for job in jobs] == ["a.jpg", "deep/b.png"]
    assert [job.source for job in jobs] == [
        tmp_path / "in" / "a.jpg",
        tmp_path / "in" / "deep" / "b.png",
    ]
    out = tmp_path / "out"
    assert [job.target for job in jobs] == [out / "a.png", out / "deep" / "b.png"]
    shown = [out / "side_by_side" / "a.png", out / "side_by_side" / "deep" / "b.png"]
    assert [job.comparison for job in jobs] == shown
    assert len(left_out) == 1 and "broken.png cannot be read" in left_out[0]


def test_one_picture_goes_to_a_folder_or_to_a_file(tmp_path):
    source = save(tmp_path / "a.jpg")
    (job,), left_out = find_jobs(source, tmp_path / "out")
    assert job.target == tmp_path / "out" / "a.png" and left_out == []
    assert job.comparison is None and job.written == (job.target,)
    (job,), _ = find_jobs(source, tmp_path / "out" / "b.png", side_by_side=True)
    assert job.target == tmp_path / "out" / "b.png"
    assert job.comparison == tmp_path / "out" / "side_by_side" / "b.png"
    (job,), _ = find_jobs(source, tmp_path)
    assert job.target == tmp_path / "a.png"
    (tmp_path / "folder.png").mkdir()
    (job,), _ = find_jobs(source, tmp_path / "folder.png")
    assert job.target == tmp_path / "folder.png" / "a.png"


def test_no_picture_is_ever_replaced(tmp_path):
    source = save(tmp_path / "in" / "a.png")
    for output in (tmp_path / "in", tmp_path / "in" / "made", tmp_path / "in" / ".."):
        if output.resolve() == tmp_path:
            find_jobs(tmp_path / "in", output)
            continue
        message = usage_error(find_jobs, tmp_path / "in", output)
        assert "must not lie in the folder of the pictures" in message
    for output in (tmp_path / "in", source):
        assert "would be replaced" in usage_error(find_jobs, source, output)


def test_a_picture_that_lies_where_translations_go_is_not_replaced(tmp_path):
    """`in/out/a.png` would be the translation of `in/a.png`, seen from above."""
    save(tmp_path / "root" / "in" / "in" / "a.png")
    output = tmp_path / "root"
    jobs, _ = find_jobs(tmp_path / "root" / "in", output)
    assert jobs[0].target == tmp_path / "root" / "in" / "a.png"
    save(tmp_path / "root" / "in" / "a.png")
    message = usage_error(find_jobs, tmp_path / "root" / "in", output)
    assert "is among the pictures to translate and would be replaced" in message


def test_no_picture_is_replaced_by_a_comparison(tmp_path):
    save(tmp_path / "x" / "side_by_side" / "q.png")
    pictures, output = tmp_path / "x" / "side_by_side", tmp_path / "x"
    find_jobs(pictures, output)
    message = usage_error(find_jobs, pictures, output, side_by_side=True)
    assert f"{pictures / 'q.png'} is among the pictures to translate" in message
    single = pictures / "q.png"
    message = usage_error(find_jobs, single, output, side_by_side=True)
    assert "would be replaced; choose another folder" in message


def test_what_lies_unreadable_among_the_pictures_is_not_replaced(tmp_path):
    pictures = tmp_path / "x" / "side_by_side"
    save(pictures / "q.jpg")
    find_jobs(pictures, tmp_path / "x", side_by_side=True)
    (pictures / "q.png").write_text("no picture")
    message = usage_error(find_jobs, pictures, tmp_path / "x", side_by_side=True)
    assert f"{pictures / 'q.png'} is among the pictures" in message


def test_translations_and_comparisons_never_share_a_file(tmp_path):
    save(tmp_path / "in" / "q.png")
    save(tmp_path / "in" / "side_by_side" / "q.png")
    find_jobs(tmp_path / "in", tmp_path / "out")
    message = usage_error(
        find_jobs, tmp_path / "in", tmp_path / "out", side_by_side=True
    )
    assert f"{tmp_path / 'out' / 'side_by_side' / 'q.png'} would be written" in message
    assert " for q.png and again for side_by_side/q.png; " in message
    assert message.endswith("or leave out --side_by_side")


def test_an_output_of_the_wrong_kind_is_refused(tmp_path):
    save(tmp_path / "in" / "a.png")
    file = save(tmp_path / "file.png")
    assert "must be a folder" in usage_error(find_jobs, tmp_path / "in", file)
    jpeg = tmp_path / "b.jpg"
    message = usage_error(find_jobs, tmp_path / "in" / "a.png", jpeg)
    assert "a folder or a .png file" in message and str(jpeg) in message


@pytest.mark.parametrize(
    ("mode", "channels", "change"),
    [
        ("RGB", 3, None),
        ("L", 1, None),
        ("RGBA", 4, None),
        ("L", 3, "grayscale to colour"),
        ("RGB", 1, "colour to grayscale"),
        ("RGBA", 3, "alpha channel dropped"),
        ("RGBA", 1, "colour to grayscale, alpha channel dropped"),
        ("RGB", 4, "opaque alpha channel added"),
        ("LA", 1, "alpha channel dropped"),
    ],
)
def test_pictures_get_the_models_channels_and_it_is_counted(
    tmp_path, mode, channels, change
):
    path = save(tmp_path / "a.png", (12, 10), mode)
    reader = PictureReader(channels)
    for _ in range(2):
        assert reader.read(path).shape == (10, 12, channels)
    assert dict(reader.changes) == ({change: 2} if change else {})
    with Image.open(path) as image:
        expected = np.array(image.convert({1: "L", 3: "RGB", 4: "RGBA"}[channels]))
    np.testing.assert_array_equal(reader.read(path).squeeze(), expected)


def test_pictures_are_turned_upright_and_then_resized(tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    path = save(tmp_path / "turned.jpg", (40, 20), exif=exif)
    assert PictureReader(3).read(path).shape == (40, 20, 3)
    asked = []
    reader = PictureReader(3, Resize(16, 24), lambda *size: asked.append(size))
    assert reader.read(path).shape == (24, 16, 3)
    assert asked == [(24, 16)]


@pytest.mark.parametrize(
    ("text", "size"),
    [("50", (50, 25)), ("400", (400, 200)), ("30x70", (30, 70)), ("99999", None)],
)
def test_resizing_by_the_longer_side_or_to_a_size(text, size):
    resize = Resize.parse(text)
    assert resize.size(200, 100) == (size or (99999, 50000))


@pytest.mark.parametrize("text", ["", "7", "large", "30x", "x30", "30x7", "-30", "3e2"])
def test_a_resize_that_is_none_is_refused(text):
    message = usage_error(Resize.parse, text)
    assert message.startswith("--resize must be") and f"Received: {text!r}" in message


def test_memory_is_asked_before_a_picture_is_decoded(tmp_path):
    path = save(tmp_path / "a.png", (30, 20))
    path.write_bytes(path.read_bytes()[:60])  # The header alone.

    def refuse(height, width):
        raise DataError(f"{width}x{height} is too much")

    with pytest.raises(DataError, match="30x20 is too much"):
        PictureReader(3, check=refuse).read(path)
    with pytest.raises(DataError, match=r"cannot be read \(.*; repair or remove it"):
        PictureReader(3).read(path)


@pytest.mark.parametrize(
    ("mode", "channels", "bytes_per_pixel"),
    [("RGB", 3, 12), ("L", 1, 3), ("L", 3, 6), ("RGBA", 1, 9), ("I;16", 3, 36)],
)
def test_what_a_file_takes_is_asked_before_it_is_decoded(
    tmp_path, mode, channels, bytes_per_pixel
):
    path = tmp_path / "a.png"
    Image.new(mode, (30, 20)).save(path)

    def refuse(*asked):
        raise DataError(f"{asked}")

    reader = PictureReader(channels, Resize(10), check_file=refuse)
    with pytest.raises(DataError) as error:
        reader.read(path)
    assert str(error.value) == str((20, 30, bytes_per_pixel))


def test_a_resize_helps_small_pictures(tmp_path):
    save(tmp_path / "in" / "small.png", (20, 5))
    with pytest.raises(DataError, match="20x5 pixels, fewer than 8"):
        find_jobs(tmp_path / "in", tmp_path / "out")
    (job,), left_out = find_jobs(tmp_path / "in", tmp_path / "out", smallest_side=1)
    assert left_out == []
    assert PictureReader(3, Resize(40)).read(job.source).shape == (10, 40, 3)


def test_a_resize_may_make_a_picture_too_small(tmp_path):
    path = save(tmp_path / "a.png", (100, 10))
    with pytest.raises(DataError, match="would be 20x2 pixels.*a larger --resize"):
        PictureReader(3, Resize(20)).read(path)


def test_large_files_bring_no_warning(tmp_path, monkeypatch):
    path = save(tmp_path / "a.png", (30, 20))
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 400)
    (job,), _ = find_jobs(path, tmp_path / "out")
    assert PictureReader(3).read(job.source).shape == (20, 30, 3)


def test_a_folder_that_cannot_be_written_is_said_before_the_work(tmp_path):
    prepare_folder(tmp_path / "deep" / "er")
    assert list((tmp_path / "deep" / "er").iterdir()) == []
    (tmp_path / "file").write_text("")
    message = usage_error(prepare_folder, tmp_path / "file" / "deeper")
    assert message.startswith(f"--output: cannot write to {tmp_path / 'file'}")
    assert "choose another folder" in message


def test_folders_that_stay_empty_after_an_error_go_again(tmp_path):
    (tmp_path / "there").mkdir()
    folders = [tmp_path / "there" / "a" / "b", tmp_path / "c", tmp_path / "d"]
    with pytest.raises(CheckpointError), prepared_folders(folders):
        assert all(folder.is_dir() for folder in folders)
        (tmp_path / "c" / "made.png").write_text("")
        raise CheckpointError("torn")
    left = [path.name for path in sorted(tmp_path.rglob("*"))]
    assert left == ["c", "made.png", "there"]
    (tmp_path / "z").write_text("")
    with pytest.raises(UsageError), prepared_folders([*folders, tmp_path / "z" / "e"]):
        pass
    assert not (tmp_path / "d").exists()
    with prepared_folders(folders):
        pass
    assert (tmp_path / "d").is_dir()


@pytest.mark.parametrize(("left", "right"), [(3, 3), (1, 3), (3, 1), (1, 1), (4, 3)])
def test_both_are_shown_in_the_larger_number_of_channels(left, right):
    a = np.full((5, 7, left), 10, np.uint8)
    b = np.full((5, 7, right), 200, np.uint8)
    shown = beside(a, b)
    assert shown.shape == (5, 14, max(left, right))
    assert (shown[:, :7] == 10).all() and (shown[:, 7:, :3] == 200).all()
