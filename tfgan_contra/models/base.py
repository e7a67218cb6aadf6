"""`ContrastiveGAN`: what the variants share, as primitives for their training steps.

A variant owns its heads, its losses and its `train_step`; this base gives it the parts:
slicing a batch, sampling fakes, one update of either network, the moving average, logs.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Optional

import keras
import tensorflow as tf

from tfgan_contra import distribution
from tfgan_contra.errors import ConfigError
from tfgan_contra.layers.spectral_norm import settle_spectral_norm
from tfgan_contra.losses.adversarial import ADVERSARIAL_LOSSES
from tfgan_contra.models.configs import MethodConfig
from tfgan_contra.models.slicing import interleave, split
from tfgan_contra.random import Purpose, StepNoise
from tfgan_contra.regularizers.base import (
    DiscriminatorPass,
    GeneratorPass,
    Losses,
    Outputs,
)
from tfgan_contra.row_noise import row_latents
from tfgan_contra.types import Batch, DataSpec, Generated


class ContrastiveGAN(keras.Model):
    """Base of every variant: networks, EMA, optimisers, and parts of a training step.

    Args:
        config: the method's configuration.
        spec: image shape and classes.

    Attributes:
        generator: the generator that trains.
        discriminator: the discriminator without heads.
        generator_ema: moving average of the generator, all of its state included.
        d_parts: discriminator and heads, everything that trains in a D step.
        needs_classes: whether the method makes no sense without class labels.

    Raises:
        ConfigError: if the method needs classes and the data have none.
    """

    needs_classes = True

    def __init__(self, config: MethodConfig, spec: DataSpec, **kwargs: Any) -> None:
        # A fixed name, since variables are saved by their paths.
        super().__init__(**({"name": "gan"} | kwargs))
        if self.needs_classes and not spec.num_classes:
            raise ConfigError(
                f"{type(self).__name__} needs data with classes; choose "
                "UnconditionalGAN for data without. Received: num_classes=0"
            )
        self.config, self.spec = config, spec
        self.generator = config.network.build_generator(spec)
        self.discriminator = config.network.build_discriminator(spec)
        self.d_parts = (self.discriminator, *self.build_heads())
        self.generator_ema = _copy(self.generator)
        self.adversarial = ADVERSARIAL_LOSSES[config.adversarial]
        self.step = self.add_weight(
            name="step", shape=(), initializer="zeros", dtype="int64", trainable=False
        )
        self.regularizers = tuple(item.build() for item in config.regularizers)
        self.augmentation = config.augmentation.build() if config.augmentation else None
        for item in (*self.regularizers, self.augmentation):
            if item is not None:
                item.build(self)
        for part in (self.generator, self.generator_ema, *self.d_parts):
            # At initialisation u and v know nothing of the kernels.
            settle_spectral_norm(part)
        self.seed = 0
        self.built = True

    # What a variant defines.

    def build_heads(self) -> tuple[keras.layers.Layer, ...]:
        """Makes the layers that read the discriminator's features; built, named."""
        raise NotImplementedError

    def discriminate(
        self, images: tf.Tensor, labels: Any = None, training: bool = False
    ) -> dict[str, tf.Tensor]:
        """Returns `logits` and the method's other outputs by name."""
        raise NotImplementedError

    def loss_names(self) -> tuple[str, ...]:
        """Returns the names of all losses that the training step logs."""
        raise NotImplementedError

    # The parts of a training step.

    def d_slices(self, data: Any) -> Iterator[Batch]:
        """Yields one batch for each of the `d_steps` updates of the discriminator."""
        yield from split(Batch(*data), self.config.d_steps)

    def step_noise(self) -> StepNoise:
        """Returns the source of all randomness of the current step."""
        return StepNoise(self.seed, tf.convert_to_tensor(self.step))

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

    def g_adversarial(self, logits: tf.Tensor) -> tf.Tensor:
        """Returns the generator's adversarial loss of its images' logits."""
        for regularizer in self.regularizers:
            logits = regularizer.generator_logits(self, logits)
        return self.adversarial.generator(logits)

    def d_regularization(
        self,
        real: Batch,
        on_real: Outputs,
        fake: Generated,
        on_fake: Outputs,
        noise: StepNoise,
    ) -> Losses:
        """Returns the raw losses of all regularisers of D, by name."""
        seen = DiscriminatorPass(real, on_real, fake, on_fake)
        if self.augmentation is not None:
            self.augmentation.observe(self, on_real["logits"])
        losses: Losses = {}
        for regularizer in self.regularizers:
            key = noise.key(Purpose.REGULARIZATION)
            losses |= regularizer.discriminator_losses(self, seen, key)
        return losses

    def g_regularization(
        self, fake: Generated, on_fake: Outputs, noise: StepNoise
    ) -> Losses:
        """Returns the raw losses of all regularisers of G, by name."""
        seen = GeneratorPass(fake, on_fake)
        losses: Losses = {}
        for regularizer in self.regularizers:
            key = noise.key(Purpose.REGULARIZATION)
            losses |= regularizer.generator_losses(self, seen, key)
        return losses

    def update_discriminator(
        self, losses: Callable[[Batch], Losses], real: Batch
    ) -> None:
        """Does one step of the discriminator and its heads.

        Args:
            losses: maps real images to the raw named losses.
            real: one slice of the batch.
        """
        micro_batches = interleave(real, self.config.accumulation)
        self._update(self.d_optimizer, self.d_variables, losses, micro_batches)
        for regularizer in self.regularizers:
            regularizer.after_discriminator_update(self)

    def update_generator(self, losses: Callable[[Any], Losses], rows: Any) -> None:
        """Does one step of the generator.

        Args:
            losses: maps a number of images to the raw named losses.
            rows: images on this replica.
        """
        share = rows // self.config.accumulation
        counts = [share] * self.config.accumulation
        variables = self.generator.trainable_variables
        self._update(self.g_optimizer, variables, losses, counts)

    def update_ema(self) -> None:
        """Moves the average, BatchNorm statistics and spectral norm state included."""
        step = tf.convert_to_tensor(self.step)
        decay = tf.where(step < self.config.ema_start, 0.0, self.config.ema_decay)
        pairs = zip(self.generator_ema.variables, self.generator.variables, strict=True)
        for average, source in pairs:
            distance = tf.convert_to_tensor(average) - tf.convert_to_tensor(source)
            average.assign_sub(distance * (1.0 - decay))

    def finish_step(self) -> dict[str, tf.Tensor]:
        """Counts the step and returns the running means of all losses."""
        self.step.assign(self.step + 1)
        return {tracker.name: tracker.result() for tracker in self.trackers}

    @property
    def d_variables(self) -> list[keras.Variable]:
        """Everything that a D step trains."""
        return [w for part in self.d_parts for w in part.trainable_variables]

    # Keras.

    def compile(  # type: ignore[override]
        self, g_optimizer: Any, d_optimizer: Any, seed: int = 0
    ) -> None:
        """Attaches the optimisers and the run's seed; builds their state at once.

        Args:
            g_optimizer: for the generator.
            d_optimizer: for the discriminator and the heads.
            seed: all noise of the run follows from it and the step.
        """
        # Whole-step XLA costs time on CPU and fails under a strategy; the losses are
        # compiled by themselves.
        super().compile(optimizer=None, loss=None, jit_compile=False)
        self.seed = seed
        scaled = self.generator.compute_dtype == "float16"
        wrap = (
            keras.optimizers.LossScaleOptimizer
            if scaled
            else lambda optimizer: optimizer
        )
        self.g_optimizer, self.d_optimizer = wrap(g_optimizer), wrap(d_optimizer)
        self.g_optimizer.build(self.generator.trainable_variables)
        self.d_optimizer.build(self.d_variables)
        names = list(self.loss_names())
        for regularizer in self.regularizers:
            names += regularizer.loss_names
        self.trackers = tuple(keras.metrics.Mean(name=name) for name in names)

    def fit(self, *args: Any, **kwargs: Any) -> Any:
        """Trains as `keras.Model.fit` does, in the order of the data set given.

        (Keras's default asks a tf.data.Dataset to be shuffled and then warns that it
        cannot be.)
        """
        return super().fit(*args, **({"shuffle": False} | kwargs))

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The running means of the losses; `fit` resets them every epoch."""
        return list(self.trackers)

    train_function: Any

    def make_train_function(self, force: bool = False) -> Callable:
        """Runs `train_step` on every replica; the same on one device and on many."""
        if self.train_function is not None and not force:
            return self.train_function
        strategy = self.distribute_strategy

        @tf.function(reduce_retracing=True, autograph=False)
        def one_step(data: Any) -> dict[str, tf.Tensor]:
            """Does a step on every replica and averages the logs."""
            logs = strategy.run(self.train_step, args=(data,))
            return {
                name: strategy.reduce("MEAN", value, axis=None)
                for name, value in logs.items()
            }

        self.train_function = lambda iterator: one_step(next(iterator))
        return self.train_function

    def _maybe_symbolic_build(self, *args: Any, **kwargs: Any) -> None:
        """Everything is built; Keras's own attempt fails on several workers."""

    def call(self, inputs: Any, training: bool = False) -> tf.Tensor:
        """Generates images with the moving average."""
        return self.generator_ema(inputs, training=training)

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

    def _update(
        self, optimizer: Any, variables: list, losses: Callable, inputs: Iterable
    ) -> None:
        sums: Optional[list] = None
        for one in inputs:
            with tf.control_dependencies(self._updates_so_far()):
                gradients = self._gradients(optimizer, variables, losses, one)
            sums = (
                gradients
                if sums is None
                else [a + b for a, b in zip(sums, gradients, strict=True)]
            )
        # Each replica's loss is the mean over its rows; the update is the mean over
        # micro-batches and replicas. Keras itself adds up the replicas' gradients.
        share = self.config.accumulation * distribution.num_replicas()
        optimizer.apply([total / share for total in sums or []], variables)

    def _updates_so_far(self) -> list[tf.Tensor]:
        """Returns what is known only when the updates before have been made.

        An update that does not read the other network would otherwise start with the
        step: all its activations would be held at once with the others'.
        """
        optimizers = (self.g_optimizer, self.d_optimizer)
        return [tf.convert_to_tensor(item.iterations) for item in optimizers]

    def _gradients(
        self, optimizer: Any, variables: list, losses: Callable, one: Any
    ) -> list[tf.Tensor]:
        # Watching only what is updated keeps the other network's arithmetic out.
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([variable.value for variable in variables])
            named = losses(one)
            total = self._weighted_sum(named)
            if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
                total = optimizer.scale_loss(total)
        self._track(named)
        gradients = tape.gradient(
            total,
            [variable.value for variable in variables],
            unconnected_gradients="zero",
        )
        # An embedding's gradient comes as indexed slices, which do not add up.
        return [tf.convert_to_tensor(gradient) for gradient in gradients]

    def _weighted_sum(self, named: Losses) -> tf.Tensor:
        weights = self.config.loss_weights()
        for regularizer in self.regularizers:
            weights = weights | regularizer.weights
        return tf.add_n([weights.get(k, 1.0) * v for k, v in named.items()])

    def _track(self, named: Losses) -> None:
        trackers = {tracker.name: tracker for tracker in self.trackers}
        for name, value in named.items():
            trackers[name].update_state(value)


def _copy(network: Any) -> Any:
    """Returns a network of the same class and weights."""
    # Zeros spare a second orthogonal initialisation; the weights are assigned anyway.
    changes = {"initializer": "zeros", "name": f"{network.name}_ema"}
    copy = type(network).from_config(network.get_config() | changes)
    copy.initializer = network.initializer
    for target, source in zip(copy.variables, network.variables, strict=True):
        target.assign(source)
    return copy
