import pytest
from models import harness

from tfgan_contra.config import Config, TrainConfig
from tfgan_contra.data.caption_configs import CaptionDataConfig
from tfgan_contra.data.configs import TranslationDataConfig
from tfgan_contra.models.configs import ContraGANConfig
from tfgan_contra.models.text_to_image_configs import XMCGANConfig
from tfgan_contra.models.translation_configs import CUTConfig
from tfgan_contra.networks.configs import DCGANConfig
from tfgan_contra.networks.text_to_image_configs import TextToImageNetworkConfig
from tfgan_contra.text.configs import TrainedTextConfig
from tfgan_contra.training import benchmark
from tfgan_contra.types import CaptionSpec, DataSpec, TranslationSpec

TRAIN = TrainConfig(num_steps=4, global_batch_size=2)


def translation_config():
    return Config(
        method=CUTConfig(
            network=harness.TRANSLATION_NETWORK,
            nce_layers=(0, 4),
            num_patches=8,
            embedding_dim=8,
        ),
        data=TranslationDataConfig(source="unpaired:a,b", image_size=24, load_size=32),
        train=TRAIN,
    )


def caption_config():
    network = TextToImageNetworkConfig(g_width=2, d_width=2, latent_dim=4)
    text = TrainedTextConfig(dim=4, max_words=6)
    # Fewer losses are traced faster; the frozen network's stays.
    without = {"sentence_weight": 0.0, "word_weight": 0.0, "image_weight": 0.0}
    return Config(
        method=XMCGANConfig(
            network=network, text_encoder=text, d_only_updates=0, **without
        ),
        data=CaptionDataConfig(max_words=6),
        train=TRAIN,
    )


def image_config():
    return Config(
        method=ContraGANConfig(
            network=DCGANConfig(g_width=4, d_width=4, latent_dim=8), d_steps=2
        ),
        train=TRAIN,
    )


@pytest.mark.parametrize(
    ("config", "spec", "networks"),
    [
        (
            translation_config(),
            TranslationSpec(24, 3, 3),
            {"generator", "discriminator", "projector"},
        ),
        (image_config(), DataSpec(32, 3, 5), {"generator", "discriminator"}),
        (caption_config(), CaptionSpec(32, 3, 4, 6), {"generator", "discriminator"}),
    ],
)
def test_a_step_is_timed_on_random_images(config, spec, networks):
    assert benchmark.random_spec(config, 3, 5) == spec
    figures = benchmark.benchmark_config(config, spec, num_steps=2)
    assert 0 < figures["step_seconds_min"] <= figures["step_seconds_median"]
    assert figures["first_step_seconds"] > figures["step_seconds_min"]
    assert (figures["steps_timed"], figures["batch_size"]) == (2, 2)
    assert figures["d_steps"] == config.method.d_updates
    rate = figures["images_per_second"] * figures["step_seconds_median"]
    assert rate == pytest.approx(2 * config.method.images_per_step, rel=0.05)
    assert set(figures["parameters"]) == networks
    assert min(figures["parameters"].values()) > 0


def test_both_losses_are_timed_in_both_forms(monkeypatch):
    monkeypatch.setattr(benchmark, "LOSS_SIZES", (4,))
    rows = benchmark.benchmark_losses(repeats=2)
    assert {(row["loss"], row["form"]) for row in rows} == {
        ("conditional_contrastive", "xla"),
        ("conditional_contrastive", "plain_graph"),
        ("data_to_data", "xla"),
        ("data_to_data", "plain_graph"),
    }
    for row in rows:
        assert row["rows"] == 4
        assert 0 < row["milliseconds_min"] <= row["milliseconds_median"]
