"""BigGAN (projection discriminator) on CIFAR10, plain or with an addition.

With CR it is the papers' CRGAN, with ICR ICRGAN, with DiffAugment DiffAugGAN.

Paper: Brock et al., ICLR 2019 (arXiv 1809.11096); projection: Miyato and Koyama, ICLR
2018 (arXiv 1802.05637); CR: Zhang et al., ICLR 2020 (arXiv 1910.12027); ICR: Zhao et
al., AAAI 2021 (arXiv 2002.04724); DiffAugment: Zhao et al., NeurIPS 2020
(arXiv 2006.10738); ADA: Karras et al., NeurIPS 2020 (arXiv 2006.06676).
Command: bin/train.py --config=configs/biggan/cifar10.py --workdir=runs/biggan
    (data as in configs/contragan/cifar10.py)
With an addition: --config=configs/biggan/cifar10.py:diffaugment

Expected with the ContraGAN authors' code, not measured here (their table of 2021,
protocol as in configs/contragan/cifar10.py; in brackets their later table: 50,000
samples against the training set, TensorFlow Inception):

    argument      FID          Inception score  steps
    (none)        8.03 [4.16]  9.75 [9.96]      100,000; intra-class FID [14.3]
    :cr           7.18 [3.16]  10.38 [10.09]    100,000
    :icr          7.43 [3.54]  10.15 [10.14]    100,000
    :diffaugment  7.16         9.78             200,000
    :ada          7.88         10.14            312,500

On the way: FID 45.4 at step 2,000, 28.6 at 10,000, 14.9 at 20,000.
"""

from configs.contragan import cifar10 as contragan
from configs.recipes import as_projection_gan, choose
from tfgan_contra.config import Config


def get_config(addition: str = "plain") -> Config:
    """Returns ContraGAN's settings with projection in place of the contrast."""
    choose(contragan.ADDITIONS, addition, "biggan/cifar10.py")
    return as_projection_gan(contragan.get_config(addition))
