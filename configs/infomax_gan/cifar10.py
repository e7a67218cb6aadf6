"""InfoMax-GAN on CIFAR10: the authors' code, and the paper's denominator.

Paper: Lee, Tran and Cheung, WACV 2021 (arXiv 2007.04589); settings and scores of Lee
and Town (arXiv 2005.02494).
Command: bin/train.py --config=configs/infomax_gan/cifar10.py --workdir=runs/infomax
    (data as in configs/contragan/cifar10.py)
As the paper writes it: --config=configs/infomax_gan/cifar10.py:all_negatives
Its baselines: bin/train.py --config=configs/sngan/cifar10.py --workdir=... and
    bin/train.py --config=configs/ssgan/cifar10.py --workdir=...

Expected with mimicry, not measured here (protocol as in configs/sngan/datasets.py:
50,000 training images and 50,000 samples, 3 seeds, TensorFlow Inception):

    argument        FID            Inception score  KID x 1000  negatives
    (none)          15.12          8.08             11.2        other images' places
    :all_negatives  none is known                               also the image's own

With 50,000 real images and 10,000 samples the authors report 17.14 +- 0.20. Ablations
of the paper are single fields: --config.method.projection_dim,
--config.method.d_info_weight, --config.method.g_info_weight, --config.method.d_steps,
--config.optimizer.beta_1.
"""

from configs.recipes import choose, unchanged, with_method
from configs.sngan_recipes import zoo
from tfgan_contra.config import Config
from tfgan_contra.models.self_supervised_configs import InfoMaxGANConfig


def all_negatives(config: Config) -> Config:
    """Has the other places of an image itself in the denominator too."""
    return with_method(config, negatives="all")


VARIANTS = {"plain": unchanged, "all_negatives": all_negatives}


def get_config(variant: str = "plain") -> Config:
    """Returns the authors' settings, or with the paper's denominator."""
    file = "infomax_gan/cifar10.py"
    change = choose(VARIANTS, variant, file)
    return change(zoo(InfoMaxGANConfig, "cifar10", file))
