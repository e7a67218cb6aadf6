"""The rows of SSGAN's table 1 at 128x128: ImageNet, LSUN-bedroom and CelebA-HQ.

Paper: Chen et al., "Self-Supervised GANs via Auxiliary Rotation Loss", CVPR 2019 (arXiv
1811.11212), table 1.
Command: bin/train.py --config=configs/ssgan/table1_128.py:imagenet-paper
    --config.data.source=folder:<ImageNet with train/ and val/> --workdir=runs/ssgan
Its baselines: the same with another row after the hyphen. The data come first:
`imagenet`, `lsun_bedroom`, `celebahq`; then the row: `paper`, `self_modulated`
(the latents scale and shift the generator's norms), `rotation_only`, `unconditional`
(SNGAN), and for `imagenet` also `conditional` (projection of labels).

Expected, not measured here (FID, the best of 3 seeds, TensorFlow Inception, as quoted
by others; samples against as many held-out images):

    argument                      FID    samples
    :imagenet-self_modulated      43.87  50,000
    :lsun_bedroom-self_modulated  13.30  30,000
    :celebahq-self_modulated      24.36  3,000, a tenth of the data

The table's other cells are not verified and left out; on faces rotations are known not
to help. Networks and method are those of configs/ssgan/cifar10.py, at this resolution
the authors' narrower `resnet5`; batch 64. Steps (1,000,000 on ImageNet, else 100,000)
are recalled from the paper, not verified. Pictures: the authors crop or pad LSUN to 128
pixels without resizing and hold out its last hundredth, and have distorted crops of
ImageNet; here all are the largest centre square, resized. Their large run (batch 2048,
networks as BigGAN's, FID 23.4 in the abstract) is not among these. Without an argument:
`imagenet-paper`.
"""

from configs.recipes import choose
from configs.sngan_recipes import AUTHORS_ROWS, authors_ssgan
from tfgan_contra.config import Config, DataConfig

# Source, training steps and samples of an evaluation.
DATA = {
    "imagenet": ("folder:imagenet", 1_000_000, 50_000),
    "lsun_bedroom": ("folder:lsun_bedroom", 100_000, 30_000),
    "celebahq": ("folder:celebahq", 100_000, 3_000),
}
LABELLED = ("imagenet",)
CELLS = {
    f"{data}-{row}": (data, row)
    for data in DATA
    for row in AUTHORS_ROWS
    if row != "conditional" or data in LABELLED
}


def get_config(cell: str = "imagenet-paper") -> Config:
    """Returns the paper's settings of a cell of the table."""
    data, row = choose(CELLS, cell, "ssgan/table1_128.py")
    source, num_steps, num_images = DATA[data]
    config = authors_ssgan(
        DataConfig(source=source, image_size=128), num_steps, num_images
    )
    return AUTHORS_ROWS[row](config)
