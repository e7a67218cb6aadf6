"""How the papers' settings derive from one another."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from tfgan_contra.augmentation.configs import AdaptiveAugmentConfig, DiffAugmentConfig
from tfgan_contra.config import (
    Config,
    DataConfig,
    EvaluationConfig,
    OptimizerConfig,
    TrainConfig,
    nearest_name,
)
from tfgan_contra.errors import UsageError
from tfgan_contra.models.configs import (
    ACGANConfig,
    ImageMethodConfig,
    ProjGANConfig,
    ReACGANConfig,
    UnconditionalGANConfig,
)
from tfgan_contra.networks.configs import NetworkConfig
from tfgan_contra.regularizers.configs import ConsistencyConfig, improved_consistency


def choose(choices: Mapping[str, Any], name: str, file: str) -> Any:
    """Returns the entry that a config's argument names.

    Args:
        choices: what there is, by argument.
        name: the argument.
        file: the config's path below configs/, for the error.

    Raises:
        UsageError: when there is no such entry; it lists them.
    """
    if name not in choices:
        known = ", ".join(f":{choice}" for choice in choices)
        hint = nearest_name(name, choices)
        raise UsageError(f"configs/{file} takes {known}{hint}. Received: {name!r}")
    return choices[name]


# Single fields.


def with_method(config: Config, **changes: Any) -> Config:
    """Replaces fields of the method."""
    method = dataclasses.replace(_method(config), **changes)
    return dataclasses.replace(config, method=method)


def with_train(config: Config, **changes: Any) -> Config:
    """Replaces fields of the training."""
    return dataclasses.replace(
        config, train=dataclasses.replace(config.train, **changes)
    )


def with_optimizer(config: Config, **changes: Any) -> Config:
    """Replaces fields of the optimisers."""
    optimizer = dataclasses.replace(config.optimizer, **changes)
    return dataclasses.replace(config, optimizer=optimizer)


# Methods.


def as_method(
    config: Config, method: type[ImageMethodConfig], **changes: Any
) -> Config:
    """Replaces the method; what all methods have stays, unless changed here."""
    shared = dataclasses.fields(ImageMethodConfig)
    values = {field.name: getattr(config.method, field.name) for field in shared}
    return dataclasses.replace(config, method=method(**(values | changes)))


def as_projection_gan(config: Config, **changes: Any) -> Config:
    """Replaces the conditional loss by the projection discriminator (BigGAN)."""
    return as_method(config, ProjGANConfig, **changes)


def as_acgan_2020(config: Config, **changes: Any) -> Config:
    """Replaces the conditional loss by the authors' ACGAN of 2020.

    Its discriminator classifies fakes too, by a layer with bias; today's has neither.
    """
    of_2020 = {"classify_fakes": True, "class_bias": True}
    return as_method(config, ACGANConfig, **(of_2020 | changes))


def as_reacgan(
    config: Config, *, temperature: float, positive_margin: float, weight: float
) -> Config:
    """Replaces 2C by D2D-CE, on embeddings of the same length."""
    return as_method(
        config,
        ReACGANConfig,
        embedding_dim=_method(config).embedding_dim,
        temperature=temperature,
        positive_margin=positive_margin,
        contrastive_weight=weight,
    )


def as_unconditional(config: Config, adversarial: str, **changes: Any) -> Config:
    """Leaves the classes out; `adversarial` names the loss."""
    values = {"adversarial": adversarial} | changes
    return as_method(config, UnconditionalGANConfig, **values)


def without_average(config: Config, network: NetworkConfig) -> Config:
    """Takes another network and evaluates it itself, not its moving average."""
    return with_method(config, network=network, ema_decay=0.0, ema_start=0)


# Additions.


def unchanged(config: Config) -> Config:
    """Adds nothing."""
    return config


def with_consistency(config: Config) -> Config:
    """Adds consistency regularisation (CR) of the authors' weight 10."""
    regularizers = (*_method(config).regularizers, ConsistencyConfig(weight=10.0))
    return with_method(config, regularizers=regularizers)


def with_improved_consistency(config: Config) -> Config:
    """Adds improved consistency regularisation (ICR): bCR 10 and 10, zCR 20 and 0.5."""
    regularizers = (*_method(config).regularizers, *improved_consistency())
    return with_method(config, regularizers=regularizers)


def with_diff_augment(config: Config) -> Config:
    """Adds DiffAugment with all policies; the authors double the steps."""
    config = with_method(config, augmentation=DiffAugmentConfig())
    return with_train(config, num_steps=200_000)


def with_adaptive_augment(config: Config, num_steps: int, length: float) -> Config:
    """Adds ADA as the authors had it in 2021, with the logistic loss.

    Args:
        config: what to add it to.
        num_steps: of the longer training.
        length: their `ada_length`: millions of images in which the probability of a
            transformation can rise by its target, 0.6.
    """
    target = 0.6
    augmentation = AdaptiveAugmentConfig(
        target=target, speed_kimg=1000.0 * length / target
    )
    config = with_method(config, augmentation=augmentation, adversarial="logistic")
    return with_train(config, num_steps=num_steps)


# Sizes.


def as_smoke(config: Config) -> Config:
    """Shrinks a config to a minute on 2 cores with the bundled digits.

    It keeps the method with its losses, regularisers and augmentation, and the family
    of the networks; everything else is small. It shows that a recipe runs, not what it
    reaches.
    """
    method = _method(config)
    network = method.network
    small = dataclasses.replace(
        network,
        g_width=4,
        d_width=4,
        latent_dim=16,
        g_attention_after=(2,) if network.g_attention_after else (),
        d_attention_after=(1,) if network.d_attention_after else (),
    )
    changes: dict[str, Any] = {"network": small, "d_steps": 1, "ema_start": 2}
    for length in ("embedding_dim", "projection_dim"):
        if hasattr(method, length):
            changes[length] = 16
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
