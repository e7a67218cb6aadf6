"""Settings on SNGAN's networks: mimicry's zoo and SSGAN's authors.

mimicry: Lee and Town, "Mimicry: Towards the Reproducibility of GAN Research" (arXiv
2005.02494), whose InfoMax-GAN is its authors' own.

Pictures of the zoo, none of them mirrored:

    CIFAR           as they are: the 50,000 training images
    STL-10          the 100,000 unlabelled images, 96 pixels resized to 48
    ImageNet        training images, the centre 224 x 224, then resized
    CelebA          all 202,599 aligned images, the centre 178 x 178, then resized
    LSUN-bedroom    training images, the centre 256 x 256, then resized

`crop="center"` takes the largest centre square, which is the same for CelebA (178 x
218 pixels), LSUN (shorter edge 256) and STL-10, but not for ImageNet: crop its files to
224 x 224 beforehand to repeat the zoo. mimicry resizes bilinearly, this library
bicubically. What is no `tfds:` is a folder with one folder for each class, or a single
one; without `test/` beside `train/` a tenth of it is held out from training.
"""

import dataclasses
from typing import Any

from configs.recipes import (
    as_projection_gan,
    as_unconditional,
    choose,
    unchanged,
    with_method,
)
from tfgan_contra.config import (
    Config,
    DataConfig,
    EvaluationConfig,
    OptimizerConfig,
    TrainConfig,
)
from tfgan_contra.models.configs import ImageMethodConfig
from tfgan_contra.models.self_supervised_configs import SSGANConfig
from tfgan_contra.networks.sngan_configs import SNGANConfig


@dataclasses.dataclass(frozen=True)
class ZooRow:
    """How mimicry trains every method on a data set.

    Attributes:
        source: of the images.
        image_size: in pixels.
        d_steps: updates of the discriminator per update of the generator.
        decays: whether the rates fall linearly from the first step to 0 at the last.
        num_steps: updates of the generator.
    """

    source: str
    image_size: int
    d_steps: int = 5
    decays: bool = True
    num_steps: int = 100_000


ZOO = {
    "cifar10": ZooRow("tfds:cifar10", 32),
    "cifar100": ZooRow("tfds:cifar100", 32),
    "imagenet32": ZooRow("folder:imagenet", 32),
    "stl10": ZooRow("folder:stl10", 48),
    "celeba64": ZooRow("folder:celeba", 64),
    "celeba128": ZooRow("folder:celeba", 128, d_steps=2, decays=False),
    "lsun_bedroom128": ZooRow("folder:lsun_bedroom", 128, d_steps=2),
    "imagenet128": ZooRow("folder:imagenet", 128, decays=False, num_steps=450_000),
}


def zoo(
    method: type[ImageMethodConfig], dataset: str, file: str, **fields: Any
) -> Config:
    """Returns mimicry's settings of a method, the same for all but the data set.

    Args:
        method: the class of its config.
        dataset: a name in `ZOO`.
        file: the config's path below configs/, for the error.
        **fields: of the method, where they are not the defaults.
    """
    row = choose(ZOO, dataset, file)
    values = {"network": SNGANConfig(), "d_steps": row.d_steps, "ema_decay": 0.0}
    every = row.num_steps // 10
    return Config(
        method=method(**(values | fields)),
        data=DataConfig(source=row.source, image_size=row.image_size),
        optimizer=adam(decay_start=0.0 if row.decays else 1.0),
        train=TrainConfig(
            num_steps=row.num_steps, global_batch_size=64, eval_every=every
        ),
        evaluation=EvaluationConfig(
            extractor="fid_inception",
            num_images=50_000,
            reference_split="train",
            statistics="moving",
        ),
    )


def adam(decay_start: float = 1.0) -> OptimizerConfig:
    """Returns the Adam of SNGAN and all that follow, epsilon being PyTorch's."""
    return OptimizerConfig(
        g_learning_rate=2e-4,
        d_learning_rate=2e-4,
        beta_1=0.0,
        beta_2=0.9,
        epsilon=1e-8,
        decay_start=decay_start,
    )


# SSGAN's authors.


def authors_network(layout: str = "sngan") -> SNGANConfig:
    """Returns the networks of SSGAN's authors (their library compare_gan)."""
    return SNGANConfig(
        upsampling="zero_insertion",
        pooling="mean",
        shortcut_kernel=3,
        rectified_shortcut=False,
        hidden_channels="output",
        initializer="normal_0.02",
        layout=layout,
    )


def authors_ssgan(data: DataConfig, num_steps: int, num_images: int) -> Config:
    """Returns the SSGAN of the paper with spectral norm, the same for all its data.

    Args:
        data: the images.
        num_steps: of training.
        num_images: generated ones to compare with as many held-out ones.
    """
    layout = "resnet5" if data.image_size == 128 else "sngan"
    return Config(
        method=SSGANConfig(network=authors_network(layout), d_steps=2, ema_decay=0.0),
        data=data,
        optimizer=adam(),
        train=TrainConfig(
            num_steps=num_steps, global_batch_size=64, eval_every=num_steps // 10
        ),
        evaluation=EvaluationConfig(
            extractor="fid_inception",
            num_images=num_images,
            reference_split="test",
            statistics="moving",
        ),
    )


def with_self_modulation(config: Config) -> Config:
    """Lets the latents scale and shift the generator's norms."""
    method: Any = config.method
    network = dataclasses.replace(method.network, self_modulated=True)
    return with_method(config, network=network)


def rotations_alone(config: Config) -> Config:
    """Leaves the adversarial losses out."""
    return with_method(config, adversarial_weight=0.0)


def without_rotations(config: Config) -> Config:
    """Leaves the rotations out: SNGAN."""
    return as_unconditional(config, "hinge")


# The rows of the paper's table 1, and its baseline of rotations alone.
AUTHORS_ROWS = {
    "paper": unchanged,
    "self_modulated": with_self_modulation,
    "rotation_only": rotations_alone,
    "conditional": as_projection_gan,
    "unconditional": without_rotations,
}
