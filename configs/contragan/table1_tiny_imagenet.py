"""Table 1 of the ContraGAN paper on Tiny-ImageNet: three conditionings of BigGAN.

Paper: Kang and Park, NeurIPS 2020 (arXiv 2006.12681), as first published in June 2020.
Command: bin/train.py --config=configs/contragan/table1_tiny_imagenet.py:biggan-2c
    --workdir=runs/biggan-2c (data as in configs/contragan/tiny_imagenet.py)

The argument names the conditioning of the discriminator (`biggan-ac`: auxiliary
classifier; `biggan-projection`; `biggan-2c`, also without one). The published settings
have no other network on these images (SNDCGAN is for 32 pixels).

Expected FID with the authors' code, not measured here (100,000 steps of batch 256;
protocol and differences as in configs/contragan/table1_cifar10.py, 10,000 validation
images):

              ac     projection   2c
    biggan  221.4       41.0     32.1

The best 2C run had 30.29.
"""

from configs.contragan import tiny_imagenet
from configs.contragan.table1_cifar10 import CONDITIONINGS
from configs.recipes import choose, with_train
from tfgan_contra.config import Config

CELLS = {f"biggan-{name}": change for name, change in CONDITIONINGS.items()}


def get_config(cell: str = "biggan-2c") -> Config:
    """Returns the settings of one cell of the table."""
    condition = choose(CELLS, cell, "contragan/table1_tiny_imagenet.py")
    return condition(with_train(tiny_imagenet.get_config(), global_batch_size=256))
