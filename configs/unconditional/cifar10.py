"""GANs without classes on CIFAR10: DCGAN, LSGAN, Geometric GAN and three WGANs.

Paper: DCGAN: Radford et al., ICLR 2016 (arXiv 1511.06434); LSGAN: Mao et al., ICCV 2017
(arXiv 1611.04076); GGAN: Lim and Ye (arXiv 1705.02894); WGAN with weight clipping:
Arjovsky et al., ICML 2017 (arXiv 1701.07875); WGAN-GP: Gulrajani et al., NeurIPS 2017
(arXiv 1704.00028); WGAN-DRA (DRAGAN): Kodali et al. (arXiv 1705.07215).
Command: bin/train.py --config=configs/unconditional/cifar10.py:dcgan --workdir=runs/d
    (data as in configs/contragan/cifar10.py)

Expected with the ContraGAN authors' code, not measured here (their table of 2021,
protocol as in configs/contragan/cifar10.py but without EMA):

    argument   FID     Inception score  networks  steps
    :dcgan     49.03   6.64             SNDCGAN   200,000, 2 updates of D in each
    :lsgan     66.69   5.58             SNDCGAN   200,000, 2
    :ggan      42.71   6.23             SNDCGAN   200,000, 2
    :wgan_wc   159.09  2.58             SNResGAN  100,000, 5
    :wgan_gp   25.85   7.46             SNResGAN  100,000, 5
    :wgan_dra  41.59   6.43             SNResGAN  100,000, 5

No network has spectral norm; D has batch norm. The loss of their DCGAN was wrong (see
`vanilla_2020_discriminator_loss`), here it is right. Without an argument: DCGAN.
"""

from configs.contragan import cifar10 as contragan
from configs.recipes import (
    as_unconditional,
    choose,
    with_method,
    with_train,
    without_average,
)
from tfgan_contra.config import Config
from tfgan_contra.networks.configs import DCGANConfig, ResNetConfig
from tfgan_contra.regularizers.configs import (
    DraganConfig,
    GradientPenaltyConfig,
    WeightClippingConfig,
)

# The authors' strengths are the defaults: 0.01, 10 and 10.
WGANS = {
    "wgan_wc": WeightClippingConfig,
    "wgan_gp": GradientPenaltyConfig,
    "wgan_dra": DraganConfig,
}
LOSSES = {
    "dcgan": "logistic",
    "lsgan": "least_squares",
    "ggan": "hinge",
} | dict.fromkeys(WGANS, "wasserstein")


def without_classes(config: Config, name: str, file: str) -> Config:
    """Returns settings with a loss of `LOSSES`, on SNResGAN and without EMA."""
    adversarial = choose(LOSSES, name, file)
    regularizers = (WGANS[name](),) if name in WGANS else ()
    config = as_unconditional(config, adversarial, regularizers=regularizers)
    return without_average(config, ResNetConfig(d_spectral_norm=False))


def get_config(name: str = "dcgan") -> Config:
    """Returns ContraGAN's settings without classes, with other networks and no EMA."""
    file = "unconditional/cifar10.py"
    config = without_classes(contragan.get_config(), name, file)
    if name in WGANS:
        return config
    network = DCGANConfig(d_spectral_norm=False)
    return with_train(
        with_method(config, network=network, d_steps=2), num_steps=200_000
    )
