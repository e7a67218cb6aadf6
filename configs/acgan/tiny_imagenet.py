"""ACGAN on Tiny-ImageNet (the ContraGAN authors' ACGAN-Mod: hinge loss, SNResGAN).

Paper: Odena et al., ICML 2017 (arXiv 1610.09585).
Command: bin/train.py --config=configs/acgan/tiny_imagenet.py --workdir=runs/acgan
    (data as in configs/contragan/tiny_imagenet.py)

Expected with the ContraGAN authors' code, not measured here: FID 78.51, Inception score
6.34 (their table of 2021, the best checkpoint of 100,000 steps, protocol as in
configs/contragan/tiny_imagenet.py but without EMA). It collapses after 20,000 to 40,000
steps.
"""

from configs.contragan import tiny_imagenet as contragan
from configs.recipes import as_acgan_2020, with_train, without_average
from tfgan_contra.config import Config
from tfgan_contra.networks.configs import ResNetConfig


def get_config() -> Config:
    """Returns ContraGAN's settings with a classifier, smaller batch and no EMA."""
    config = with_train(contragan.get_config(), global_batch_size=256)
    return without_average(as_acgan_2020(config), ResNetConfig(d_spectral_norm=False))
