"""The method and the data must be of one kind."""

import pytest

from tfgan_contra.config import Config, DataConfig
from tfgan_contra.data.caption_configs import CaptionDataConfig
from tfgan_contra.data.configs import TranslationDataConfig
from tfgan_contra.errors import ConfigError
from tfgan_contra.models.configs import ProjGANConfig
from tfgan_contra.models.text_to_image_configs import XMCGANConfig
from tfgan_contra.models.translation_configs import CUTConfig
from tfgan_contra.training.runs import RunFolder
from tfgan_contra.training.tasks import TranslationTask, make_task

# Only text encoders are kept there.
FOLDER = RunFolder("unused")
DIGITS = TranslationDataConfig(image_size=32, load_size=36)


def test_a_translator_needs_two_domains():
    with pytest.raises(ConfigError, match=r"CUT trains on two domains.*DataConfig"):
        make_task(Config(CUTConfig(), data=DataConfig()), FOLDER)
    with pytest.raises(ConfigError, match=r"ProjGAN trains on images.*Translation"):
        make_task(Config(ProjGANConfig(), data=DIGITS), FOLDER)


def test_captions_go_with_methods_that_take_them():
    with pytest.raises(
        ConfigError, match=r"XMCGAN trains on images with captions.*: D"
    ):
        make_task(Config(XMCGANConfig(), data=DataConfig()), FOLDER)
    with pytest.raises(ConfigError, match=r"ProjGAN trains on images; .*: CaptionData"):
        make_task(Config(ProjGANConfig(), data=CaptionDataConfig()), FOLDER)


def test_an_epoch_visits_the_larger_domain():
    task = make_task(Config(CUTConfig(), data=DIGITS), FOLDER)
    assert isinstance(task, TranslationTask)
    train = task.dataset.train
    assert task.epoch_size == max(len(train.a), len(train.b))
    assert task.failure is None
