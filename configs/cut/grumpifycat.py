"""CUT and FastCUT, Russian Blue to Grumpy Cat (88 and 214 pictures).

Paper: Park et al., "Contrastive Learning for Unpaired Image-to-Image Translation", ECCV
2020 (arXiv 2007.15651), figure 8.
Command: bin/train.py --config=configs/cut/grumpifycat.py --workdir=runs/grumpy
    --config.data.source=unpaired:<the folder with trainA and trainB>
FastCUT: --config=configs/cut/grumpifycat.py:fastcut (without it, or with :cut: CUT)

Expected: the paper shows pictures and no number. It is the smallest of the authors'
data sets and what their README begins with: 85,600 steps, 42,800 of FastCUT. Where
there are no folders testA and testB, a tenth of the pictures is held out; so few of
them make every score a rough one.
"""

from configs.recipes import choose
from configs.translation_recipes import METHODS, authors_cut
from tfgan_contra.config import Config


def get_config(method: str = "cut") -> Config:
    """Returns the authors' settings of CUT or FastCUT."""
    change = choose(METHODS, method, "cut/grumpifycat.py")
    return change(authors_cut("unpaired:grumpifycat", epoch_steps=214, num_images=500))
