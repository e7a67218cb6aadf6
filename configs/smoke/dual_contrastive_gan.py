"""A minute of Dual Contrastive GAN on the bundled digits: shows that it runs.

Command: bin/train.py --config=configs/smoke/dual_contrastive_gan.py --workdir=runs/d
"""

from configs.dual_contrastive_gan import cifar10
from configs.recipes import as_smoke
from tfgan_contra.config import Config


def get_config() -> Config:
    """Returns the shrunk settings."""
    return as_smoke(cifar10.get_config())
