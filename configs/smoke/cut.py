"""A minute of CUT on the bundled digits: shows that the recipe runs.

Command: bin/train.py --config=configs/smoke/cut.py --workdir=runs/smoke
"""

from configs.cut import horse2zebra
from configs.translation_recipes import as_translation_smoke
from tfgan_contra.config import Config


def get_config() -> Config:
    """Returns the shrunk settings."""
    return as_translation_smoke(horse2zebra.get_config())
