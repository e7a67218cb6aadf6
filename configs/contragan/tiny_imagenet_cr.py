"""ContraGAN with CR on Tiny-ImageNet: configs/contragan/tiny_imagenet.py:cr.

Paper: Kang and Park, NeurIPS 2020 (arXiv 2006.12681), table 2.
Command: bin/train.py --config=configs/contragan/tiny_imagenet_cr.py --workdir=runs/a
    --config.data.source=folder:<the unpacked tiny-imagenet-200>

Expected with the authors' code, not measured here: FID 19.7, Inception score 15.6
(protocol as in tiny_imagenet.py).
"""

from configs.contragan import tiny_imagenet
from tfgan_contra.config import Config


def get_config() -> Config:
    """Returns ContraGAN's settings with this addition."""
    return tiny_imagenet.get_config("cr")
