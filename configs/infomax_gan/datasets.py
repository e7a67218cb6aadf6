"""InfoMax-GAN on the eight data sets of mimicry's zoo, which is its authors'.

Paper: Lee, Tran and Cheung, "InfoMax-GAN: Improved Adversarial Image Generation via
Information Maximization and Contrastive Learning", WACV 2021 (arXiv 2007.04589);
settings and scores of Lee and Town (arXiv 2005.02494).
Command: bin/train.py --config=configs/infomax_gan/datasets.py:stl10 --workdir=runs/i
    (data as in configs/sngan/datasets.py)
Its baselines: bin/train.py --config=configs/sngan/datasets.py:stl10 --workdir=... and
    bin/train.py --config=configs/ssgan/datasets.py:stl10 --workdir=...

Expected with mimicry, not measured here (settings and protocol as in
configs/sngan/datasets.py: 50,000 training images and 50,000 samples, 3 seeds,
TensorFlow Inception; in brackets the FID of SNGAN and of SSGAN):

    argument          FID                   Inception score  KID x 1000
    :cifar10          15.12 [16.77, 14.65]  8.08             11.2
    :cifar100         18.94 [22.61, 22.18]  7.86             13.5
    :imagenet32       20.68 [23.04, 21.79]  9.04             14.9
    :stl10            35.52 [39.56, 37.06]  8.54             32.6
    :celeba64         5.71  [5.71, 6.03]    2.68             3.3
    :celeba128        9.50  [12.93, 15.18]  2.84             6.3
    :lsun_bedroom128  12.13 [25.87, 12.02]  2.22             8.0
    :imagenet128      58.91 [65.74, 62.48]  13.68            57.9

Features are projected to 1,024 numbers everywhere, and both weights are 0.2. Without an
argument: CIFAR10.
"""

from configs.sngan_recipes import zoo
from tfgan_contra.config import Config
from tfgan_contra.models.self_supervised_configs import InfoMaxGANConfig


def get_config(dataset: str = "cifar10") -> Config:
    """Returns the authors' settings."""
    return zoo(InfoMaxGANConfig, dataset, "infomax_gan/datasets.py")
