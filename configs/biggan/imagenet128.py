"""BigGAN (projection discriminator) on ImageNet at 128x128: ContraGAN's rival.

Paper: Brock et al., ICLR 2019 (arXiv 1809.11096); projection: Miyato and Koyama, ICLR
2018 (arXiv 1802.05637).
Command: bin/train.py --config=configs/biggan/imagenet128.py --workdir=runs/biggan
    (data as in configs/contragan/imagenet128.py)
Another setting: --config=configs/biggan/imagenet128.py:2048

Expected with the ContraGAN authors' code, not measured here (their table of 2021,
protocol as in configs/contragan/imagenet128.py):

    argument  FID    Inception score  settings
    (none)    24.68  28.63            batch 256, 200,000 steps; 40.8 and FID 20.6 later
    :ttur     21.07  not given        1e-4 and 4e-4, 1 step of D, 250,000 steps
    :2048     7.89   99.71            batch 2048 in 4 parts, 200,000 steps; one month

"Later": their table of 2022, under another protocol.
"""

from configs.contragan import imagenet128 as contragan
from configs.recipes import (
    as_projection_gan,
    choose,
    unchanged,
    with_method,
    with_train,
)
from tfgan_contra.config import Config


def with_batch_2048(config: Config) -> Config:
    """Makes every update of 2048 images, 512 at a time."""
    return with_train(with_method(config, accumulation=4), global_batch_size=2048)


VARIANTS = {
    "plain": unchanged,
    "ttur": contragan.with_ttur,
    "2048": with_batch_2048,
}


def get_config(variant: str = "plain") -> Config:
    """Returns ContraGAN's settings with projection in place of the contrast."""
    change = choose(VARIANTS, variant, "biggan/imagenet128.py")
    return change(as_projection_gan(contragan.get_config()))
