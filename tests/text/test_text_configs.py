"""The configs of text encoders: ranges, JSON, and no TensorFlow."""

import subprocess
import sys

import pytest

from tfgan_contra.config import from_json, to_json
from tfgan_contra.errors import ConfigError
from tfgan_contra.text.configs import (
    BertTextConfig,
    TextEncoderConfig,
    TrainedTextConfig,
)


@pytest.mark.parametrize("config", [TrainedTextConfig(), BertTextConfig(folder="bert")])
def test_valid_and_the_same_after_json(config):
    config.validate()
    assert from_json(to_json(config)) == config


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (TrainedTextConfig(max_words=0), "max_words must be 1 or more"),
        (TrainedTextConfig(sentence="mean"), "sentence must be one of masked_mean"),
        (TrainedTextConfig(dim=30), "dim must be a multiple of num_heads=4"),
        (TrainedTextConfig(num_layers=0), "num_layers must be 1 or more"),
        (TrainedTextConfig(image_width=0), "image_width must be 1 or more"),
        (TrainedTextConfig(num_steps=-1), "num_steps must be 0 or more"),
        (TrainedTextConfig(batch_size=1), "batch_size must be 2 or more"),
        (TrainedTextConfig(learning_rate=0), "learning_rate must be above 0"),
        (TrainedTextConfig(unknown_rate=1), r"unknown_rate must be in \[0, 1\)"),
        (BertTextConfig(), "folder must be the path of a BERT-type model"),
        (BertTextConfig(folder="bert", max_words=2), "max_words must be 3 or more"),
    ],
)
def test_what_is_out_of_range_is_named(config, message):
    with pytest.raises(ConfigError, match=rf"text\.{message}"):
        config.validate("text")


def test_only_the_trained_one_brings_an_image_network():
    assert TrainedTextConfig.has_image_network
    assert not BertTextConfig.has_image_network
    with pytest.raises(NotImplementedError, match="TextEncoderConfig builds nothing"):
        TextEncoderConfig().build()


def test_importing_the_configs_starts_no_tensorflow():
    code = (
        "import sys, tfgan_contra.text.configs; sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
