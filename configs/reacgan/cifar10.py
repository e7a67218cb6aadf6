"""ReACGAN on CIFAR10, plain or with an addition.

Paper: Kang et al., "Rebooting ACGAN", NeurIPS 2021 (arXiv 2111.01118).
Command: bin/train.py --config=configs/reacgan/cifar10.py --workdir=runs/reacgan
    (data as in configs/contragan/cifar10.py)
With an addition: --config=configs/reacgan/cifar10.py:diffaugment

Expected with the authors' code, not measured here (their table of 2021, protocol as in
configs/contragan/cifar10.py; in brackets their later table: 50,000 samples against the
training set, TensorFlow Inception):

    argument      FID          Inception score  steps
    (none)        7.79 [3.87]  9.97 [9.85]      100,000; intra-class FID [15.2]
    :cr           7.18         9.83             100,000
    :diffaugment  6.72         10.18            200,000

The discriminator of the runs of 2021 had two more linear layers before the embedding;
these settings, and the numbers in brackets, are of the published code, without them.
"""

from configs.contragan import cifar10 as contragan
from configs.recipes import (
    as_reacgan,
    choose,
    unchanged,
    with_consistency,
    with_diff_augment,
    with_optimizer,
    with_train,
)
from tfgan_contra.config import Config

ADDITIONS = {
    "plain": unchanged,
    "cr": with_consistency,
    "diffaugment": with_diff_augment,
}


def get_config(addition: str = "plain") -> Config:
    """Returns ContraGAN's settings with D2D-CE, twice the batch and root 2 the rate."""
    add = choose(ADDITIONS, addition, "reacgan/cifar10.py")
    config = as_reacgan(
        contragan.get_config(), temperature=0.5, positive_margin=0.98, weight=0.5
    )
    rate = 2.8284271e-4
    config = with_optimizer(config, g_learning_rate=rate, d_learning_rate=rate)
    return add(with_train(config, global_batch_size=128))
