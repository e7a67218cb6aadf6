"""ContraGAN with consistency regularisation (CR): configs/contragan/cifar10.py:cr.

Paper: Kang and Park, NeurIPS 2020 (arXiv 2006.12681), table 2; CR: Zhang et al., ICLR
2020 (arXiv 1910.12027).
Command: bin/train.py --config=configs/contragan/cifar10_cr.py --workdir=runs/cr

Expected with the authors' code, not measured here: FID 7.69, Inception score 9.81
(protocol as in cifar10.py).
"""

from configs.contragan import cifar10
from tfgan_contra.config import Config


def get_config() -> Config:
    """Returns ContraGAN's settings plus CR of weight 10."""
    return cifar10.get_config("cr")
