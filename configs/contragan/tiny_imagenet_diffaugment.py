"""ContraGAN with DiffAugment: configs/contragan/tiny_imagenet.py:diffaugment.

Paper: Kang and Park, NeurIPS 2020 (arXiv 2006.12681), table 2.
Command: bin/train.py --config=configs/contragan/tiny_imagenet_diffaugment.py
    --workdir=runs/a --config.data.source=folder:<the unpacked tiny-imagenet-200>

Expected with the authors' code, not measured here: FID 15.8, Inception score 17.3
after 200,000 steps; it may break between 140,000 and 150,000, so use the best
checkpoint (protocol as in tiny_imagenet.py).
"""

from configs.contragan import tiny_imagenet
from tfgan_contra.config import Config


def get_config() -> Config:
    """Returns ContraGAN's settings with this addition."""
    return tiny_imagenet.get_config("diffaugment")
