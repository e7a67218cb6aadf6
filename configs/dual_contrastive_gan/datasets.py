"""The dual contrastive loss on the data sets of mimicry's zoo, with its baseline.

Paper: Yu et al., "Dual Contrastive Loss and Attention for GANs", ICCV 2021 (arXiv
2103.16748).
Command: bin/train.py --config=configs/dual_contrastive_gan/datasets.py:celeba128
    --config.data.source=folder:<where the images are> --workdir=runs/dual
Its baseline: --config=configs/dual_contrastive_gan/datasets.py:celeba128-logistic

The data: `cifar10`, `cifar100`, `imagenet32`, `stl10`, `celeba64`, `celeba128`,
`lsun_bedroom128`, `imagenet128`, prepared as in configs/sngan/datasets.py; then
nothing, or `-logistic` for StyleGAN2's loss with nothing else changed. Faces and
bedrooms are among the paper's data. --config.method.form=swapped gives the generator a
loss that does not vanish when D separates a batch.

Expected: no number. The abstract claims an FID at least 17.5% lower than the best
before it on several data sets, for StyleGAN2 with attention of its own; the authors
published no code, and their tables could not be read. Here networks, batch, rates and
steps are those of configs/sngan/datasets.py, whose SNGAN is one more baseline by the
same command, with R1 of weight 1 (ours) on every step and a moving average that forgets
half in 10,000 images, as StyleGAN2's does. Without an argument: `cifar10`.
"""

from configs.recipes import as_unconditional, choose, unchanged
from configs.sngan_recipes import ZOO, zoo
from tfgan_contra.config import Config
from tfgan_contra.models.self_supervised_configs import DualContrastiveGANConfig
from tfgan_contra.regularizers.configs import R1Config

EMA_DECAY = 0.5 ** (64 / 10_000)


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


CELLS = {
    f"{dataset}{ending}": (dataset, change)
    for dataset in ZOO
    for ending, change in (("", unchanged), ("-logistic", logistic))
}


def get_config(cell: str = "cifar10") -> Config:
    """Returns the settings of a data set with the loss or its baseline."""
    file = "dual_contrastive_gan/datasets.py"
    dataset, change = choose(CELLS, cell, file)
    return change(on_sngan(dataset, file))
