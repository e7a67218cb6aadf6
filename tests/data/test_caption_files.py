"""Caption files: both forms, and one line for every mistake."""

import pytest

from tfgan_contra.data.caption_files import caption_file, read_captions
from tfgan_contra.errors import DataError

IMAGES = ("a.png", "sub/b.jpg", "c d.png")


def write(tmp_path, text, name="captions.jsonl"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_json_lines(tmp_path):
    text = (
        '{"image": "a.png", "captions": ["a  red\\ncar ", "two"], "id": 3}\n\n'
        '{"image": "./sub/b.jpg", "caption": "\u00e4 \u2028 tree"}\r\n'
        '{"image": "a.png", "caption": "three"}'
    )
    assert read_captions(write(tmp_path, text), IMAGES) == {
        "a.png": ["a red car", "two", "three"],
        "sub/b.jpg": ["\u00e4 tree"],
    }


@pytest.mark.parametrize("header", ["", "image\tcaption\n", "File\tcaption\n"])
def test_tab_separated_lines(tmp_path, header):
    text = f"\ufeff{header}c d.png\tone\na.png\t two, three \nc d.png\tfour\n"
    assert read_captions(write(tmp_path, text, "x.tsv"), IMAGES) == {
        "c d.png": ["one", "four"],
        "a.png": ["two, three"],
    }


@pytest.mark.parametrize(
    "line, message",
    [
        (
            '{"image": "a.png", "caption": "x"',
            " line 2 is not JSON (Expecting ',' delimiter). Received:"
            ' \'{"image": "a.png", "caption": "x"\'',
        ),
        (
            '["a.png", "x"]',
            ' line 2 must be like {"image": "<file>", "captions": ["<caption>", ...]}.'
            ' Received: \'["a.png", "x"]\'',
        ),
        (
            '{"image": "aa.png", "caption": "x"}',
            " line 2 names 'aa.png', which is no image file below {folder} (did you"
            " mean 'a.png'?); add the image or remove the line",
        ),
        (
            '{"image": "a.png", "captions": ["x", " "]}',
            " line 2 has an empty caption for 'a.png'; write one or remove it",
        ),
    ],
)
def test_wrong_json_lines(tmp_path, line, message):
    path = write(tmp_path, '{"image": "a.png", "caption": "ok"}\n' + line + "\n")
    with pytest.raises(DataError) as error:
        read_captions(path, IMAGES)
    assert str(error.value) == f"{path}{message.replace('{folder}', str(tmp_path))}"


@pytest.mark.parametrize(
    "line",
    [
        '{"image": 3, "caption": "x"}',
        '{"image": "a.png"}',
        '{"image": "a.png", "captions": []}',
        '{"image": "a.png", "captions": "x"}',
        '{"image": "a.png", "captions": ["x", 3]}',
        '{"file": "a.png", "caption": "x"}',
    ],
)
def test_json_lines_of_another_form(tmp_path, line):
    with pytest.raises(DataError, match="line 1 must be like .* Received: "):
        read_captions(write(tmp_path, line), IMAGES)


@pytest.mark.parametrize("line", ["a.png a car", "a.png\ta car\tred"])
def test_tab_separated_lines_of_another_form(tmp_path, line):
    path = write(tmp_path, f"\n{line}\n", "captions.tsv")
    with pytest.raises(DataError) as error:
        read_captions(path, IMAGES)
    assert str(error.value) == (
        f"{path} line 2 must be like <file><tab><caption>. Received: {line!r}"
    )


def test_files_without_captions(tmp_path):
    for text, name in (("", "captions.jsonl"), ("image\tcaption\n", "captions.tsv")):
        path = write(tmp_path, text, name)
        with pytest.raises(DataError, match=r"has no caption; its lines are like"):
            read_captions(path, IMAGES)


def test_files_that_are_no_text(tmp_path):
    path = write(tmp_path, b'{"image": "\xff\xfe"}')
    with pytest.raises(DataError) as error:
        read_captions(path, IMAGES)
    assert (
        str(error.value) == f"{path} cannot be read (it is not UTF-8 text); repair it"
    )
    (tmp_path / "folder.tsv").mkdir()
    with pytest.raises(DataError, match="cannot be read .Is a directory"):
        read_captions(tmp_path / "folder.tsv", IMAGES)


def test_which_file_is_meant(tmp_path):
    assert caption_file(tmp_path) is None
    write(tmp_path, "x", ".hidden.jsonl")
    write(tmp_path, "x", "notes.txt")
    assert caption_file(tmp_path) is None
    only = write(tmp_path, "x", "mine.TSV")
    assert caption_file(tmp_path) == only
    other = write(tmp_path, "x", "other.jsonl")
    with pytest.raises(DataError) as error:
        caption_file(tmp_path)
    assert str(error.value) == (
        f"{tmp_path} has several caption files (mine.TSV, other.jsonl); keep one of"
        " them there"
    )
    usual = write(tmp_path, "x", "captions.tsv")
    assert caption_file(tmp_path) == usual
    other.rename(tmp_path / "captions.jsonl")
    with pytest.raises(DataError, match=r"\(captions.jsonl, captions.tsv\)"):
        caption_file(tmp_path)
