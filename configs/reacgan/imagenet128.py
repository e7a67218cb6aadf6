"""ReACGAN on ImageNet at 128x128, batch 256 or 2048.

Paper: Kang et al., "Rebooting ACGAN", NeurIPS 2021 (arXiv 2111.01118).
Command: bin/train.py --config=configs/reacgan/imagenet128.py --workdir=runs/reacgan
    (data as in configs/contragan/imagenet128.py)
The large batch: --config=configs/reacgan/imagenet128.py:2048

Expected with the authors' code, not measured here (their table of 2021, protocol as in
configs/contragan/imagenet128.py; on the discriminator of those runs see
configs/reacgan/cifar10.py):

    argument  FID   Inception score  settings
    (none)    13.9  67.4             batch 256, 500,000 steps; 66.7 and FID 15.7 later
    :2048     8.21  96.3             batch 2048 in 4 parts, 200,000 steps

"Later": their table of 2022, under another protocol.
"""

from configs.biggan.imagenet128 import with_batch_2048
from configs.contragan import imagenet128 as contragan
from configs.recipes import as_reacgan, choose, with_method, with_train
from tfgan_contra.config import Config


def batch_256(config: Config) -> Config:
    """Trains longer than ContraGAN."""
    config = as_reacgan(config, temperature=0.5, positive_margin=0.98, weight=1.0)
    return with_train(config, num_steps=500_000)


def batch_2048(config: Config) -> Config:
    """Has a colder contrast and a smaller margin."""
    config = as_reacgan(config, temperature=0.25, positive_margin=0.90, weight=0.5)
    return with_batch_2048(config)


VARIANTS = {"plain": batch_256, "2048": batch_2048}


def get_config(variant: str = "plain") -> Config:
    """Returns ContraGAN's settings with D2D-CE and longer embeddings."""
    change = choose(VARIANTS, variant, "reacgan/imagenet128.py")
    return change(with_method(contragan.get_config(), embedding_dim=2048))
