"""ProjGAN, SNGAN and SAGAN on CIFAR10: projection discriminators on SNResGAN.

Paper: ProjGAN: Miyato and Koyama, ICLR 2018 (arXiv 1802.05637); SNGAN: Miyato et al.,
ICLR 2018 (arXiv 1802.05957); SAGAN: Zhang et al., ICML 2019 (arXiv 1805.08318).
Command: bin/train.py --config=configs/projgan/cifar10.py:sngan --workdir=runs/sngan
    (data as in configs/contragan/cifar10.py)

Expected with the ContraGAN authors' code, not measured here (their table of 2021, the
best checkpoint of 100,000 steps, protocol as in configs/contragan/cifar10.py but
without EMA; in brackets their later table: 50,000 samples against the training set,
TensorFlow Inception):

    argument  FID            Inception score  spectral norm in  attention
    :projgan  33.83          7.54             neither           no; collapses
    :sngan    13.25 [9.01]   8.68 [8.83]      D                 no; iFID [22.9]
    :sagan    14.01 [10.35]  8.68 [8.64]      G and D           yes

Without an argument: SNGAN.
"""

from configs.contragan import cifar10 as contragan
from configs.recipes import as_projection_gan, choose, without_average
from tfgan_contra.config import Config
from tfgan_contra.networks.configs import NetworkConfig, ResNetConfig


def projgan() -> NetworkConfig:
    """Batch norm in both networks."""
    return ResNetConfig(d_spectral_norm=False)


def sngan() -> NetworkConfig:
    """Spectral norm in the discriminator."""
    return ResNetConfig()


def sagan() -> NetworkConfig:
    """Spectral norm and self-attention in both networks."""
    return ResNetConfig(
        g_spectral_norm=True, g_attention_after=(2,), d_attention_after=(1,)
    )


NETWORKS = {"projgan": projgan, "sngan": sngan, "sagan": sagan}


def get_config(name: str = "sngan") -> Config:
    """Returns ContraGAN's settings with projection, other networks and no EMA."""
    network = choose(NETWORKS, name, "projgan/cifar10.py")
    return without_average(as_projection_gan(contragan.get_config()), network())
