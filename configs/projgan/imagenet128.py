"""SNGAN and SAGAN on ImageNet at 128x128: projection on SNResGAN.

Paper: as in configs/projgan/cifar10.py.
Command: bin/train.py --config=configs/projgan/imagenet128.py:sngan --workdir=runs/sngan
    (data as in configs/contragan/imagenet128.py)

Expected with the ContraGAN authors' code, not measured here (their table of 2021,
protocol as in configs/contragan/imagenet128.py but without EMA):

    argument  FID    Inception score  settings
    :sngan    26.79  32.25            5e-5 and 2e-4, 2 steps of D, 500,000 steps
    :sagan    34.73  29.85            1e-4 and 4e-4, 1 step of D, 1,000,000 steps

Without an argument: SNGAN.
"""

import dataclasses

from configs.contragan import imagenet128 as contragan
from configs.projgan.cifar10 import sagan as sagan_network
from configs.projgan.cifar10 import sngan as sngan_network
from configs.recipes import as_projection_gan, choose, with_train, without_average
from tfgan_contra.config import Config


def sngan(config: Config) -> Config:
    """Trains longer than ContraGAN."""
    config = without_average(config, sngan_network())
    return with_train(config, num_steps=500_000)


def sagan(config: Config) -> Config:
    """Trains longest, with one update of D per step."""
    network = dataclasses.replace(sagan_network(), g_attention_after=(4,))
    config = contragan.with_ttur(without_average(config, network))
    return with_train(config, num_steps=1_000_000)


VARIANTS = {"sngan": sngan, "sagan": sagan}


def get_config(name: str = "sngan") -> Config:
    """Returns ContraGAN's settings with projection, other networks and no EMA."""
    change = choose(VARIANTS, name, "projgan/imagenet128.py")
    return change(as_projection_gan(contragan.get_config()))
