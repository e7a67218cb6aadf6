"""SSGAN in mimicry's form on the eight data sets of its zoo.

Paper: Chen et al., CVPR 2019 (arXiv 1811.11212); settings and scores of Lee and Town
(arXiv 2005.02494).
Command: bin/train.py --config=configs/ssgan/datasets.py:stl10 --workdir=runs/ssgan
    (data as in configs/sngan/datasets.py)
Its baseline: bin/train.py --config=configs/sngan/datasets.py:stl10 --workdir=...

Expected with mimicry, not measured here (settings and protocol as in
configs/sngan/datasets.py: 50,000 training images and 50,000 samples, 3 seeds,
TensorFlow Inception; in brackets SNGAN's FID):

    argument          FID            Inception score  KID x 1000
    :cifar10          14.65 [16.77]  8.17             10.1
    :cifar100         22.18 [22.61]  7.56             16.1
    :imagenet32       21.79 [23.04]  9.11             15.2
    :stl10            37.06 [39.56]  8.25             33.2
    :celeba64         6.03  [5.71]   2.67             3.6
    :celeba128        15.18 [12.93]  2.63             10.1
    :lsun_bedroom128  12.02 [25.87]  2.12             7.7
    :imagenet128      62.48 [65.74]  13.30            61.6

On faces rotations do not help. mimicry turns every image once, a quarter of the batch
in each direction (`quarter_each`); the authors' way is in configs/ssgan/cifar10.py.
Without an argument: CIFAR10.
"""

from configs.sngan_recipes import zoo
from tfgan_contra.config import Config
from tfgan_contra.models.self_supervised_configs import SSGANConfig


def get_config(dataset: str = "cifar10") -> Config:
    """Returns mimicry's settings."""
    file = "ssgan/datasets.py"
    return zoo(SSGANConfig, dataset, file, rotation_batch="quarter_each")
