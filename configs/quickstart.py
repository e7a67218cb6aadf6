"""The quickstart: ContraGAN on scikit-learn's 1,797 handwritten digits.

Command: bin/quickstart, or
    bin/train.py --config=configs/quickstart.py --workdir=runs/quickstart

The settings are ours, found by measuring on 2 cores: a small BigGAN-style network, a
cold contrast (temperature 0.2), and only the proxy in the numerator, since with
same-class positives the classes come late and permuted (see the README). `:fast` after
the file name gives a two-minute version that only shows that everything runs.
"""

from tfgan_contra.config import (
    Config,
    DataConfig,
    EvaluationConfig,
    OptimizerConfig,
    TrainConfig,
)
from tfgan_contra.errors import UsageError
from tfgan_contra.models.configs import ContraGANConfig
from tfgan_contra.networks.configs import BigResNetConfig

STEPS = {"full": 3000, "fast": 60}


def get_config(size: str = "full") -> Config:
    """Returns the settings; size is `full` or `fast`."""
    if size not in STEPS:
        raise UsageError(f"quickstart.py takes :full or :fast. Received: {size!r}")
    every = STEPS[size] // 6
    return Config(
        method=ContraGANConfig(
            network=BigResNetConfig(
                g_width=8, d_width=16, latent_dim=80, shared_dim=32
            ),
            embedding_dim=64,
            temperature=0.2,
            positives="proxy",
            ema_decay=0.995,
            ema_start=min(100, every),
        ),
        data=DataConfig(source="bundled:digits", image_size=32),
        optimizer=OptimizerConfig(
            g_learning_rate=4e-4, d_learning_rate=4e-4, beta_1=0.5, decay_start=0.5
        ),
        train=TrainConfig(
            num_steps=STEPS[size],
            global_batch_size=32,
            log_every=min(100, every),
            sample_every=every,
            eval_every=every,
            checkpoint_every=every,
        ),
        evaluation=EvaluationConfig(extractor="classifier", num_images=1000),
    )
