"""How the papers' settings derive from one another."""

import dataclasses
from typing import Any

from tfgan_contra.augmentation.configs import DiffAugmentConfig
from tfgan_contra.config import (
    Config,
    DataConfig,
    EvaluationConfig,
    OptimizerConfig,
    TrainConfig,
)
from tfgan_contra.models.configs import ProjGANConfig
from tfgan_contra.regularizers.configs import ConsistencyConfig


def with_consistency(config: Config) -> Config:
    """Adds consistency regularisation of the authors' weight 10."""
    regularizers = (*_method(config).regularizers, ConsistencyConfig(weight=10.0))
    return _with_method(config, regularizers=regularizers)


def with_diff_augment(config: Config) -> Config:
    """Adds DiffAugment with all policies; the authors double the steps."""
    config = _with_method(config, augmentation=DiffAugmentConfig())
    train = dataclasses.replace(config.train, num_steps=200_000)
    return dataclasses.replace(config, train=train)


def as_projection_gan(config: Config) -> Config:
    """Replaces the contrastive loss by the projection discriminator (BigGAN)."""
    shared = dataclasses.fields(ProjGANConfig)
    values = {field.name: getattr(config.method, field.name) for field in shared}
    return dataclasses.replace(config, method=ProjGANConfig(**values))


def as_smoke(config: Config) -> Config:
    """Shrinks a config to a minute on 2 cores with the bundled digits.

    It keeps the method with its losses, regularisers and augmentation; everything else
    is small. It shows that a recipe runs, not what it reaches.
    """
    method = _method(config)
    small = {"g_width": 4, "d_width": 4, "g_attention_after": (2,)}
    chunks = {"latent_dim": 16, "d_attention_after": (1,)}
    network = dataclasses.replace(method.network, **small, **chunks)
    changes: dict[str, Any] = {"network": network, "d_steps": 1, "ema_start": 2}
    if hasattr(method, "embedding_dim"):
        changes["embedding_dim"] = 16
    return Config(
        method=dataclasses.replace(method, **changes),
        data=DataConfig(),
        optimizer=OptimizerConfig(),
        train=TrainConfig(
            num_steps=10,
            global_batch_size=16,
            log_every=5,
            sample_every=10,
            eval_every=10,
            checkpoint_every=5,
        ),
        evaluation=EvaluationConfig(extractor="classifier", num_images=200),
    )


def _method(config: Config) -> Any:
    return config.method


def _with_method(config: Config, **changes: Any) -> Config:
    method = dataclasses.replace(_method(config), **changes)
    return dataclasses.replace(config, method=method)
