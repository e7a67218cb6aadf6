"""ReACGAN on Tiny-ImageNet, plain or with an addition.

Paper: Kang et al., "Rebooting ACGAN", NeurIPS 2021 (arXiv 2111.01118).
Command: bin/train.py --config=configs/reacgan/tiny_imagenet.py --workdir=runs/reacgan
    (data as in configs/contragan/tiny_imagenet.py)
With an addition: --config=configs/reacgan/tiny_imagenet.py:cr

Expected with the authors' code, not measured here (their table of 2021, protocol as in
configs/contragan/tiny_imagenet.py; on the discriminator of those runs see
configs/reacgan/cifar10.py):

    argument      FID   Inception score  steps
    (none)        26.6  14.2             100,000
    :cr           20.3  16.5             100,000; broke between 50,000 and 60,000
    :diffaugment  14.3  20.5             200,000

The settings file of the last row leaves out its length; 200,000 is that of the same row
of ContraGAN and BigGAN.
"""

from configs.contragan import tiny_imagenet as contragan
from configs.reacgan.cifar10 import ADDITIONS
from configs.recipes import as_reacgan, choose
from tfgan_contra.config import Config


def get_config(addition: str = "plain") -> Config:
    """Returns ContraGAN's settings with D2D-CE in place of 2C."""
    add = choose(ADDITIONS, addition, "reacgan/tiny_imagenet.py")
    return add(
        as_reacgan(
            contragan.get_config(), temperature=0.75, positive_margin=1.0, weight=0.75
        )
    )
