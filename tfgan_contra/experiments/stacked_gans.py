"""Small networks trained on stacks of three digits, and the modes that GANs find."""

import dataclasses
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgan_contra.data.ordering import BatchSchedule
from tfgan_contra.data.pipeline import training_batches
from tfgan_contra.data.specs import ImageDataset
from tfgan_contra.experiments.configs import ModeCollapseConfig
from tfgan_contra.experiments.progress import Progress
from tfgan_contra.metrics.classifier import ClassifierExtractor
from tfgan_contra.models.configs import ImageMethodConfig, UnconditionalGANConfig
from tfgan_contra.models.self_supervised_configs import InfoMaxGANConfig, SSGANConfig
from tfgan_contra.networks.configs import DCGANConfig
from tfgan_contra.networks.sngan_configs import SNGANConfig
from tfgan_contra.optimizers import Adam
from tfgan_contra.types import DataSpec

METHODS: dict[str, type[ImageMethodConfig]] = {
    "unconditional": UnconditionalGANConfig,
    "ssgan": SSGANConfig,
    "infomax": InfoMaxGANConfig,
}


@dataclasses.dataclass
class SmallNetworkConfig(SNGANConfig):
    """SNGAN's discriminator against DCGAN's generator, which costs less."""

    def build_generator(self, spec: DataSpec) -> Any:
        """Returns a `DCGANGenerator`."""
        return DCGANConfig.build_generator(self, spec)  # type: ignore[arg-type]


class _Report(keras.callbacks.Callback):
    """Says now and then which step a training is at."""

    def __init__(self, name: str, num_steps: int, progress: Progress) -> None:
        super().__init__()
        self._name, self._num_steps, self._progress = name, num_steps, progress

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Prints the losses of a step."""
        losses = ", ".join(f"{k} {float(v):.3f}" for k, v in (logs or {}).items())
        self._progress(f"{self._name}: step {batch + 1} of {self._num_steps}, {losses}")


def method_config(
    config: ModeCollapseConfig, method: str, d_width: int
) -> ImageMethodConfig:
    """Returns the configuration of one of `METHODS` with a discriminator so wide."""
    network = SmallNetworkConfig(
        g_width=config.g_width, d_width=d_width, latent_dim=config.latent_dim
    )
    own: dict[str, Any] = {}
    if method == "infomax":
        own = {"projection_dim": config.projection_dim}
    return METHODS[method](
        network=network,
        ema_decay=config.ema_decay,
        ema_start=config.num_steps // 10,
        d_steps=config.d_steps,
        **own,
    )


def trained_gan(
    config: ModeCollapseConfig,
    dataset: ImageDataset,
    method: str,
    *,
    d_width: int,
    seed: int,
    progress: Progress,
) -> Any:
    """Returns a GAN after `num_steps` steps on one device, without a run folder.

    Args:
        config: networks, optimiser and length.
        dataset: what to train on.
        method: of `METHODS`.
        d_width: width of the discriminator.
        seed: of weights, noise and the order of the images.
        progress: prints where the training is.
    """
    gan = _compiled(config, dataset, method, d_width, seed)
    schedule = BatchSchedule(config.batch_size, config.d_steps, seed)
    report = _Report(f"{method}, D {d_width}, seed {seed}", config.num_steps, progress)
    gan.fit(
        training_batches(dataset.train, config.data(), schedule),
        steps_per_epoch=config.num_steps,
        callbacks=[report],
        verbose=0,
    )
    return gan


def contrast_alone(
    config: ModeCollapseConfig, dataset: ImageDataset, d_width: int, progress: Progress
) -> Any:
    """Returns an InfoMax-GAN whose D has learned from InfoNCE on real images alone.

    In `num_steps` steps of batches and rate as the GANs have. Beside a hinge loss, in
    GANs as short as these, InfoNCE may hardly have begun to fall.

    Args:
        config: networks, optimiser and length.
        dataset: what to train on.
        d_width: width of the discriminator.
        progress: prints where the training is.
    """
    gan = _compiled(config, dataset, "infomax", d_width, seed=0)

    def losses(images: tf.Tensor) -> dict[str, tf.Tensor]:
        """Returns InfoNCE of real images."""
        return {
            "d_info_nce": gan.info_nce("d", gan.discriminate(images, training=True))
        }

    @tf.function(autograph=False)
    def update(images: tf.Tensor) -> None:
        """Does one step of D and its projections."""
        gan.minimize(gan.d_share(), losses, [images])

    schedule = BatchSchedule(config.batch_size)
    batches = training_batches(dataset.train, config.data(), schedule)
    for step, batch in enumerate(batches.take(config.num_steps), start=1):
        update(batch.images)
        progress(f"InfoNCE alone: step {step} of {config.num_steps}")
    return gan


def _compiled(
    config: ModeCollapseConfig,
    dataset: ImageDataset,
    method: str,
    d_width: int,
    seed: int,
) -> Any:
    """Returns an untrained GAN with its optimisers."""
    keras.utils.set_random_seed(seed)
    gan = method_config(config, method, d_width).build(dataset.spec)
    optimizers = [Adam(config.learning_rate, config.beta_1) for _ in range(2)]
    gan.compile(*optimizers, seed=seed)
    return gan


def modes_of(images: np.ndarray, classifier: ClassifierExtractor) -> np.ndarray:
    """Returns the mode of each stack: its three digits as a number.

    Args:
        images: uint8 `[N, S, S, 3]`.
        classifier: of grayscale digits, K classes.

    Returns:
        `[N]`, for digits a, b and c `(a K + b) K + c`.
    """
    modes = np.zeros(len(images), np.int64)
    for channel in range(images.shape[-1]):
        scores = np.asarray(classifier.logits(images[..., channel : channel + 1]))
        modes = modes * scores.shape[1] + scores.argmax(axis=1)
    return modes
