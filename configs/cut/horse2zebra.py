"""CUT and FastCUT, horses to zebras (1,067 and 1,334 pictures of 256x256).

Paper: Park et al., "Contrastive Learning for Unpaired Image-to-Image Translation", ECCV
2020 (arXiv 2007.15651), table 1.
Command: bin/train.py --config=configs/cut/horse2zebra.py --workdir=runs/h2z
    --config.data.download=true (or --config.data.source=unpaired:<the folder with
    trainA, trainB, testA and testB>)
FastCUT: --config=configs/cut/horse2zebra.py:fastcut

Expected with the authors' code, not measured here (all 120 horses of the test split
translated, against the 140 zebras; the clean-fid project measured the released models
again, in brackets its own resizing):

    argument   FID            epochs
    :cut       45.5 [43.7]    200 + 200; also without an argument
    :fastcut   73.4 [72.5]    150 + 50

Who trains CUT with these settings gets 61 to 68 at the last epoch (issue 65 of the
authors' repository), and later papers say that the best epoch was reported: use the
best checkpoint, which is kept. FastCUT varies more: one user had 252, and 60.5 with a
tenth of the contrast (issue 94), here --config.method.nce_weight=1.
"""

from configs.recipes import choose
from configs.translation_recipes import METHODS, authors_cut
from tfgan_contra.config import Config


def get_config(method: str = "cut") -> Config:
    """Returns the authors' settings of CUT or FastCUT."""
    change = choose(METHODS, method, "cut/horse2zebra.py")
    return change(
        authors_cut("tfds:cycle_gan/horse2zebra", epoch_steps=1334, num_images=120)
    )
