"""Four methods without labels on the bundled digits, alike in all but the method.

Command: bin/train.py --config=configs/comparison/digits_unconditional.py:ssgan
    --workdir=runs/a
All of them: bin/compare.py --seeds=0,1,2 --output=runs/unconditional --configs=...
    with this file once for each of `:unconditional` (hinge loss: SNGAN), `:ssgan`,
    `:infomax_gan` and `:dual_contrastive`, and commas between. Beside them:
    `:dual_contrastive_minimax`, the published form; `:ssgan_rotation_only`, without
    adversarial loss; `:conditional`, the projection discriminator with the same
    networks and labels.

Small SNGAN networks with spectral norm in D; optimiser, batch, moving average and
evaluation of configs/quickstart.py. Weights are the methods' defaults: 1 and 0.2 for
rotations, 0.2 and 0.2 for InfoNCE, whose features are projected to 128 numbers instead
of 1,024. The dual contrastive loss has no R1, as no other method here has, and gives
the generator the form that does not vanish (`swapped`): with the published one D had
separated the batches by step 200 (`d_adversarial` 0.03; an indifferent D has 7.0).
Rotations suit digits badly: turned by a half, 0, 1 and 8 look upright and a 6 is a 9,
so that not all angles can be told.

Networks and steps were chosen for the time they take, that form for the reason given;
no weight or rate was tuned. Read the result as four methods at one setting, not as four
methods at their best.

Expected: what bin/compare.py measures; no paper has numbers for these images.
"""

from configs import quickstart
from configs.recipes import (
    as_method,
    as_projection_gan,
    choose,
    unchanged,
    with_method,
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
    """Contrasts reals with fakes in place of the hinge loss."""
    return as_method(
        config,
        DualContrastiveGANConfig,
        adversarial=DUAL,
        form="swapped",
        regularizers=(),
    )


def dual_contrastive_minimax(config: Config) -> Config:
    """Has the published form of the generator's loss."""
    return with_method(dual_contrastive(config), form="minimax")


METHODS = {
    "unconditional": unchanged,
    "ssgan": ssgan,
    "infomax_gan": infomax_gan,
    "dual_contrastive": dual_contrastive,
    "dual_contrastive_minimax": dual_contrastive_minimax,
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
