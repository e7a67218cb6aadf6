"""A text-to-image run of seconds on the rendered shapes, and small captioned images."""

import numpy as np

from tfgan_contra.config import Config, EvaluationConfig, TrainConfig
from tfgan_contra.data.caption_configs import CaptionDataConfig
from tfgan_contra.data.captions import CaptionedImages
from tfgan_contra.data.specs import ArraySource
from tfgan_contra.models.text_to_image_configs import XMCGANConfig
from tfgan_contra.networks.text_to_image_configs import TextToImageNetworkConfig
from tfgan_contra.text.configs import TrainedTextConfig


def caption_config(cache, **encoder):
    """Returns a config of four steps; its encoders are made, but not trained.

    Args:
        cache: folder for the evaluator.
        **encoder: changes of the text encoder.
    """
    sizes = {"num_layers": 1, "dim": 8, "num_heads": 2, "image_width": 4}
    text = TrainedTextConfig(**(sizes | {"num_steps": 0, "batch_size": 4} | encoder))
    network = TextToImageNetworkConfig(g_width=2, d_width=2, latent_dim=4)
    return Config(
        # One update of either network: half of the time to trace.
        method=XMCGANConfig(network=network, text_encoder=text, d_only_updates=0),
        data=CaptionDataConfig(),
        train=TrainConfig(
            num_steps=4,
            global_batch_size=4,
            log_every=4,
            sample_every=4,
            eval_every=4,
            checkpoint_every=2,
        ),
        evaluation=EvaluationConfig(
            extractor="pair_encoder", num_images=40, batch_size=20, cache_dir=str(cache)
        ),
    )


def captioned_images(*captions, side=16):
    """Returns gray images of the captions, each of another shade."""
    shades = np.arange(len(captions), dtype=np.uint8)[:, None, None, None]
    images = np.broadcast_to(10 * shades, (len(captions), side, side, 3))
    source = ArraySource(np.array(images), np.zeros(len(captions)))
    return CaptionedImages(source, [(caption,) for caption in captions])
