"""SinCUT on two bundled photographs: a temple in the colours of a flower.

Paper: Park et al., "Contrastive Learning for Unpaired Image-to-Image Translation", ECCV
2020 (arXiv 2007.15651), on single pictures.
Command: bin/train.py --config=configs/cut/sincut_photos.py --workdir=runs/photos
    (other pictures: --config.data.source=single:<picture>,<picture of the style>)

The authors' method, crops, batch and rates (configs/cut/sincut.py), but networks of
less than half their width and 600 steps instead of 100,000.

Expected (configs/results/sincut_photos.json): 1,058 seconds of processor time, which
took 19.6 minutes while other work had most of the 2 cores. At step 600 a classifier
takes 0.985 of the translated crops for the flower's (0.49 at step 100). The temple
stands where it stood, its sky in the petals' colour, its shades in that of the leaves;
halos at its edges, and no petals: the style is that of 600 steps.
"""

from configs.recipes import with_optimizer
from configs.translation_recipes import authors_adam
from tfgan_contra.config import Config, EvaluationConfig, TrainConfig
from tfgan_contra.data.configs import SingleImageDataConfig
from tfgan_contra.models.translation_configs import SinCUTConfig
from tfgan_contra.networks.translation_configs import SinCUTNetworkConfig


def get_config() -> Config:
    """Returns the settings."""
    config = Config(
        method=SinCUTConfig(network=SinCUTNetworkConfig(g_width=4, d_width=4)),
        data=SingleImageDataConfig(source="bundled:photos", image_size=64),
        optimizer=authors_adam(2e-3, beta_1=0.0, beta_2=0.99),
        train=TrainConfig(
            num_steps=600,
            global_batch_size=16,
            log_every=20,
            sample_every=100,
            eval_every=100,
            checkpoint_every=100,
        ),
        evaluation=EvaluationConfig(extractor="classifier", num_images=200),
    )
    return with_optimizer(config, decay_start=0.5)
