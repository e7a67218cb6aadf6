"""One picture per domain: what it is trained and tested on, and what does not do."""

import pytest
from PIL import Image

from tfgan_contra.data import load_unpaired
from tfgan_contra.data.configs import SingleImageDataConfig
from tfgan_contra.errors import ConfigError, DataError


def save(path, size, value=0, mode="RGB"):
    Image.new(mode, size, value if mode == "L" else (value, 1, 2)).save(path)
    return path


def single(a, b, **fields):
    return load_unpaired(SingleImageDataConfig(source=f"single:{a},{b}", **fields))


def test_single_pictures_are_trained_and_tested_on(tmp_path):
    a = save(tmp_path / "day.png", (90, 70), 9)
    b = save(tmp_path / "night.jpg", (64, 200), mode="L")
    dataset = single(a, b)
    assert dataset.spec.input_shape == (64, 64, 3)
    assert dataset.spec.image_shape == (64, 64, 1)
    assert dataset.spec.domain_names == ("day", "night")
    assert dataset.test.a.names == ("day.png",) and dataset.train == dataset.test
    assert dataset.train.a.picture(0).shape == (70, 90, 3)
    assert single(a, b, channels=3).train.b.picture(0).shape == (200, 64, 3)
    gray = single(a, b, channels_in=1).train.a.picture(0)
    assert gray.shape == (70, 90, 1) and gray[0, 0, 0] < 9


def test_single_pictures_that_do_not_do(tmp_path):
    good = save(tmp_path / "good.png", (64, 64))
    small = save(tmp_path / "small.png", (63, 64))
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"")
    messages = {
        small: "small.png is 63x64 pixels, fewer than 64 a side; use a larger picture",
        broken: f"{broken} cannot be read (not an image); repair or remove it",
        tmp_path: f"{tmp_path} is a folder; single: takes two picture files",
        tmp_path / "goo.png": f"{tmp_path / 'goo.png'} does not exist (did you mean"
        " 'good.png'?); name a picture",
    }
    for path, message in messages.items():
        with pytest.raises(DataError) as error:
            single(good, path)
        assert str(error.value) == message
    with pytest.raises(ConfigError, match="single:<imageA>,<imageB>"):
        load_unpaired(SingleImageDataConfig(source=f"single:{good}"))
