"""CUT and FastCUT, label maps to photographs of streets (2,975 of each, 500 to test).

Paper: Park et al., "Contrastive Learning for Unpaired Image-to-Image Translation", ECCV
2020 (arXiv 2007.15651), table 1.
Command: bin/train.py --config=configs/cut/cityscapes.py --workdir=runs/cityscapes
    --config.data.source=unpaired:<root>/trainB,<root>/trainA
FastCUT: --config=configs/cut/cityscapes.py:fastcut

The authors' direction is B to A: their A are the photographs and B the coloured label
maps, so the folder of the labels comes first here. The pictures to test on are those of
<root>/testB and <root>/testA (or valB and valA). All are 256x256, resized beforehand as
for CycleGAN.

Expected with the authors' code, not measured here (500 validation pictures; the scores
of a segmentation network that the authors trained and did not publish are not computed
here):

    argument   FID    mAP    pixel accuracy  class accuracy  epochs
    :cut       56.4   24.7   68.8            30.7            200 + 200; the default
    :fastcut   68.8   19.1   59.9            24.3            150 + 50

Against an ordinary validation set the released CUT model has an FID of 100 to 126
(issue 153 of the authors' repository); against the authors' own, resized and stored as
JPEG, the paper's.
"""

from configs.recipes import choose
from configs.translation_recipes import METHODS, authors_cut
from tfgan_contra.config import Config


def get_config(method: str = "cut") -> Config:
    """Returns the authors' settings of CUT or FastCUT."""
    change = choose(METHODS, method, "cut/cityscapes.py")
    source = "unpaired:cityscapes/trainB,cityscapes/trainA"
    return change(authors_cut(source, epoch_steps=2975, num_images=500))
