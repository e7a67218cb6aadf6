"""The configs of two domains: what they refuse, and what they make."""

import pytest

from tfgan_contra.config import Config, from_json, to_json
from tfgan_contra.data.configs import (
    SingleImageDataConfig,
    TranslationDataConfig,
    TwoDomainDataConfig,
)
from tfgan_contra.data.windows import LoadAndCrop, ZoomAndCell
from tfgan_contra.errors import ConfigError


def test_defaults_are_the_authors():
    config = TranslationDataConfig()
    config.validate()
    assert config.window_plan() == LoadAndCrop(286, 256, "square", False)
    assert config.epoch_size(10, 25) == config.epoch_size(25, 10) == 25
    single = SingleImageDataConfig()
    single.validate()
    assert single.window_plan() == ZoomAndCell(64, 1 / 3)
    assert single.epoch_size(1, 1) == 100_000
    assert config.flip and single.flip


def test_decay_phase_loads_at_the_crops_size():
    assert TranslationDataConfig().window_plan(decaying=True) == LoadAndCrop(256, 256)
    config = SingleImageDataConfig()
    assert config.window_plan(decaying=True) == config.window_plan()


@pytest.mark.parametrize("resize, side", [("square", 8), ("width", 8), ("none", 256)])
def test_smallest_side(resize, side):
    assert TranslationDataConfig(resize=resize).smallest_side == side


def test_channels_of_one_domain_win_over_those_of_both():
    assert TwoDomainDataConfig().wanted_channels == (None, None)
    assert TwoDomainDataConfig(channels=3).wanted_channels == (3, 3)
    config = TwoDomainDataConfig(channels=3, channels_in=1)
    assert config.wanted_channels == (1, 3)


def test_crops_without_loading_need_no_load_size():
    TranslationDataConfig(image_size=512, load_size=0, resize="none").validate()


@pytest.mark.parametrize(
    "config, message",
    [
        (
            TranslationDataConfig(source="horse2zebra"),
            "config.source must be unpaired:<folderA>,<folderB>, single:<imageA>,"
            "<imageB>, tfds:cycle_gan/<name>, bundled:digit_styles or bundled:photos."
            " Received: 'horse2zebra'",
        ),
        (
            TranslationDataConfig(image_size=30),
            "config.image_size must be a multiple of 4 from 32. Received: 30",
        ),
        (
            TranslationDataConfig(load_size=200),
            "config.load_size must be config.image_size=256 or more. Received: 200",
        ),
        (
            TranslationDataConfig(resize="widht"),
            "config.resize must be one of square, width, none (did you mean 'width'?)."
            " Received: 'widht'",
        ),
        (
            TranslationDataConfig(crop="none"),
            "config.crop must be one of random, center. Received: 'none'",
        ),
        (
            TranslationDataConfig(channels_out=2),
            "config.channels_out must be 1, 3, 4 or None. Received: 2",
        ),
        (
            TranslationDataConfig(max_unreadable=-1),
            "config.max_unreadable must be 0 or more. Received: -1",
        ),
        (
            SingleImageDataConfig(smallest_zoom=0.0),
            "config.smallest_zoom must be in (0, 1]. Received: 0.0",
        ),
        (
            SingleImageDataConfig(crops_per_epoch=0),
            "config.crops_per_epoch must be 1 or more. Received: 0",
        ),
        (
            SingleImageDataConfig(crop="center"),
            "config.crop must be one of random. Received: 'center'",
        ),
    ],
)
def test_bad_values_are_one_line(config, message):
    with pytest.raises(ConfigError) as error:
        config.validate()
    assert str(error.value) == message


@pytest.mark.parametrize(
    "data",
    [
        TranslationDataConfig(load_size=40, channels_in=1),
        SingleImageDataConfig(smallest_zoom=0.5),
    ],
)
def test_json_and_back(data):
    config = Config(data=data)
    assert from_json(to_json(config)) == config
