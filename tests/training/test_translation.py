"""From a folder of pictures to a folder of translations."""

import shutil

import numpy as np
import pytest
from PIL import Image
from training.small import small_config
from training.translation_runs import make_translation_run

from tfgan_contra.errors import CheckpointError, DataError, UsageError
from tfgan_contra.models.translator import Translator
from tfgan_contra.training import translation
from tfgan_contra.training.generation import generate_to_folder
from tfgan_contra.training.runs import RunFolder
from tfgan_contra.training.translation import translate_to_folder
from tfgan_contra.types import DataSpec


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Returns the folder of a translator from grayscale to colour, and the model."""
    workdir = tmp_path_factory.mktemp("translator") / "run"
    return workdir, make_translation_run(workdir, channels=(1, 3))


def save(path, size=(20, 13), mode="L", seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (*size[::-1], 4), np.uint8)
    Image.fromarray(pixels).convert(mode).save(path)
    return path


def read(path):
    with Image.open(path) as image:
        return np.array(image)


def translate(run, pictures, output, **options):
    return translate_to_folder(str(run[0]), pictures, output, **options)


def files_below(folder):
    paths = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def test_a_folder_is_translated_with_its_names(run, tmp_path, capsys):
    save(tmp_path / "in" / "a.bmp", (20, 13))
    save(tmp_path / "in" / "deep" / "b.png", (9, 30), seed=1)
    out = tmp_path / "out"
    assert translate(run, tmp_path / "in", out) == 2
    assert files_below(out) == ["a.png", "deep/b.png"]
    expected = Translator(run[1])(read(tmp_path / "in" / "a.bmp")[None, ..., None])
    np.testing.assert_array_equal(read(out / "a.png"), expected[0])
    assert read(out / "deep" / "b.png").shape == (30, 9, 3)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"[1/2] a.bmp -> {out / 'a.png'} (20x13, ")
    assert lines[1].startswith("[2/2] deep/b.png -> ") and len(lines) == 2


def test_pictures_are_converted_and_shown_beside(run, tmp_path, capsys):
    source = save(tmp_path / "a.png", (20, 13), "RGB")
    assert translate(run, source, tmp_path / "b.png", side_by_side=True) == 1
    assert files_below(tmp_path) == ["a.png", "b.png", "side_by_side/b.png"]
    shown = read(tmp_path / "side_by_side" / "b.png")
    gray = np.array(Image.open(source).convert("L"))
    np.testing.assert_array_equal(shown[:, :20], np.repeat(gray[..., None], 3, 2))
    np.testing.assert_array_equal(shown[:, 20:], read(tmp_path / "b.png"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == (
        "1 picture converted (colour to grayscale): the model takes 1 channel"
    )


def test_a_bad_picture_is_named_and_the_others_are_done(run, tmp_path, capsys):
    folder = tmp_path / "in"
    for number in range(2):
        save(folder / f"{number}.png")
    save(folder / "small.png", (20, 7))
    (folder / "broken.jpg").write_text("no picture")
    whole = save(folder / "half.tif", (40, 40)).read_bytes()
    (folder / "half.tif").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError) as error:
        translate(run, folder, tmp_path / "out")
    out = tmp_path / "out"
    assert str(error.value) == (
        "3 of 5 pictures could not be translated (named above); the other 2 are in "
        f"{out}"
    )
    assert files_below(out) == ["0.png", "1.png"]
    said = capsys.readouterr().out
    for name in ("small.png is 20x7 pixels", "broken.jpg cannot be read", "half.tif"):
        assert name in said


def test_translations_are_replaced_and_it_is_said(run, tmp_path, capsys):
    save(tmp_path / "in" / "a.png")
    out = tmp_path / "out"
    save(out / "a.png", (5, 5))
    assert translate(run, tmp_path / "in", out) == 1
    assert "1 picture will be replaced in the output\n" in capsys.readouterr().out
    assert read(out / "a.png").shape == (13, 20, 3)


def test_pictures_of_one_name_are_kept_apart(run, tmp_path, capsys):
    save(tmp_path / "in" / "a.png")
    save(tmp_path / "in" / "a.bmp", seed=1)
    translate(run, tmp_path / "in", tmp_path / "out")
    assert files_below(tmp_path / "out") == ["a.bmp.png", "a.png.png"]
    assert "2 pictures keep the old ending before .png" in capsys.readouterr().out


def test_a_large_picture_goes_through_in_tiles(run, tmp_path, capsys):
    source = save(tmp_path / "a.png", (400, 300))
    translate(run, source, tmp_path / "out", memory_limit_mb=9)
    assert read(tmp_path / "out" / "a.png").shape == (300, 400, 3)
    said = capsys.readouterr().out
    assert said.count("in tiles of") == 1 and "(limit 9 MB)" in said


def test_a_picture_beyond_all_memory_is_named(run, tmp_path, capsys):
    save(tmp_path / "in" / "a.png", (900, 800))
    save(tmp_path / "in" / "b.png", (30, 20))
    with pytest.raises(DataError, match="1 of 2 pictures could not"):
        translate(run, tmp_path / "in", tmp_path / "out", memory_limit_mb=5)
    assert files_below(tmp_path / "out") == ["b.png"]
    said = capsys.readouterr().out
    assert "a.png failed: a picture of 900x800 pixels takes" in said
    translate(run, tmp_path / "in", tmp_path / "out", memory_limit_mb=5, resize="90")
    assert read(tmp_path / "out" / "a.png").shape == (80, 90, 3)


def test_a_file_too_large_to_read_is_named_although_it_is_resized(
    run, tmp_path, capsys
):
    save(tmp_path / "in" / "a.png", (2000, 1000))
    with pytest.raises(DataError) as error:
        translate(run, tmp_path / "in", tmp_path / "out", memory_limit_mb=5, resize="9")
    assert str(error.value) == ("1 of 1 pictures could not be translated (named above)")
    said = capsys.readouterr().out
    assert "a.png failed: a file of 2000x1000 pixels takes 6 MB of memory to" in said
    assert not (tmp_path / "out").exists()


def test_small_pictures_are_translated_at_the_size_asked_for(run, tmp_path):
    save(tmp_path / "in" / "a.png", (6, 4))
    assert translate(run, tmp_path / "in", tmp_path / "out", resize="24") == 1
    assert read(tmp_path / "out" / "a.png").shape == (16, 24, 3)


@pytest.mark.parametrize("place", ["a.png", "side_by_side/a.png"])
def test_a_picture_that_cannot_be_saved_is_one_failure(run, tmp_path, capsys, place):
    save(tmp_path / "in" / "a.png")
    save(tmp_path / "in" / "b.png")
    out = tmp_path / "out"
    (out / place).mkdir(parents=True)
    with pytest.raises(DataError) as error:
        translate(run, tmp_path / "in", out, side_by_side=True)
    assert str(error.value) == (
        f"1 of 2 pictures could not be translated (named above); the other is in {out}"
    )
    said = capsys.readouterr().out
    assert f"a.png failed: cannot write {out / place} (Is a directory)" in said
    assert (out / "b.png").is_file() and (out / "side_by_side" / "b.png").is_file()


def test_comparisons_without_a_folder_are_said_before_the_work(run, tmp_path, capsys):
    source = save(tmp_path / "a.png")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "side_by_side").write_text("")
    with pytest.raises(UsageError, match="cannot write to .*side_by_side"):
        translate(run, source, tmp_path / "out", side_by_side=True)
    assert capsys.readouterr().out == ""
    assert files_below(tmp_path / "out") == ["side_by_side"]


def test_a_checkpoint_goes_with_a_run_alone(run, tmp_path):
    source = save(tmp_path / "a.png")
    with pytest.raises(UsageError, match="--checkpoint .* Received: 'last'"):
        translate_to_folder(
            None, source, tmp_path / "out", model_dir="x", checkpoint="last"
        )
    with pytest.raises(UsageError, match="Received: '77'"):
        translate(run, source, tmp_path / "out" / "deep", checkpoint="77")
    assert not (tmp_path / "out").exists()
    assert translate(run, source, tmp_path / "out", checkpoint="last") == 1


def test_python_out_of_memory_is_one_failure(run, tmp_path, capsys, monkeypatch):
    def no_memory(picture, translated):
        raise MemoryError

    monkeypatch.setattr(translation, "beside", no_memory)
    source = save(tmp_path / "a.png")
    with pytest.raises(DataError, match="1 of 1 pictures"):
        translate(run, source, tmp_path / "out", side_by_side=True)
    assert "[1/1] a.png failed: memory ran out" in capsys.readouterr().out


def test_a_run_of_another_kind_is_refused(run, tmp_path):
    source = save(tmp_path / "a.png")
    other = tmp_path / "other"
    RunFolder(other).start(small_config(), DataSpec(32, 1, 10))
    with pytest.raises(UsageError, match="is a ContraGAN run; use bin/generate.py"):
        translate_to_folder(str(other), source, tmp_path / "out")
    with pytest.raises(UsageError, match="is a CUT run, .*; use bin/translate.py"):
        generate_to_folder(str(run[0]), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_missing_is_said(run, tmp_path):
    source = save(tmp_path / "a.png")
    out = tmp_path / "out"
    with pytest.raises(
        DataError, match=r"b.png does not exist.*a\.png.*name a picture"
    ):
        translate(run, tmp_path / "b.png", out)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="empty holds no image file"):
        translate(run, tmp_path / "empty", out)
    with pytest.raises(CheckpointError, match="is no run folder"):
        translate_to_folder(str(tmp_path), source, out)
    with pytest.raises(UsageError, match="--checkpoint must be best, last or"):
        translate(run, source, out, checkpoint="first")
    with pytest.raises(UsageError, match="--workdir or --model_dir is required"):
        translate_to_folder(None, source, out)


def test_channels_that_no_file_holds_are_refused(tmp_path):
    workdir = tmp_path / "run"
    make_translation_run(workdir, channels=(2, 3))
    source = save(tmp_path / "a.png")
    with pytest.raises(UsageError, match="translates 2 channels to 3.*1, 3 or 4"):
        translate_to_folder(str(workdir), source, tmp_path / "out")


def test_a_moved_run_folder_is_enough(run, tmp_path):
    shutil.copytree(run[0], tmp_path / "moved")
    source = save(tmp_path / "a.png")
    assert translate_to_folder(str(tmp_path / "moved"), source, tmp_path / "out") == 1
