"""SNGAN on CIFAR10 in mimicry's form, without labels and with them.

Paper: Miyato et al., ICLR 2018 (arXiv 1802.05957); projection of labels: Miyato and
Koyama, ICLR 2018 (arXiv 1802.05637); settings and scores of Lee and Town (arXiv
2005.02494).
Command: bin/train.py --config=configs/sngan/cifar10.py --workdir=runs/sngan
    (data as in configs/contragan/cifar10.py)
With labels: bin/train.py --config=configs/sngan/cifar10.py:conditional --workdir=...

Expected with mimicry, not measured here (settings and protocol as in
configs/sngan/datasets.py: 50,000 training images and 50,000 samples, 3 seeds,
TensorFlow Inception):

    argument      FID    Inception score  KID x 1000
    (none)        16.77  7.97             12.5
    :conditional  10.84  8.25             7.0         projection (cGAN-PD)

The number of images decides: with 10,000 real ones and 5,000 samples, as in the papers,
and after trainings of other lengths, SNGAN has 23.90 (the paper says 21.7) and the
projection 17.84 (17.5).
"""

from configs.recipes import as_projection_gan, choose, unchanged
from configs.sngan_recipes import zoo
from tfgan_contra.config import Config
from tfgan_contra.models.configs import UnconditionalGANConfig

VARIANTS = {"plain": unchanged, "conditional": as_projection_gan}


def get_config(variant: str = "plain") -> Config:
    """Returns mimicry's settings."""
    file = "sngan/cifar10.py"
    change = choose(VARIANTS, variant, file)
    return change(zoo(UnconditionalGANConfig, "cifar10", file))
