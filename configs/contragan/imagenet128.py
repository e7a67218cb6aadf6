"""ContraGAN on ImageNet at 128x128, batch 256.

Paper: Kang and Park, NeurIPS 2020 (arXiv 2006.12681).
Command: bin/train.py --config=configs/contragan/imagenet128.py --workdir=runs/imagenet
    --config.data.source=folder:<ImageNet with train/ and val/> --strategy=mirrored

Expected with the authors' code, not measured here: FID 25.16, Inception score 25.2
after 200,000 steps (50,000 validation images against 50,000 samples, EMA, moving
statistics). That run had only the proxy in the numerator of 2C (`positives="proxy"`),
which is what this config sets; with the paper's form they later report 29.6 under
another protocol.
"""

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
    """Returns the authors' settings."""
    return Config(
        method=ContraGANConfig(
            network=BigResNetConfig(
                g_width=96,
                d_width=96,
                latent_dim=120,
                g_attention_after=(4,),
                d_attention_after=(1,),
            ),
            d_steps=2,
            embedding_dim=1536,
            temperature=1.0,
            positives="proxy",
            ema_decay=0.9999,
            ema_start=20_000,
        ),
        data=DataConfig(
            source="folder:imagenet", image_size=128, crop="random", flip=True
        ),
        optimizer=OptimizerConfig(
            g_learning_rate=5e-5, d_learning_rate=2e-4, beta_1=0.0, beta_2=0.999
        ),
        train=TrainConfig(num_steps=200_000, global_batch_size=256),
        evaluation=EvaluationConfig(
            extractor="fid_inception",
            num_images=50_000,
            reference_split="test",
            statistics="moving",
        ),
    )
