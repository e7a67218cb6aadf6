"""A minute of ContraGAN with CR on the bundled digits: shows that the recipe runs.

Command: bin/train.py --config=configs/smoke/contragan_cr.py --workdir=runs/a
"""

from configs.contragan import cifar10_cr
from configs.recipes import as_smoke
from tfgan_contra.config import Config


def get_config() -> Config:
    """Returns the shrunk settings."""
    return as_smoke(cifar10_cr.get_config())
