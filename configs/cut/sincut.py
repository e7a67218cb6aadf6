"""SinCUT: one picture to the style of another.

Paper: Park et al., "Contrastive Learning for Unpaired Image-to-Image Translation", ECCV
2020 (arXiv 2007.15651), on single pictures; settings of the authors' code where the two
differ: 16 crops of 64 pixels, not of 128.
Command: bin/train.py --config=configs/cut/sincut.py --workdir=runs/sincut
    --config.data.source=single:<picture to translate>,<picture of the style>

16 epochs of 100,000 crops, which are 100,000 steps. Both pictures are cropped at their
own size, which decides how large the style's details are; the authors' were paintings
and photographs of a thousand pixels or so.

Expected: the paper shows pictures and no number. The scores here compare translated
crops with crops of the style's picture and only serve to choose a checkpoint: look at
the pictures.
"""

from configs.translation_recipes import authors_adam
from tfgan_contra.config import Config, EpochTrainConfig, EvaluationConfig
from tfgan_contra.data.configs import SingleImageDataConfig
from tfgan_contra.models.translation_configs import SinCUTConfig
from tfgan_contra.networks.translation_configs import SinCUTNetworkConfig


def get_config() -> Config:
    """Returns the authors' settings."""
    return Config(
        method=SinCUTConfig(network=SinCUTNetworkConfig(g_width=10, d_width=8)),
        data=SingleImageDataConfig(
            source="single:input.jpg,style.jpg", image_size=64, crops_per_epoch=100_000
        ),
        optimizer=authors_adam(2e-3, beta_1=0.0, beta_2=0.99),
        train=EpochTrainConfig(
            constant_epochs=8,
            decay_epochs=8,
            global_batch_size=16,
            sample_every=1_000,
            eval_every=2_500,
            checkpoint_every=1_000,
        ),
        evaluation=EvaluationConfig(extractor="classifier", num_images=200),
    )
