"""SSGAN on CIFAR10: mimicry's settings, and the paper's with its baselines.

Paper: Chen et al., "Self-Supervised GANs via Auxiliary Rotation Loss", CVPR 2019 (arXiv
1811.11212), tables 1 and 2; mimicry: Lee and Town (arXiv 2005.02494).
Command: bin/train.py --config=configs/ssgan/cifar10.py --workdir=runs/ssgan
    (data as in configs/contragan/cifar10.py)
A row of the paper: bin/train.py --config=configs/ssgan/cifar10.py:paper --workdir=...
Its baselines: the same with `:unconditional`, `:conditional` or `:rotation_only`.

Expected, not measured here (FID with the TensorFlow Inception, 3 seeds):

    argument         FID             real images, samples
    (none)           14.65           50,000 of training, 50,000; mimicry's zoo
    :reproduction    17.61 +- 0.14   10,000, 10,000; mimicry's of the next row
    :paper           17.88 +- 0.64   10,000 of the test set, 10,000
    :self_modulated  15.65           likewise, the best seed; latents scale G's norms
    :conditional     15.60           likewise, the best seed; projection of labels
    :unconditional   not verified    SNGAN
    :rotation_only   none given      D tells rotations and nothing else

From `:paper` on they are alike in all but the method: the authors' networks (zero
insertion, mean pooling, 3x3 shortcuts), 2 updates of D, constant rates, hinge loss, a
quarter of the batch in all four directions, weights 1 for D and 0.2 for G. The authors
published no settings file for SSGAN: batch 64 and 100,000 steps are recalled from the
paper, not verified, and so is whether its steps are the generator's, as here. Their
latents are uniform by default, here they are normal. `:reproduction` has mimicry's
networks, and every image turned once.
"""

import dataclasses

from configs.recipes import choose, unchanged, with_method, with_optimizer
from configs.sngan_recipes import AUTHORS_ROWS, authors_ssgan, zoo
from tfgan_contra.config import Config, DataConfig
from tfgan_contra.models.self_supervised_configs import SSGANConfig

FILE = "ssgan/cifar10.py"


def of_zoo() -> Config:
    """Returns mimicry's settings."""
    return zoo(SSGANConfig, "cifar10", FILE, rotation_batch="quarter_each")


def of_paper() -> Config:
    """Returns the paper's settings."""
    data = DataConfig(source="tfds:cifar10", image_size=32)
    return authors_ssgan(data, num_steps=100_000, num_images=10_000)


def reproduction(config: Config) -> Config:
    """Trains and measures mimicry's networks as the paper."""
    config = with_optimizer(with_method(config, d_steps=2), decay_start=1.0)
    return dataclasses.replace(config, evaluation=of_paper().evaluation)


ROWS = {"plain": (of_zoo, unchanged), "reproduction": (of_zoo, reproduction)} | {
    name: (of_paper, change) for name, change in AUTHORS_ROWS.items()
}


def get_config(row: str = "plain") -> Config:
    """Returns mimicry's settings, or those of a row of the paper."""
    start, change = choose(ROWS, row, FILE)
    return change(start())
