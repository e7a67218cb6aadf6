"""CUT and FastCUT, cats to dogs (AFHQ: 5,153 and 4,739 pictures, 500 and 500 to test).

Paper: Park et al., "Contrastive Learning for Unpaired Image-to-Image Translation", ECCV
2020 (arXiv 2007.15651), table 1; AFHQ: Choi et al., CVPR 2020 (arXiv 1912.01865).
Command: bin/train.py --config=configs/cut/cat2dog.py --workdir=runs/cat2dog
    --config.data.source=unpaired:<folder>
    where <folder> has trainA, trainB, testA and testB: AFHQ's train/cat, train/dog,
    val/cat and val/dog; links will do
FastCUT: --config=configs/cut/cat2dog.py:fastcut

Expected with the authors' code, not measured here (500 translations against 500 dogs;
the clean-fid project measured the released models again, in brackets its own resizing):

    argument   FID            epochs
    :cut       76.2 [77.6]    200 + 200; also without an argument
    :fastcut   94.0 [95.4]    150 + 50
"""

from configs.recipes import choose
from configs.translation_recipes import METHODS, authors_cut
from tfgan_contra.config import Config


def get_config(method: str = "cut") -> Config:
    """Returns the authors' settings of CUT or FastCUT."""
    change = choose(METHODS, method, "cut/cat2dog.py")
    return change(authors_cut("unpaired:cat2dog", epoch_steps=5153, num_images=500))
