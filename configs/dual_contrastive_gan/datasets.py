"""The dual contrastive loss on the data sets of mimicry's zoo, with its baseline.

Paper: Yu et al., "Dual Contrastive Loss and Attention for GANs", ICCV 2021 (arXiv
2103.16748).
Command: bin/train.py --config=configs/dual_contrastive_gan/datasets.py:celeba128
    --config.data.source=folder:<where the images are> --workdir=runs/dual
Its baseline: --config=configs/dual_contrastive_gan/datasets.py:celeba128-logistic

The data: `cifar10`, `cifar100`, `imagenet32`, `stl10`, `celeba64`, `celeba128`,
`lsun_bedroom128`, `imagenet128`, prepared as in configs/sngan/datasets.py; then
nothing, or `-attention` for self-attention in the generator and attention to a
reference image in D, in this library's form, or `-logistic` for StyleGAN2's loss with
nothing else changed. Faces and bedrooms are among the paper's data.
--config.method.form=swapped gives the generator a loss that does not vanish when D
separates a batch.

Expected: no number. The abstract claims an FID at least 17.5% lower than the best
before it on several data sets, for StyleGAN2 with such attention; the authors published
no code, and their tables could not be read. Here networks, batch, rates and steps are
those of configs/sngan/datasets.py, whose SNGAN is one more baseline by the same
command, with R1 of weight 1 (ours) on every step and a moving average that forgets half
in 10,000 images, as StyleGAN2's does. Without an argument: `cifar10`.
"""

import dataclasses
from typing import Any

from configs.recipes import as_unconditional, choose, unchanged, with_method
from configs.sngan_recipes import ZOO, zoo
from tfgan_contra.config import Config
from tfgan_contra.models.self_supervised_configs import DualContrastiveGANConfig
from tfgan_contra.regularizers.configs import R1Config

EMA_DECAY = 0.5 ** (64 / 10_000)
# By image size: the generator's block that gives 32x32, 16x16 in the smallest images,
# and the discriminator's that gives 8x8 (6x6 at 48 pixels).
ATTENTION_AFTER = {32: (2, 2), 48: (2, 3), 64: (3, 3), 128: (3, 4)}


def on_sngan(dataset: str, file: str) -> Config:
    """Returns mimicry's settings of a data set with the dual contrastive loss."""
    return zoo(
        DualContrastiveGANConfig,
        dataset,
        file,
        ema_decay=EMA_DECAY,
        regularizers=(R1Config(weight=1.0),),
    )


def logistic(config: Config) -> Config:
    """Has StyleGAN2's loss: the baseline."""
    return as_unconditional(config, "logistic")


def with_attention(config: Config) -> Config:
    """Has self-attention in the generator, attention to a reference in D."""
    method: Any = config.method
    in_generator, in_discriminator = ATTENTION_AFTER[config.data.image_size]
    network = dataclasses.replace(method.network, g_attention_after=(in_generator,))
    return with_method(
        config, network=network, reference_attention_after=in_discriminator
    )


ENDINGS = {"": unchanged, "-attention": with_attention, "-logistic": logistic}
CELLS = {
    f"{dataset}{ending}": (dataset, change)
    for dataset in ZOO
    for ending, change in ENDINGS.items()
}


def get_config(cell: str = "cifar10") -> Config:
    """Returns the settings of a data set with the loss or its baseline."""
    file = "dual_contrastive_gan/datasets.py"
    dataset, change = choose(CELLS, cell, file)
    return change(on_sngan(dataset, file))
