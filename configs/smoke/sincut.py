"""A minute of SinCUT on the bundled photographs: shows that the recipe runs.

Command: bin/train.py --config=configs/smoke/sincut.py --workdir=runs/smoke
"""

from configs.cut import sincut
from configs.translation_recipes import as_translation_smoke
from tfgan_contra.config import Config


def get_config() -> Config:
    """Returns the shrunk settings."""
    return as_translation_smoke(sincut.get_config())
