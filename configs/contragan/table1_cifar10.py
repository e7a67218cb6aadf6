"""Table 1 of the ContraGAN paper on CIFAR10: three networks, three conditionings.

Paper: Kang and Park, NeurIPS 2020 (arXiv 2006.12681), as first published in June 2020.
Command: bin/train.py --config=configs/contragan/table1_cifar10.py:biggan-2c
    --workdir=runs/biggan-2c (data as in configs/contragan/cifar10.py)

The argument joins a network (`sndcgan`, `snresgan`, `biggan`) and a conditioning of the
discriminator (`ac`: auxiliary classifier; `projection`; `2c`); `biggan-2c` without one.

Expected FID with the authors' code, not measured here (means of several runs, which
spread by 0.02 to 0.58; EMA generator, PyTorch Inception, BatchNorm statistics of the
evaluation batch; how many images is not known, so it is 10,000 test images as later):

                ac     projection  2c     steps, and updates of D in each
    sndcgan   21.44       19.52  18.79    200,000, 1
    snresgan  11.59       11.03  11.33    100,000, 2
    biggan    10.70       10.74  10.60     80,000, 5

Batch norm had epsilon 1e-5 and slower averages then; here it is as in their later code.
Images are mirrored as later, since the settings files of June do not say.
The losses that the paper sets 2C against: --config.method.contrast=nt_xent (or
proxy_nca, triplet).
"""

from configs.contragan import cifar10
from configs.recipes import (
    as_acgan_2020,
    as_projection_gan,
    choose,
    unchanged,
    with_method,
    with_train,
)
from tfgan_contra.config import Config
from tfgan_contra.networks.configs import DCGANConfig, ResNetConfig


def on_sndcgan(config: Config) -> Config:
    """Takes SNDCGAN, trained longest with fewest updates of D."""
    config = with_method(config, network=DCGANConfig(), d_steps=1)
    return with_train(config, num_steps=200_000)


def on_snresgan(config: Config) -> Config:
    """Takes SNResGAN."""
    return with_method(config, network=ResNetConfig(), d_steps=2)


def on_biggan(config: Config) -> Config:
    """Keeps BigGAN, trained a little shorter than later."""
    return with_train(config, num_steps=80_000)


CONDITIONINGS = {"ac": as_acgan_2020, "projection": as_projection_gan, "2c": unchanged}
NETWORKS = {"sndcgan": on_sndcgan, "snresgan": on_snresgan, "biggan": on_biggan}
CELLS = {
    f"{network}-{conditioning}": (change, condition)
    for network, change in NETWORKS.items()
    for conditioning, condition in CONDITIONINGS.items()
}


def get_config(cell: str = "biggan-2c") -> Config:
    """Returns the settings of one cell of the table."""
    change, condition = choose(CELLS, cell, "contragan/table1_cifar10.py")
    # In 2020 the moving average began late.
    config = with_method(cifar10.get_config(), ema_start=20_000)
    return condition(change(config))
