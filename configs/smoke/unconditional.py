"""A minute of WGAN-GP (no classes) on the bundled digits: shows that it runs.

Command: bin/train.py --config=configs/smoke/unconditional.py --workdir=runs/smoke
"""

from configs.recipes import as_smoke
from configs.unconditional import cifar10
from tfgan_contra.config import Config


def get_config() -> Config:
    """Returns the shrunk settings."""
    return as_smoke(cifar10.get_config("wgan_gp"))
