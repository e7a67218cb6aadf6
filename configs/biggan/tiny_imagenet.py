"""BigGAN (projection discriminator) on Tiny-ImageNet, plain or with an addition.

With CR it is the papers' CRGAN, with ICR ICRGAN, with DiffAugment DiffAugGAN.

Paper: Brock et al., ICLR 2019 (arXiv 1809.11096); projection: Miyato and Koyama, ICLR
2018 (arXiv 1802.05637); the additions' papers are in configs/biggan/cifar10.py.
Command: bin/train.py --config=configs/biggan/tiny_imagenet.py --workdir=runs/biggan
    (data as in configs/contragan/tiny_imagenet.py)
With an addition: --config=configs/biggan/tiny_imagenet.py:cr

Expected with the ContraGAN authors' code, not measured here (their table of 2021,
protocol as in configs/contragan/tiny_imagenet.py):

    argument      FID    Inception score  steps
    (none)        31.92  12.00            100,000
    :cr           21.49  14.89            100,000
    :icr          91.33  5.61             100,000; collapsed at 6,000
    :diffaugment  16.34  17.08            200,000
    :ada          24.12  15.16            200,000
"""

from configs.contragan import tiny_imagenet as contragan
from configs.recipes import as_projection_gan, choose
from tfgan_contra.config import Config


def get_config(addition: str = "plain") -> Config:
    """Returns ContraGAN's settings with projection in place of the contrast."""
    choose(contragan.ADDITIONS, addition, "biggan/tiny_imagenet.py")
    return as_projection_gan(contragan.get_config(addition))
