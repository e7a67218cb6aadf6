"""How the CUT authors' settings derive from one another."""

import dataclasses

from configs.recipes import unchanged
from tfgan_contra.config import (
    Config,
    EpochTrainConfig,
    EvaluationConfig,
    OptimizerConfig,
)
from tfgan_contra.data.configs import (
    SingleImageDataConfig,
    TranslationDataConfig,
    TwoDomainDataConfig,
)
from tfgan_contra.models.translation_configs import CUTConfig, FastCUTConfig
from tfgan_contra.networks.translation_configs import (
    SinCUTNetworkConfig,
    TranslationNetworkConfig,
)


def authors_cut(source: str, epoch_steps: int, num_images: int) -> Config:
    """Returns the authors' settings of CUT, the same for all of their data sets.

    Args:
        source: of the pictures.
        epoch_steps: pictures of the larger domain, each a step. They only give the
            rhythm: a checkpoint and a grid every epoch, an evaluation every five.
        num_images: translations per evaluation, at most the test pictures that there
            are.
    """
    return Config(
        method=CUTConfig(network=TranslationNetworkConfig(g_width=64, d_width=64)),
        data=TranslationDataConfig(source=source, image_size=256, load_size=286),
        optimizer=authors_adam(2e-4, beta_1=0.5, beta_2=0.999),
        train=EpochTrainConfig(
            constant_epochs=200,
            decay_epochs=200,
            global_batch_size=1,
            sample_every=epoch_steps,
            eval_every=5 * epoch_steps,
            checkpoint_every=epoch_steps,
        ),
        evaluation=EvaluationConfig(extractor="fid_inception", num_images=num_images),
    )


def authors_adam(rate: float, beta_1: float, beta_2: float) -> OptimizerConfig:
    """Returns PyTorch's Adam for all networks, epsilon being its default."""
    return OptimizerConfig(
        g_learning_rate=rate,
        d_learning_rate=rate,
        beta_1=beta_1,
        beta_2=beta_2,
        epsilon=1e-8,
    )


def with_epochs(config: Config, constant: int, decay: int) -> Config:
    """Replaces the epochs of constant and of falling rates."""
    train = dataclasses.replace(
        config.train, constant_epochs=constant, decay_epochs=decay
    )
    return dataclasses.replace(config, train=train)


def as_fastcut(config: Config) -> Config:
    """Replaces CUT by FastCUT, which trains half as long."""
    method = FastCUTConfig(network=config.method.network)
    return with_epochs(dataclasses.replace(config, method=method), 150, 50)


METHODS = {"cut": unchanged, "fastcut": as_fastcut}


def as_translation_smoke(config: Config) -> Config:
    """Shrinks a config to a minute on 2 cores with bundled pictures.

    It keeps the method with its losses and the optimiser; networks, pictures and
    epochs are small. It shows that a recipe runs, not what it reaches.
    """
    small: TranslationNetworkConfig | SinCUTNetworkConfig
    data: TwoDomainDataConfig
    if isinstance(config.data, SingleImageDataConfig):
        small = SinCUTNetworkConfig(g_width=1, d_width=1)
        data = SingleImageDataConfig(image_size=32, crops_per_epoch=10)
    else:
        small = TranslationNetworkConfig(g_width=4, d_width=4)
        data = TranslationDataConfig(image_size=32, load_size=36)
    method = dataclasses.replace(config.method, network=small, embedding_dim=16)
    return Config(
        method=method,
        data=data,
        optimizer=config.optimizer,
        train=EpochTrainConfig(
            num_steps=10,
            constant_epochs=1,
            decay_epochs=1,
            global_batch_size=2,
            log_every=5,
            sample_every=10,
            eval_every=10,
            checkpoint_every=5,
        ),
        evaluation=EvaluationConfig(extractor="classifier", num_images=50),
    )
