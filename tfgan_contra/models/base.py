"""`ContrastiveGAN`: what the variants share that make images from latents.

A variant owns its heads, its losses and its `train_step`; this base gives it the parts:
slicing a batch, sampling fakes, one update of either network, the moving average, logs.
"""

from collections.abc import Callable, Iterator
from typing import Any, Optional

import tensorflow as tf

from tfgan_contra.errors import ConfigError
from tfgan_contra.models.configs import ImageMethodConfig
from tfgan_contra.models.model import AdversarialModel
from tfgan_contra.models.slicing import interleave, split
from tfgan_contra.random import Purpose, StepNoise
from tfgan_contra.regularizers.base import Losses, Outputs
from tfgan_contra.row_noise import row_latents
from tfgan_contra.types import Batch, DataSpec, Generated

__all__ = ["ContrastiveGAN", "Losses"]


class ContrastiveGAN(AdversarialModel):
    """Base of the variants whose generator takes latents, and classes where it has any.

    Args:
        config: the method's configuration.
        spec: image shape and classes.

    Attributes:
        needs_classes: whether the method makes no sense without class labels.

    Raises:
        ConfigError: if the method needs classes and the data have none.
    """

    needs_classes = True
    config: ImageMethodConfig

    def __init__(self, config: ImageMethodConfig, spec: DataSpec, **kwargs: Any):
        if self.needs_classes and not spec.num_classes:
            raise ConfigError(
                f"{type(self).__name__} needs data with classes; choose "
                "UnconditionalGAN for data without. Received: num_classes=0"
            )
        super().__init__(config, spec, **kwargs)
        self.augmentation = config.augmentation.build() if config.augmentation else None
        if self.augmentation is not None:
            self.augmentation.build(self)

    # The parts of a training step.

    def d_slices(self, data: Any) -> Iterator[Batch]:
        """Yields one batch for each of the `d_steps` updates of the discriminator."""
        yield from split(Batch(*data), self.config.d_steps)

    def sample_condition(self, rows: Any, noise: StepNoise) -> tuple[tf.Tensor, Any]:
        """Returns fresh latents `[rows, latent_dim]` and uniform labels `[rows]`."""
        latents = noise.latents(rows, self.generator.latent_dim)
        if not self.spec.num_classes:
            return latents, None
        return latents, noise.labels(rows, self.spec.num_classes)

    def generate_fakes(
        self, rows: Any, noise: StepNoise, track_statistics: bool = True
    ) -> Generated:
        """Returns generated images with what they were made from, for a G step."""
        latents, labels = self.sample_condition(rows, noise)
        inputs = latents if labels is None else [latents, labels]
        images = self.generator(
            inputs, training=True, track_statistics=track_statistics
        )
        return Generated(images, labels, latents)

    def sample_fakes(self, rows: Any, noise: StepNoise) -> Generated:
        """Returns generated images with what they were made from, for a D step.

        The generator runs on batch statistics without tracking them, as in the
        authors' code; no gradient reaches it.
        """
        fake = self.generate_fakes(rows, noise, track_statistics=False)
        return fake._replace(images=tf.stop_gradient(fake.images))

    def augment(self, images: tf.Tensor, noise: StepNoise) -> tf.Tensor:
        """Applies the configured augmentation, or returns the images as they are."""
        if self.augmentation is None:
            return images
        return self.augmentation(images, noise.key(Purpose.AUGMENTATION))

    def d_regularization(
        self,
        real: Batch,
        on_real: Outputs,
        fake: Generated,
        on_fake: Outputs,
        noise: StepNoise,
    ) -> Losses:
        """Returns the raw losses of all regularisers of D, by name."""
        if self.augmentation is not None:
            self.augmentation.observe(self, on_real["logits"])
        return super().d_regularization(real, on_real, fake, on_fake, noise)

    def update_discriminator(
        self, losses: Callable[[Batch], Losses], real: Batch
    ) -> None:
        """Does one step of the discriminator and its heads.

        Args:
            losses: maps real images to the raw named losses.
            real: one slice of the batch.
        """
        self.minimize(
            self.d_share(), losses, interleave(real, self.config.accumulation)
        )
        for regularizer in self.regularizers:
            regularizer.after_discriminator_update(self)

    def update_generator(self, losses: Callable[[Any], Losses], rows: Any) -> None:
        """Does one step of the generator.

        Args:
            losses: maps a number of images to the raw named losses.
            rows: images on this replica.
        """
        share = rows // self.config.accumulation
        self.minimize(self.g_share(), losses, [share] * self.config.accumulation)

    def generate(
        self,
        num_images: int,
        labels: Any = None,
        seed: int = 0,
        truncation: Optional[float] = None,
    ) -> tf.Tensor:
        """Generates images with the moving average of the generator.

        Args:
            num_images: how many.
            labels: `[num_images]` int; None: all classes in turn.
            seed: image i depends on `seed + i` and its label only.
            truncation: fraction in (0, 1] of the latents' distribution that is kept;
                None: all.

        Returns:
            `[num_images, H, W, C]` float32 in [-1, 1].
        """
        seeds = tf.range(seed, seed + num_images, dtype=tf.int64)
        kept = None if truncation is None else tf.fill([num_images], truncation)
        latents = row_latents(seeds, self.generator.latent_dim, kept)
        if not self.spec.num_classes:
            return self.generator_ema(latents, training=False)
        if labels is None:
            labels = tf.range(num_images) % self.spec.num_classes
        return self.generator_ema([latents, tf.cast(labels, tf.int32)], training=False)
