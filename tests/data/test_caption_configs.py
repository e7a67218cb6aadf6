"""The config of captioned data: what it refuses."""

import pytest

from tfgan_contra.config import Config, from_json, to_json
from tfgan_contra.data.caption_configs import CaptionDataConfig
from tfgan_contra.errors import ConfigError


def test_defaults_and_other_sources():
    config = CaptionDataConfig()
    config.validate()
    assert (config.source, config.max_words, config.flip) == (
        "bundled:shapes",
        17,
        False,
    )
    CaptionDataConfig("captions:/images", image_size=256, channels=1).validate()
    CaptionDataConfig("tfds:coco_captions", image_size=128, flip=True).validate()


@pytest.mark.parametrize(
    "fields, message",
    [
        (
            {"source": "shapes"},
            "config.source must be bundled:shapes, bundled:unrelated_shapes,"
            " captions:<folder> or tfds:coco_captions. Received: 'shapes'",
        ),
        (
            {"image_size": 48},
            "config.image_size must be 32, 64, 128 or 256. Received: 48",
        ),
        ({"channels": 4}, "config.channels must be 1 or 3. Received: 4"),
        (
            {"channels": 1},
            "config.channels must be 3 with bundled:shapes, whose captions name"
            " colours. Received: 1",
        ),
        (
            {"flip": True},
            "config.flip must be false with bundled:shapes, whose captions say left of"
            " and right of. Received: True",
        ),
        ({"crop": "center"}, "config.crop must be one of none. Received: 'center'"),
        ({"max_words": 0}, "config.max_words must be 1 or more. Received: 0"),
        (
            {"max_unreadable": -1},
            "config.max_unreadable must be 0 or more. Received: -1",
        ),
    ],
)
def test_bad_values_are_one_line(fields, message):
    with pytest.raises(ConfigError) as error:
        CaptionDataConfig(**fields).validate()
    assert str(error.value) == message


def test_json_and_back():
    config = Config(data=CaptionDataConfig("captions:/images", max_words=12))
    assert from_json(to_json(config)) == config
