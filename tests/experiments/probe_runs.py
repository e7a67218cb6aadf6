"""Run folders whose checkpoints were never trained, and images that are easy."""

import keras
import numpy as np

from tfgan_contra.config import Config, DataConfig
from tfgan_contra.data.specs import ArraySource, ImageDataset
from tfgan_contra.models.configs import UnconditionalGANConfig
from tfgan_contra.networks.configs import DCGANConfig
from tfgan_contra.networks.sngan_configs import SNGANConfig
from tfgan_contra.training.checkpoints import CheckpointStore, model_state
from tfgan_contra.training.runs import RunFolder
from tfgan_contra.types import DataSpec

SPEC = DataSpec(32, 1, 4, tuple("abcd"))
SNGAN = SNGANConfig(g_width=1, d_width=1, latent_dim=4)
DCGAN = DCGANConfig(g_width=1, d_width=1, latent_dim=4)


def small_config(network=SNGAN, **method):
    method = UnconditionalGANConfig(network=network, ema_decay=0.0, **method)
    return Config(method=method, data=DataConfig())


def write_run(path, steps, network=SNGAN, best=None, seed=1):
    """Writes a run with random weights, other ones for every step."""
    folder, config = RunFolder(path), small_config(network)
    folder.start(config, SPEC)
    keras.utils.set_random_seed(seed)
    gan = config.method.build(SPEC)
    store = CheckpointStore(folder.checkpoints, keep=len(steps))
    for step in steps:
        disturb(gan.discriminator, step)
        store.save(step, model_state(gan), {"step": step})
    if best is not None:
        disturb(gan.discriminator, best)
        store.save_best(model_state(gan), {"step": best})
    return gan


def disturb(network, seed):
    """Adds noise to all kernels."""
    random = np.random.default_rng(seed)
    for variable in network.trainable_variables:
        if variable.ndim == 4:
            variable.assign_add(0.5 * random.standard_normal(variable.shape))


def quarters(count=80, planted=True, spec=SPEC):
    """Images with one bright quarter; `planted`: it is the class."""
    random = np.random.default_rng(0)

    def source():
        """Returns images and labels of one split."""
        labels = np.arange(count) % 4
        images = random.integers(0, 60, (count, 32, 32, 1), np.uint8)
        lit = labels if planted else random.integers(0, 4, count)
        for image, quarter in zip(images, lit, strict=True):
            top, left = 16 * (quarter // 2), 16 * (quarter % 2)
            image[top : top + 16, left : left + 16] += 150
        return ArraySource(images, labels)

    return ImageDataset(spec, source(), source())
