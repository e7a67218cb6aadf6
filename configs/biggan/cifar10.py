"""BigGAN (projection discriminator) on CIFAR10: the rival of ContraGAN.

Paper: Brock et al., ICLR 2019 (arXiv 1809.11096); projection: Miyato and Koyama, ICLR
2018 (arXiv 1802.05637).
Command: bin/train.py --config=configs/biggan/cifar10.py --workdir=runs/biggan
    (data as in configs/contragan/cifar10.py)

Expected with the ContraGAN authors' code, not measured here:
FID 8.03, Inception score 9.75
(protocol as in configs/contragan/cifar10.py).
"""

from configs.contragan import cifar10 as contragan
from configs.recipes import as_projection_gan
from tfgan_contra.config import Config


def get_config() -> Config:
    """Returns ContraGAN's settings with projection in place of the contrast."""
    return as_projection_gan(contragan.get_config())
