"""A minute of XMC-GAN on rendered shapes: shows that the recipe runs.

Command: bin/train.py --config=configs/smoke/xmcgan.py --workdir=runs/smoke
"""

import dataclasses

from configs.xmcgan import shapes
from tfgan_contra.config import Config, TrainConfig
from tfgan_contra.models.text_to_image_configs import XMCGANConfig


def get_config() -> Config:
    """Returns the shrunk settings; the text encoder hardly learns."""
    config = shapes.get_config()
    method: XMCGANConfig = config.method  # type: ignore[assignment]
    network = dataclasses.replace(method.network, g_width=4, d_width=4, latent_dim=16)
    text = dataclasses.replace(
        method.text_encoder, dim=16, image_width=8, num_steps=20, log_every=10
    )
    return dataclasses.replace(
        config,
        method=dataclasses.replace(method, network=network, text_encoder=text),
        train=TrainConfig(
            num_steps=10,
            global_batch_size=8,
            log_every=5,
            sample_every=10,
            eval_every=10,
            checkpoint_every=5,
        ),
        evaluation=dataclasses.replace(config.evaluation, num_images=100),
    )
