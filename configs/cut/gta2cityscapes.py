"""CUT on large pictures: scenes of a computer game (GTA5) to streets (Cityscapes).

Paper: Park et al., "Contrastive Learning for Unpaired Image-to-Image Translation", ECCV
2020 (arXiv 2007.15651); settings: issue 16 of the authors' repository.
Command: bin/train.py --config=configs/cut/gta2cityscapes.py --workdir=runs/gta
    --config.data.source=unpaired:<folder of GTA5>,<folder of Cityscapes>

Pictures are resized to a width of 1024, keeping their aspect, and crops of 512 cut out
of them; translate whole pictures with bin/translate.py, which takes any size.

Expected: the authors show pictures and no number. They trained 40 + 40 epochs of
24,966 pictures, and think that 10 + 10 suffice (--config.train.constant_epochs=10
--config.train.decay_epochs=10).
"""

import dataclasses

from configs.translation_recipes import authors_cut, with_epochs
from tfgan_contra.config import Config
from tfgan_contra.data.configs import TranslationDataConfig


def get_config() -> Config:
    """Returns the authors' settings, evaluated on pictures of the crop's size."""
    config = authors_cut("unpaired:gta5,cityscapes", epoch_steps=5_000, num_images=500)
    data = TranslationDataConfig(
        source=config.data.source, image_size=512, load_size=1024, resize="width"
    )
    return with_epochs(dataclasses.replace(config, data=data), 40, 40)
