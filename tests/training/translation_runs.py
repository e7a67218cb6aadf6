"""Run folders of small translators, made without training."""

from configs.smoke import cut
from tfgan_contra.networks.translation_configs import TranslationNetworkConfig
from tfgan_contra.optimizers import Adam
from tfgan_contra.training.callbacks import Run, SaveCheckpoints
from tfgan_contra.training.runs import RunFolder
from tfgan_contra.types import TranslationSpec


def make_translation_run(workdir, channels=(3, 3)):
    """Returns the model whose untrained weights it has put into a run folder."""
    config = cut.get_config()
    config.method.network = TranslationNetworkConfig(
        g_width=4, d_width=4, num_blocks=1, init_gain=1.0
    )
    config.method.nce_layers = (0, 4)
    spec = TranslationSpec(32, *channels)
    gan = config.method.build(spec)
    gan.compile(Adam(), Adam())
    folder = RunFolder(workdir)
    folder.start(config, spec)
    SaveCheckpoints(Run(gan, config, folder, step=1)).save()
    return gan
