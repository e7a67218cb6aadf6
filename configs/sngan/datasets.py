"""SNGAN without labels on the eight data sets of mimicry's zoo: the zoo's baseline.

Paper: Miyato et al., ICLR 2018 (arXiv 1802.05957); settings and scores of Lee and Town
(arXiv 2005.02494).
Command: bin/train.py --config=configs/sngan/datasets.py:stl10 --workdir=runs/sngan
    --config.data.source=folder:<where the images are>
    (CIFAR: from TFDS, see configs/contragan/cifar10.py; pictures and crops:
    configs/sngan_recipes.py)

Expected with mimicry, not measured here (50,000 real images of the training set and
50,000 samples of the last step, TensorFlow Inception, means of 3 seeds; a lower FID and
KID and a higher Inception score are better):

    argument          FID    Inception score  KID x 1000  size  updates of D, steps
    :cifar10          16.77  7.97             12.5        32    5, 100,000
    :cifar100         22.61  7.57             15.6        32    5, 100,000
    :imagenet32       23.04  8.97             15.7        32    5, 100,000
    :stl10            39.56  8.04             36.9        48    5, 100,000
    :celeba64         5.71   2.68             3.3         64    5, 100,000
    :celeba128        12.93  2.72             7.6         128   2, 100,000; no decay
    :lsun_bedroom128  25.87  2.30             14.1        128   2, 100,000
    :imagenet128      65.74  13.05            66.3        128   5, 450,000; no decay

Batch 64, Adam 2e-4 (0, 0.9) falling linearly to 0, hinge loss, no mirroring, no moving
average. The same for SSGAN and InfoMax-GAN: configs/ssgan/datasets.py and
configs/infomax_gan/datasets.py. Without an argument: CIFAR10.
"""

from configs.sngan_recipes import zoo
from tfgan_contra.config import Config
from tfgan_contra.models.configs import UnconditionalGANConfig


def get_config(dataset: str = "cifar10") -> Config:
    """Returns mimicry's settings."""
    return zoo(UnconditionalGANConfig, dataset, "sngan/datasets.py")
