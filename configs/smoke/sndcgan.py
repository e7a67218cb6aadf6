"""A minute of ContraGAN with SNDCGAN networks on the bundled digits: it runs.

Command: bin/train.py --config=configs/smoke/sndcgan.py --workdir=runs/smoke
"""

from configs.contragan import table1_cifar10
from configs.recipes import as_smoke
from tfgan_contra.config import Config


def get_config() -> Config:
    """Returns the shrunk settings."""
    return as_smoke(table1_cifar10.get_config("sndcgan-2c"))
