"""ContraGAN on Tiny-ImageNet (64x64, 200 classes).

Paper: Kang and Park, NeurIPS 2020 (arXiv 2006.12681).
Command: bin/train.py --config=configs/contragan/tiny_imagenet.py --workdir=runs/tiny
    --config.data.source=folder:<the unpacked tiny-imagenet-200>

Expected with the authors' code, not measured here: FID 27.0, Inception score 13.5
(10,000 validation images against 10,000 samples, EMA, batch statistics). Best near step
54,000; the score decays afterwards (35 at 100,000), so use the best checkpoint.
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
                g_width=80,
                d_width=80,
                latent_dim=100,
                g_attention_after=(3,),
                d_attention_after=(1,),
            ),
            d_steps=1,
            embedding_dim=768,
            temperature=1.0,
            ema_decay=0.9999,
            ema_start=20_000,
        ),
        data=DataConfig(
            source="folder:tiny-imagenet-200", image_size=64, crop="none", flip=True
        ),
        optimizer=OptimizerConfig(
            g_learning_rate=1e-4, d_learning_rate=4e-4, beta_1=0.0, beta_2=0.999
        ),
        train=TrainConfig(num_steps=100_000, global_batch_size=1024),
        evaluation=EvaluationConfig(
            extractor="fid_inception",
            num_images=10_000,
            reference_split="test",
            statistics="batch",
        ),
    )
