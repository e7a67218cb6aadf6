"""ACGAN on CIFAR10 (the ContraGAN authors' ACGAN-Mod: hinge loss, SNResGAN).

Paper: Odena et al., ICML 2017 (arXiv 1610.09585).
Command: bin/train.py --config=configs/acgan/cifar10.py --workdir=runs/acgan
    (data as in configs/contragan/cifar10.py)

Expected with the ContraGAN authors' code, not measured here: FID 45.57, Inception score
6.63 (their table of 2021, the best checkpoint of 100,000 steps, protocol as in
configs/contragan/cifar10.py but without EMA). It collapses after 20,000 to 40,000
steps. Their later table, of a discriminator that does not classify fakes, has FID 33.4
and Inception score 7.19 (50,000 samples against the training set, TensorFlow
Inception): --config.method.classify_fakes=false --config.method.class_bias=false
"""

from configs.contragan import cifar10 as contragan
from configs.recipes import as_acgan_2020, without_average
from tfgan_contra.config import Config
from tfgan_contra.networks.configs import ResNetConfig


def get_config() -> Config:
    """Returns ContraGAN's settings with a classifier, batch norm in D and no EMA."""
    network = ResNetConfig(d_spectral_norm=False)
    return without_average(as_acgan_2020(contragan.get_config()), network)
