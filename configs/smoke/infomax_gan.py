"""A minute of InfoMax-GAN on the bundled digits: shows that the recipe runs.

Command: bin/train.py --config=configs/smoke/infomax_gan.py --workdir=runs/smoke
"""

from configs.infomax_gan import cifar10
from configs.recipes import as_smoke
from tfgan_contra.config import Config


def get_config() -> Config:
    """Returns the shrunk settings."""
    return as_smoke(cifar10.get_config())
