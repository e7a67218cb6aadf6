"""A minute of SNGAN on the bundled digits: shows that the recipe runs.

Command: bin/train.py --config=configs/smoke/sngan.py --workdir=runs/smoke
"""

from configs.recipes import as_smoke
from configs.sngan import cifar10
from tfgan_contra.config import Config


def get_config() -> Config:
    """Returns the shrunk settings."""
    return as_smoke(cifar10.get_config())
