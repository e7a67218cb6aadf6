"""CUT on bundled pictures: plain handwritten digits to painted ones, 32x32.

Paper: Park et al., "Contrastive Learning for Unpaired Image-to-Image Translation", ECCV
2020 (arXiv 2007.15651).
Command: bin/train.py --config=configs/cut/digit_styles.py --workdir=runs/styles

The settings are ours: the authors' method and optimiser with networks of a quarter of
their width, batches of 4 and no mirroring, since a mirrored digit is none. Success can
be measured, because the digits' classes are known and no digit is in both domains:
`conditional_accuracy` is the share of translations that a classifier of painted digits
gives the class of their input, `style_color_error` how far their colours are from the
style's.

Expected (configs/results/cut_digit_styles.json): 7.4 minutes on 2 CPU cores that other
work shared. Best at step 1,250: conditional_accuracy 0.93, style_color_error 0.017,
frechet_classifier 2.9; at the end 0.90, 0.015 and 3.8. (Digits painted by the program
have 0.99, 0.0005 and 0.99; digits left as they are 0.10, 0.36 and 78.) Runs differ: one
of 2,000 steps, on earlier code, had 0.99 and 1.4 at step 1,500; another of 2,000 ended
at 12, since D had got the upper hand (`d_adversarial` near 0). The best is kept.
"""

from configs.recipes import with_optimizer
from configs.translation_recipes import authors_adam
from tfgan_contra.config import Config, EvaluationConfig, TrainConfig
from tfgan_contra.data.configs import TranslationDataConfig
from tfgan_contra.models.translation_configs import CUTConfig
from tfgan_contra.networks.translation_configs import TranslationNetworkConfig


def get_config() -> Config:
    """Returns the settings; all held-out digits are translated to evaluate."""
    config = Config(
        method=CUTConfig(network=TranslationNetworkConfig(g_width=16, d_width=16)),
        data=TranslationDataConfig(
            source="bundled:digit_styles", image_size=32, load_size=36, flip=False
        ),
        optimizer=authors_adam(2e-4, beta_1=0.5, beta_2=0.999),
        train=TrainConfig(
            num_steps=1_500,
            global_batch_size=4,
            log_every=50,
            sample_every=250,
            eval_every=250,
            checkpoint_every=250,
        ),
        evaluation=EvaluationConfig(extractor="classifier", num_images=149),
    )
    return with_optimizer(config, decay_start=0.5)
