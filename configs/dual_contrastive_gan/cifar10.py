"""The dual contrastive loss on CIFAR10, on two backbones, with its baseline.

Paper: Yu et al., "Dual Contrastive Loss and Attention for GANs", ICCV 2021 (arXiv
2103.16748).
Command: bin/train.py --config=configs/dual_contrastive_gan/cifar10.py --workdir=runs/d
    (data as in configs/contragan/cifar10.py)
Another: --config=configs/dual_contrastive_gan/cifar10.py:big_resnet-swapped

The backbone comes first, then the rest:

    sngan       SNGAN's networks, batch, rates and steps of mimicry's zoo
    big_resnet  BigGAN's networks without labels, batch, rates and steps of ContraGAN's
                authors; attention in the generator only
    minimax     the loss as published, for both networks
    swapped     a generator's loss that does not vanish when D separates a batch
    attention   minimax with attention: to the image itself in the generator, to a
                reference image in D, in this library's form
    logistic    the baseline: StyleGAN2's loss, nothing else changed

Expected: no number. The authors published no code, which form of the generator's loss
they ran is unknown, and their networks (StyleGAN2 with attention of their own) are not
these. The paper's claims are for other data at 128 and 256 pixels: see
configs/dual_contrastive_gan/datasets.py. Compare with `logistic` by the same command.

All have R1 of weight 1 on every step and a moving average that forgets half in 10,000
images, as StyleGAN2's does; the weight is ours. Without an argument: `sngan-minimax`.
"""

import dataclasses
from typing import Any

from configs.contragan import cifar10 as contragan
from configs.dual_contrastive_gan.datasets import (
    EMA_DECAY,
    logistic,
    on_sngan,
    with_attention,
)
from configs.recipes import as_method, choose, unchanged, with_method
from tfgan_contra.config import Config
from tfgan_contra.models.self_supervised_configs import DualContrastiveGANConfig
from tfgan_contra.regularizers.configs import R1Config

FILE = "dual_contrastive_gan/cifar10.py"


def sngan() -> Config:
    """Returns mimicry's settings with the dual contrastive loss."""
    return on_sngan("cifar10", FILE)


def big_resnet() -> Config:
    """Returns ContraGAN's without labels, measured as the other backbone."""
    config, other = contragan.get_config(), sngan()
    method: Any = config.method
    config = as_method(
        config,
        DualContrastiveGANConfig,
        network=dataclasses.replace(method.network, d_attention_after=()),
        adversarial="dual_contrastive",
        ema_decay=EMA_DECAY,
        regularizers=(R1Config(weight=1.0),),
    )
    return dataclasses.replace(config, data=other.data, evaluation=other.evaluation)


def swapped(config: Config) -> Config:
    """Has the generator's loss that does not vanish."""
    return with_method(config, form="swapped")


BACKBONES = {"sngan": sngan, "big_resnet": big_resnet}
CHANGES = {
    "minimax": unchanged,
    "swapped": swapped,
    "attention": with_attention,
    "logistic": logistic,
}
CELLS = {
    f"{backbone}-{change}": (backbone, change)
    for backbone in BACKBONES
    for change in CHANGES
}


def get_config(cell: str = "sngan-minimax") -> Config:
    """Returns the settings of a backbone with a loss, or with attention."""
    backbone, change = choose(CELLS, cell, FILE)
    return CHANGES[change](BACKBONES[backbone]())
