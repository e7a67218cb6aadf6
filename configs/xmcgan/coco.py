"""XMC-GAN on COCO 2014 (82,783 training pictures with five captions each), 128 and 256.

Paper: Zhang et al., "Cross-Modal Contrastive Learning for Text-to-Image Generation",
CVPR 2021 (arXiv 2101.04702); settings of the authors' release.
Command: bin/train.py --config=configs/xmcgan/coco.py --workdir=runs/coco
    --config.data.download=true (37.6 GiB; needs the extra `[tfds]`)
With arguments
    `:trained` a text encoder trained in place (the default)
    `:bert` the authors' kind: --config=configs/xmcgan/coco.py:bert with
        --config.method.text_encoder.folder=<a BERT-type model>; needs `[bert]`
    `:trained_256`, `:bert_256` the same at 256 pixels

Expected with the authors' code, not measured here (30,000 pictures of random captions
of the 40,504 others, Inception of keras.applications: not the usual FID's network):

    release, 128 pixels, EMA, 7 GPUs with 8 pictures each    FID 10.5 to 11.0
    paper, 256 pixels, batch 256                             FID 9.33, IS 30.45

Users could not repeat the 256 pixels on GPUs (issue 18 of the authors' repository).

Where this departs from the release: with a BERT there is no frozen image network here
(theirs is a ResNet-50 trained on ImageNet), hence no contrast by it; the encoder that
is trained in place brings one, and its sizes are guesses. BatchNorm and contrasts see
all replicas. The release asks for 2.96 million steps and ends after some 370,000, when
its 500 epochs of data are over; so many epochs are the number here, at any batch size.
"""

from configs.recipes import choose
from tfgan_contra.config import Config, EvaluationConfig, OptimizerConfig, TrainConfig
from tfgan_contra.data.caption_configs import CaptionDataConfig
from tfgan_contra.models.text_to_image_configs import XMCGANConfig
from tfgan_contra.text.configs import (
    BertTextConfig,
    TextEncoderConfig,
    TrainedTextConfig,
)


def trained_text() -> TextEncoderConfig:
    """Returns a transformer that learns from COCO's captions and pictures."""
    return TrainedTextConfig(
        num_layers=4,
        dim=256,
        num_heads=8,
        image_width=64,
        num_steps=50_000,
        batch_size=128,
        learning_rate=3e-4,
        log_every=1_000,
    )


def bert_text() -> TextEncoderConfig:
    """Returns a BERT from a folder that is named on the command line."""
    return BertTextConfig(folder="bert")


# Two updates of D a step, each on a batch of its own.
EPOCHS, TRAIN_IMAGES, BATCHES_A_STEP = 500, 82_783, 2
CHOICES = {
    "trained": (trained_text, 128),
    "bert": (bert_text, 128),
    "trained_256": (trained_text, 256),
    "bert_256": (bert_text, 256),
}


def get_config(choice: str = "trained") -> Config:
    """Returns the authors' settings with one of the text encoders."""
    text, image_size = choose(CHOICES, choice, "xmcgan/coco.py")
    encoder = text()
    batch_size = 56 if image_size == 128 else 256
    return Config(
        method=XMCGANConfig(
            text_encoder=encoder,
            pretrained_weight=1.0 if encoder.has_image_network else 0.0,
        ),
        data=CaptionDataConfig(
            source="tfds:coco_captions", image_size=image_size, flip=True
        ),
        optimizer=OptimizerConfig(
            g_learning_rate=1e-4, d_learning_rate=4e-4, epsilon=1e-8
        ),
        train=TrainConfig(
            num_steps=EPOCHS * TRAIN_IMAGES // (BATCHES_A_STEP * batch_size),
            global_batch_size=batch_size,
            eval_every=10_000,
            checkpoint_every=5_000,
            keep_checkpoints=5,
            precision="mixed_bfloat16",
        ),
        evaluation=EvaluationConfig(extractor="keras_inception", num_images=30_000),
    )
