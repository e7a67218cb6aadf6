"""ContraGAN on CIFAR10.

Paper: Kang and Park, NeurIPS 2020 (arXiv 2006.12681).
Command: bin/train.py --config=configs/contragan/cifar10.py --workdir=runs/contragan
    (needs the tfds extra; add --config.data.download=true the first time)

Expected with the authors' code, not measured here: FID 8.07, Inception score 9.73 after
100,000 steps (10,000 test images against 10,000 samples of the EMA generator, BatchNorm
statistics of the evaluation batch, PyTorch Inception), 13.4 hours on one GPU. On the
way: FID 50.6 at step 2,000, 34.2 at 10,000, 15.5 at 20,000. Against the training set
and with the TensorFlow Inception they later report FID 6.01, Inception score 9.78 and
an intra-class FID of 119.6: this loss permutes classes.
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
            network=BigResNetConfig(g_width=96, d_width=96, latent_dim=80),
            d_steps=5,
            embedding_dim=512,
            temperature=1.0,
            ema_decay=0.9999,
            ema_start=1000,
        ),
        data=DataConfig(source="tfds:cifar10", image_size=32, crop="none", flip=True),
        optimizer=OptimizerConfig(
            g_learning_rate=2e-4, d_learning_rate=2e-4, beta_1=0.5, beta_2=0.999
        ),
        train=TrainConfig(num_steps=100_000, global_batch_size=64),
        evaluation=EvaluationConfig(
            extractor="fid_inception",
            num_images=10_000,
            reference_split="test",
            statistics="batch",
        ),
    )
