"""ProjGAN, SNGAN and SAGAN on Tiny-ImageNet: projection on SNResGAN.

Paper: as in configs/projgan/cifar10.py.
Command: bin/train.py --config=configs/projgan/tiny_imagenet.py:sagan --workdir=runs/a
    (data as in configs/contragan/tiny_imagenet.py)

Expected with the ContraGAN authors' code, not measured here (their table of 2021, the
best checkpoint of 100,000 steps, protocol as in configs/contragan/tiny_imagenet.py but
without EMA):

    argument  FID    Inception score
    :projgan  89.18  6.22; collapses after 20,000 to 40,000 steps
    :sngan    53.59  8.41
    :sagan    51.41  8.34

Without an argument: SNGAN.
"""

import dataclasses

from configs.contragan import tiny_imagenet as contragan
from configs.projgan.cifar10 import NETWORKS
from configs.recipes import as_projection_gan, choose, with_train, without_average
from tfgan_contra.config import Config


def get_config(name: str = "sngan") -> Config:
    """Returns ContraGAN's settings with projection, a smaller batch and no EMA."""
    network = choose(NETWORKS, name, "projgan/tiny_imagenet.py")()
    if network.g_attention_after:
        network = dataclasses.replace(network, g_attention_after=(3,))
    config = with_train(contragan.get_config(), global_batch_size=256)
    return without_average(as_projection_gan(config), network)
