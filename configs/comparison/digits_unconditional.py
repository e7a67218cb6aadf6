"""Four methods without labels on the bundled digits, alike in all but the method.

Command: bin/train.py --config=configs/comparison/digits_unconditional.py:ssgan
    --workdir=runs/a
All of them: bin/compare.py --seeds=0,1,2 --output=runs/unconditional --configs=...
    with this file once for each of `:unconditional` (hinge loss: SNGAN), `:ssgan`,
    `:infomax_gan` and `:dual_contrastive`, and commas between. More baselines:
    `:logistic_r1`, which differs from `:dual_contrastive` in the loss alone;
    `:ssgan_rotation_only`, without adversarial loss; `:conditional`, the projection
    discriminator with the same networks and labels.

Small SNGAN networks with spectral norm in D; optimiser, batch, moving average and
evaluation of configs/quickstart.py. Weights are the methods' defaults: 1 and 0.2 for
rotations, 0.2 and 0.2 for InfoNCE, whose features are projected to 128 numbers instead
of 1,024. The dual contrastive loss is the published form with R1, which belongs to it:
without, D separated the batches within 200 steps and the images stayed blots.
Rotations suit digits badly: turned by a half, 0, 1 and 8 look upright and a 6 is a 9,
so that not all angles can be told.

Networks and steps were chosen for the time they take; no weight or rate was tuned. Read
the result as four methods at one setting, not as four methods at their best.

Expected: what bin/compare.py measures; no paper has numbers for these images.
"""

from configs import quickstart
from configs.recipes import (
    as_method,
    as_projection_gan,
    as_unconditional,
    choose,
    unchanged,
    with_train,
)
from tfgan_contra.config import Config
from tfgan_contra.models.configs import UnconditionalGANConfig
from tfgan_contra.models.self_supervised_configs import (
    DUAL,
    DualContrastiveGANConfig,
    InfoMaxGANConfig,
    SSGANConfig,
)
from tfgan_contra.networks.sngan_configs import SNGANConfig
from tfgan_contra.regularizers.configs import R1Config

STEPS = 600
EVERY = STEPS // 3


def ssgan(config: Config) -> Config:
    """Adds rotations, as the authors."""
    return as_method(config, SSGANConfig)


def ssgan_rotation_only(config: Config) -> Config:
    """Has nothing but rotations."""
    return as_method(config, SSGANConfig, adversarial_weight=0.0)


def infomax_gan(config: Config) -> Config:
    """Adds InfoNCE between an image's parts and the whole."""
    return as_method(config, InfoMaxGANConfig, projection_dim=128)


def dual_contrastive(config: Config) -> Config:
    """Contrasts reals with fakes in place of the hinge loss, and has R1."""
    return as_method(
        config,
        DualContrastiveGANConfig,
        adversarial=DUAL,
        regularizers=(R1Config(weight=1.0),),
    )


def logistic_r1(config: Config) -> Config:
    """Has StyleGAN2's loss in place of the contrast."""
    return as_unconditional(dual_contrastive(config), "logistic")


METHODS = {
    "unconditional": unchanged,
    "ssgan": ssgan,
    "infomax_gan": infomax_gan,
    "dual_contrastive": dual_contrastive,
    "logistic_r1": logistic_r1,
    "ssgan_rotation_only": ssgan_rotation_only,
    "conditional": as_projection_gan,
}


def get_config(method: str = "unconditional") -> Config:
    """Returns the settings of one method."""
    change = choose(METHODS, method, "comparison/digits_unconditional.py")
    config = with_train(
        quickstart.get_config(),
        num_steps=STEPS,
        sample_every=EVERY,
        eval_every=EVERY,
        checkpoint_every=EVERY,
    )
    network = SNGANConfig(g_width=8, d_width=16)
    return change(as_method(config, UnconditionalGANConfig, network=network))
