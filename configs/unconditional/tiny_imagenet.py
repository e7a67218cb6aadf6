"""GANs without classes on Tiny-ImageNet, all on SNResGAN (SNDCGAN has 32 pixels).

Paper: as in configs/unconditional/cifar10.py.
Command: bin/train.py --config=configs/unconditional/tiny_imagenet.py:ggan
    --workdir=runs/ggan (data as in configs/contragan/tiny_imagenet.py)

Expected with the ContraGAN authors' code, not measured here (their table of 2021, the
best checkpoint of 100,000 steps, protocol as in configs/contragan/tiny_imagenet.py but
without EMA):

    argument   FID     Inception score
    :dcgan     91.63   5.64 (its loss was wrong, see configs/unconditional/cifar10.py)
    :lsgan     90.01   5.38
    :ggan      102.09  5.15
    :wgan_wc   41.45   9.70
    :wgan_gp   311.81  1.32; it collapsed
    :wgan_dra  40.66   9.56

No network has spectral norm; D has batch norm. Without an argument: DCGAN.
"""

from configs.contragan import tiny_imagenet as contragan
from configs.recipes import with_train
from configs.unconditional.cifar10 import without_classes
from tfgan_contra.config import Config


def get_config(name: str = "dcgan") -> Config:
    """Returns ContraGAN's settings without classes, a smaller batch and no EMA."""
    config = with_train(contragan.get_config(), global_batch_size=256)
    return without_classes(config, name, "unconditional/tiny_imagenet.py")
