"""XMC-GAN on rendered shapes: captions to pictures without any download.

Paper: Zhang et al., "Cross-Modal Contrastive Learning for Text-to-Image Generation",
CVPR 2021 (arXiv 2101.04702); the data set is this library's.
Command: bin/train.py --config=configs/xmcgan/shapes.py --workdir=runs/shapes

Losses, their weights and temperatures are the authors'; networks, batch and resolution
are small enough for 2 CPU cores. The text encoder is trained first, for some minutes,
on the training pairs. Ours are the rates (G 1e-3, D 4e-4; theirs: 1e-4 and 4e-4), that
they fall to a tenth over the second half, that D has no update alone before each step,
and that a batch holds four families of four pictures that are hard to tell apart.

Turning contrasts off one by one, the paper's ablation, has arguments:
    `:all` everything (the default)
    `:none` the adversarial loss alone
    `:sentence` the contrast of images and whole captions alone
    `:word` that of regions and words alone
    `:image` both of fakes and reals alone
    `:no_sentence`, `:no_word`, `:no_image` everything but that
    bin/compare.py --output=runs/ablation --configs=... with this file once for each.

Expected: no paper has numbers for these pictures. Measured with seed 0, best step
20,000 (configs/results/xmcgan_shapes.json): R-precision 0.88 on seen and 0.79 on
held-out pairs of shape and colour (chance 0.01), colours right 0.97, backgrounds 1.00,
relations 0.98, sizes 0.83, shapes 0.73 (chance 0.20).
"""

from configs.recipes import choose, with_method
from tfgan_contra.config import Config, EvaluationConfig, OptimizerConfig, TrainConfig
from tfgan_contra.data.caption_configs import CaptionDataConfig
from tfgan_contra.models.text_to_image_configs import XMCGANConfig
from tfgan_contra.networks.text_to_image_configs import TextToImageNetworkConfig

STEPS = 20_000
CONTRASTS = {
    "sentence": ("sentence_weight",),
    "word": ("word_weight",),
    "image": ("image_weight", "pretrained_weight"),
}
# What of the contrasts each argument keeps.
KEPT = {
    "all": ("sentence", "word", "image"),
    "none": (),
    "sentence": ("sentence",),
    "word": ("word",),
    "image": ("image",),
    "no_sentence": ("word", "image"),
    "no_word": ("sentence", "image"),
    "no_image": ("sentence", "word"),
}


def get_config(contrasts: str = "all") -> Config:
    """Returns the settings with some of the contrasts."""
    kept = choose(KEPT, contrasts, "xmcgan/shapes.py")
    config = Config(
        method=XMCGANConfig(
            network=TextToImageNetworkConfig(g_width=16, d_width=16, latent_dim=64),
            d_only_updates=0,
        ),
        data=CaptionDataConfig(source="bundled:shapes", image_size=32),
        optimizer=OptimizerConfig(
            g_learning_rate=1e-3,
            d_learning_rate=4e-4,
            epsilon=1e-8,
            decay_start=0.5,
            final_fraction=0.1,
        ),
        train=TrainConfig(
            num_steps=STEPS,
            global_batch_size=16,
            log_every=100,
            sample_every=STEPS // 10,
            eval_every=STEPS // 10,
            checkpoint_every=STEPS // 20,
        ),
        evaluation=EvaluationConfig(extractor="pair_encoder", num_images=500),
    )
    left_out = [
        name for part, names in CONTRASTS.items() if part not in kept for name in names
    ]
    return with_method(config, **dict.fromkeys(left_out, 0.0))
