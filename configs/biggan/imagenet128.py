"""BigGAN (projection discriminator) on ImageNet at 128x128: the rival of ContraGAN.

Paper: Brock et al., ICLR 2019 (arXiv 1809.11096); projection: Miyato and Koyama, ICLR
2018 (arXiv 1802.05637).
Command: bin/train.py --config=configs/biggan/imagenet128.py --workdir=runs/biggan
    (data as in configs/contragan/imagenet128.py)

Expected with the ContraGAN authors' code, not measured here:
FID 24.7, Inception score 28.6
(protocol as in configs/contragan/imagenet128.py).
"""

from configs.contragan import imagenet128 as contragan
from configs.recipes import as_projection_gan
from tfgan_contra.config import Config


def get_config() -> Config:
    """Returns ContraGAN's settings with projection in place of the contrast."""
    return as_projection_gan(contragan.get_config())
