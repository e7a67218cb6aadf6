"""ContraGAN on Tiny-ImageNet (64x64, 200 classes), plain or with an addition.

Paper: Kang and Park, NeurIPS 2020 (arXiv 2006.12681), table 2.
Command: bin/train.py --config=configs/contragan/tiny_imagenet.py --workdir=runs/tiny
    --config.data.source=folder:<the unpacked tiny-imagenet-200>
With an addition: --config=configs/contragan/tiny_imagenet.py:diffaugment

Expected with the authors' code, not measured here (their table of 2021; 10,000
validation images against 10,000 samples of the EMA generator, BatchNorm statistics of
the evaluation batch, PyTorch Inception, one run each):

    argument      FID    Inception score  steps
    (none)        27.03  13.49            100,000; best near 54,000, then 35 at the end
    :cr           19.72  15.62            100,000
    :icr          21.94  15.83            100,000; broke after 60,000, 200 at the end
    :diffaugment  15.76  17.30            200,000; broke between 140,000 and 150,000
    :ada          55.03  8.40             200,000 (see cifar10.py on its loss)

These are the best checkpoints' scores, so use the best checkpoint.
"""

import functools

from configs.recipes import (
    choose,
    unchanged,
    with_adaptive_augment,
    with_consistency,
    with_diff_augment,
    with_improved_consistency,
)
from tfgan_contra.config import (
    Config,
    DataConfig,
    EvaluationConfig,
    OptimizerConfig,
    TrainConfig,
)
from tfgan_contra.models.configs import ContraGANConfig
from tfgan_contra.networks.configs import BigResNetConfig

ADDITIONS = {
    "plain": unchanged,
    "cr": with_consistency,
    "icr": with_improved_consistency,
    "diffaugment": with_diff_augment,
    "ada": functools.partial(with_adaptive_augment, num_steps=200_000, length=100.0),
}


def get_config(addition: str = "plain") -> Config:
    """Returns the authors' settings, with what `addition` names."""
    add = choose(ADDITIONS, addition, "contragan/tiny_imagenet.py")
    config = Config(
        method=ContraGANConfig(
            network=BigResNetConfig(
                g_width=80,
                d_width=80,
                latent_dim=100,
                g_attention_after=(3,),
                d_attention_after=(1,),
            ),
            d_steps=1,
            embedding_dim=768,
            temperature=1.0,
            ema_decay=0.9999,
            ema_start=20_000,
        ),
        data=DataConfig(
            source="folder:tiny-imagenet-200", image_size=64, crop="none", flip=True
        ),
        optimizer=OptimizerConfig(
            g_learning_rate=1e-4, d_learning_rate=4e-4, beta_1=0.0, beta_2=0.999
        ),
        train=TrainConfig(num_steps=100_000, global_batch_size=1024),
        evaluation=EvaluationConfig(
            extractor="fid_inception",
            num_images=10_000,
            reference_split="test",
            statistics="batch",
        ),
    )
    return add(config)
