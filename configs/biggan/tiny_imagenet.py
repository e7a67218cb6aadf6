"""BigGAN (projection discriminator) on Tiny-ImageNet: the rival of ContraGAN.

Paper: Brock et al., ICLR 2019 (arXiv 1809.11096); projection: Miyato and Koyama, ICLR
2018 (arXiv 1802.05637).
Command: bin/train.py --config=configs/biggan/tiny_imagenet.py --workdir=runs/biggan
    (data as in configs/contragan/tiny_imagenet.py)

Expected with the ContraGAN authors' code, not measured here:
FID 31.9, Inception score 12.0
(protocol as in configs/contragan/tiny_imagenet.py).
"""

from configs.contragan import tiny_imagenet as contragan
from configs.recipes import as_projection_gan
from tfgan_contra.config import Config


def get_config() -> Config:
    """Returns ContraGAN's settings with projection in place of the contrast."""
    return as_projection_gan(contragan.get_config())
