"""The quickstart: ContraGAN on scikit-learn's handwritten digits."""

from tfgan_contra.config import (
    Config,
    DataConfig,
    EvaluationConfig,
    OptimizerConfig,
    TrainConfig,
)
from tfgan_contra.models.configs import ContraGANConfig
from tfgan_contra.networks.configs import BigResNetConfig


def get_config() -> Config:
    """Returns settings found by measuring on 2 cores."""
    return Config(
        method=ContraGANConfig(
            network=BigResNetConfig(
                g_width=12, d_width=12, latent_dim=80, shared_dim=32
            ),
            embedding_dim=64,
            temperature=0.2,
            positives="proxy",
            ema_decay=0.995,
            ema_start=100,
        ),
        data=DataConfig(source="bundled:digits", image_size=32),
        optimizer=OptimizerConfig(decay_start=0.5),
        train=TrainConfig(
            num_steps=3000,
            global_batch_size=32,
            log_every=100,
            sample_every=500,
            eval_every=500,
            checkpoint_every=500,
        ),
        evaluation=EvaluationConfig(extractor="classifier", num_images=1000),
    )
