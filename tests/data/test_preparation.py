"""Crop, resize and colour of one image."""

import numpy as np
import pytest
from PIL import Image

from tfgan_contra.config import DataConfig
from tfgan_contra.data.preparation import (
    converted,
    is_grayscale,
    pil_image,
    prepare,
    size_problem,
    square_window,
)
from tfgan_contra.errors import DataError


def gradient(width: int, height: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.stack([x % 256, y % 256, (x + y) % 256], -1).astype(np.uint8)


def test_centre_crop_of_the_long_edge_without_resize_is_exact():
    pixels = gradient(50, 32)
    result = prepare(Image.fromarray(pixels), DataConfig(image_size=32), 3)
    assert (result == pixels[:, 9:41]).all()


def test_image_of_the_right_size_passes_unchanged():
    pixels = gradient(32, 32)
    for crop in ("center", "random", "none"):
        config = DataConfig(image_size=32, crop=crop)
        assert (prepare(Image.fromarray(pixels), config, 3) == pixels).all()


def test_resize_is_antialiased():
    # Stripes of one pixel: without antialiasing they would survive as black and white.
    stripes = np.tile(np.array([0, 255], np.uint8), (64, 32))
    result = prepare(Image.fromarray(stripes), DataConfig(image_size=32), 1)
    assert np.abs(result[4:-4, 4:-4].astype(int) - 127).max() < 20


def test_random_crop_keeps_the_long_edge_for_later():
    image = Image.fromarray(gradient(96, 64))
    result = prepare(image, DataConfig(image_size=32, crop="random"), 3)
    assert result.shape == (32, 48, 3)
    assert (square_window(result, 0.0) == result[:, :32]).all()
    assert (square_window(result, 0.999999) == result[:, 16:]).all()
    assert (square_window(result, 0.5) == result[:, 8:40]).all()
    tall = result.transpose(1, 0, 2)
    assert (square_window(tall, 0.5) == tall[8:40]).all()


def test_crop_window_reaches_every_place_equally_often():
    row = np.arange(10)[None, :, None].repeat(8, axis=0)
    places = (np.arange(300) + 0.5) / 300
    lefts = [square_window(row, place)[0, 0, 0] for place in places]
    assert np.bincount(lefts).tolist() == [100, 100, 100]


@pytest.mark.parametrize(
    "mode, gray",
    [("L", True), ("1", True), ("LA", True), ("I;16", True), ("I", True)]
    + [("RGB", False), ("P", False), ("RGBA", False), ("CMYK", False)],
)
def test_every_mode_becomes_one_or_three_channels(mode, gray):
    assert is_grayscale(mode) == gray
    image = Image.new(mode, (40, 33))
    for channels in (1, 3):
        result = prepare(image, DataConfig(image_size=32), channels)
        assert result.shape == (32, 32, channels) and result.dtype == np.uint8


def test_sixteen_bits_are_scaled_not_clipped():
    deep = (np.linspace(0, 65535, 32 * 32).reshape(32, 32)).astype(np.uint16)
    result = prepare(Image.fromarray(deep), DataConfig(image_size=32), 1)
    assert (result[..., 0] == deep >> 8).all()


def test_numbers_without_a_known_white_are_refused():
    image = Image.new("F", (40, 33), 0.5)
    with pytest.raises(DataError, match=r"^has floating-point pixels, save it with 8"):
        converted(image, 1)
    white = np.full((4, 4), 65535, np.int32)
    assert (np.asarray(converted(Image.fromarray(white), 1)) == 255).all()
    with pytest.raises(DataError, match=r"^has pixels above 65535, save it with 8"):
        converted(Image.fromarray(white + 1), 1)


def test_photographs_are_turned_upright(tmp_path):
    pixels = np.zeros((32, 64), np.uint8)
    pixels[:, :32] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying on its side: turn 90 degrees clockwise
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    with Image.open(tmp_path / "a.png") as image:
        config = DataConfig(image_size=32, crop="random")
        result = prepare(image, config, 1)[..., 0]
    assert result.shape == (64, 32)
    assert (result[:32] == 255).all() and (result[32:] == 0).all()


def test_huge_photographs_are_shrunk_while_decoding_without_visible_change(tmp_path):
    y, x = np.mgrid[:600, :800]
    smooth = np.stack([x / 4, y / 3, (x + y) / 6], -1).astype(np.uint8)
    Image.fromarray(smooth).save(tmp_path / "a.jpg", quality=95)
    config = DataConfig(image_size=32)
    with Image.open(tmp_path / "a.jpg") as image:
        fast = prepare(image, config, 3)
    with Image.open(tmp_path / "a.jpg") as image:
        exact = prepare(image.convert("RGB"), config, 3)
    assert np.abs(fast.astype(int) - exact).max() <= 3


def test_size_problems():
    config = DataConfig(image_size=128)
    assert size_problem(128, 200, config) == ""
    assert size_problem(500, 100, config) == (
        "is 500x100 pixels, smaller than the crop of 128x128; use images of at least"
        " 128 pixels a side or --config.data.image_size=64"
    )
    assert size_problem(20, 20, DataConfig(image_size=32)).endswith(
        "smaller than the crop of 32x32; use images of at least 32 pixels a side"
    )
    square = DataConfig(image_size=32, crop="none")
    assert size_problem(64, 64, square) == ""
    assert size_problem(64, 65, square) == (
        "is 64x65 pixels, but config.data.crop 'none' takes square images only; use"
        " --config.data.crop=center"
    )


@pytest.mark.parametrize("channels, mode", [(1, "L"), (3, "RGB"), (4, "RGBA")])
def test_converted_has_the_channels_asked_for_and_a_life_of_its_own(channels, mode):
    pixels = gradient(12, 9)
    original = Image.fromarray(pixels)
    image = converted(original, channels)
    assert image.mode == mode and image.size == (12, 9)
    original.paste((0, 0, 0), (0, 0, 12, 9))
    if channels > 1:
        assert (np.asarray(image)[..., :3] == pixels).all()
    assert np.asarray(image).any()


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pil_image_and_back(channels):
    pixels = gradient(8, 5).repeat(2, axis=-1)[..., :channels]
    image = np.asarray(pil_image(pixels)).reshape(pixels.shape)
    assert (image == pixels).all()
