"""Five methods on the bundled digits, alike in everything but the method.

Command: bin/train.py --config=configs/comparison/digits.py:reacgan --workdir=runs/a
All of them: bin/compare.py --seeds=0,1 --output=runs/comparison --configs=...
    with this file once for each of `:acgan`, `:projgan`, `:contragan_same_class`,
    `:contragan_proxy` and `:reacgan`, and commas between.

Networks, optimiser, batch and evaluation are those of configs/quickstart.py. ContraGAN
keeps the quickstart's temperature of 0.2 (its authors: 1.0), in both forms; embeddings
have the quickstart's 64 numbers. ReACGAN's temperature, margin and weight, and ACGAN's
weight, are their authors' for CIFAR10; ACGAN's discriminator classifies real images
only, as in their code of today.

Networks, rates and the proxy's temperature were found by measuring ContraGAN with the
proxy on these very images; the other methods were not tuned. Read the result as five
methods at one setting, not as five methods at their best.

Expected: what bin/compare.py measures; no paper has numbers for these images.
"""

from configs import quickstart
from configs.recipes import (
    as_method,
    as_projection_gan,
    as_reacgan,
    choose,
    unchanged,
    with_method,
    with_train,
)
from tfgan_contra.config import Config
from tfgan_contra.models.configs import ACGANConfig

STEPS = 1000
EVERY = STEPS // 5


def acgan(config: Config) -> Config:
    """Classifies images instead of contrasting them."""
    return as_method(config, ACGANConfig)


def contragan_same_class(config: Config) -> Config:
    """Has images of the same class in the numerator, as the paper."""
    return with_method(config, positives="same_class")


def reacgan(config: Config) -> Config:
    """Has D2D-CE with its authors' numbers."""
    return as_reacgan(config, temperature=0.5, positive_margin=0.98, weight=0.5)


METHODS = {
    "acgan": acgan,
    "projgan": as_projection_gan,
    "contragan_same_class": contragan_same_class,
    "contragan_proxy": unchanged,
    "reacgan": reacgan,
}


def get_config(method: str = "contragan_proxy") -> Config:
    """Returns the settings of one method."""
    change = choose(METHODS, method, "comparison/digits.py")
    config = with_train(
        quickstart.get_config(),
        num_steps=STEPS,
        sample_every=EVERY,
        eval_every=EVERY,
        checkpoint_every=EVERY,
    )
    return change(config)
