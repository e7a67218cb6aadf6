"""A minute of ContraGAN with DiffAugment on the bundled digits: it runs.

Command: bin/train.py --config=configs/smoke/contragan_diffaugment.py --workdir=runs/a
"""

from configs.contragan import cifar10_diffaugment
from configs.recipes import as_smoke
from tfgan_contra.config import Config


def get_config() -> Config:
    """Returns the shrunk settings."""
    return as_smoke(cifar10_diffaugment.get_config())
