"""`AdversarialModel`: what all variants share, whatever their generators are fed.

Two networks and more, their optimisers, one update of either from named losses, the
moving average, and Keras's `compile` and `fit` on one device and on many.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Optional

import keras
import tensorflow as tf

from tfgan_contra import distribution
from tfgan_contra.layers.spectral_norm import settle_spectral_norm
from tfgan_contra.losses.adversarial import ADVERSARIAL_LOSSES
from tfgan_contra.models.configs import MethodConfig
from tfgan_contra.random import Purpose, StepNoise
from tfgan_contra.regularizers.base import (
    DiscriminatorPass,
    GeneratorPass,
    Losses,
    Outputs,
)
from tfgan_contra.types import Batch, Generated


class Share(NamedTuple):
    """Variables with the optimiser that moves them.

    Attributes:
        optimizer: the optimiser.
        variables: what it moves.
    """

    optimizer: Any
    variables: list[keras.Variable]


class AdversarialModel(keras.Model):
    """Base of every variant: networks, EMA, optimisers, and parts of a training step.

    Args:
        config: the method's configuration.
        spec: what the data are like.

    Attributes:
        generator: the generator that trains.
        discriminator: the discriminator without heads.
        generator_ema: moving average of the generator, all of its state included; the
            generator itself where `config.ema_decay` is 0.
        d_parts: discriminator and heads, everything that trains in a D step.
    """

    def __init__(self, config: MethodConfig, spec: Any, **kwargs: Any) -> None:
        # A fixed name, since variables are saved by their paths.
        super().__init__(**({"name": "gan"} | kwargs))
        self.config, self.spec = config, spec
        self.generator = config.network.build_generator(spec)
        self.discriminator = config.network.build_discriminator(spec)
        self.d_parts = (self.discriminator, *self.build_heads())
        averages = config.ema_decay > 0
        self.generator_ema = _copy(self.generator) if averages else self.generator
        self.adversarial = ADVERSARIAL_LOSSES[config.adversarial]
        self.step = self.add_weight(
            name="step", shape=(), initializer="zeros", dtype="int64", trainable=False
        )
        self.regularizers = tuple(item.build() for item in config.regularizers)
        for item in self.regularizers:
            item.build(self)
        for part in (self.generator, self.generator_ema, *self.d_parts):
            # At initialisation u and v know nothing of the kernels.
            settle_spectral_norm(part)
        self.seed = 0
        self.built = True

    # What a variant defines.

    def build_heads(self) -> tuple[keras.layers.Layer, ...]:
        """Makes the layers that read the discriminator's features; built, named."""
        return ()

    def discriminate(
        self, images: tf.Tensor, labels: Any = None, training: bool = False
    ) -> dict[str, tf.Tensor]:
        """Returns `logits` and the method's other outputs by name."""
        raise NotImplementedError

    def loss_names(self) -> tuple[str, ...]:
        """Returns the names of all losses that the training step logs."""
        raise NotImplementedError

    def detail_names(self) -> tuple[str, ...]:
        """Returns which of them are parts of others; a line of progress lacks them."""
        return ()

    # The parts of a training step.

    def step_noise(self) -> StepNoise:
        """Returns the source of all randomness of the current step."""
        return StepNoise(self.seed, tf.convert_to_tensor(self.step))

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

    def d_share(self) -> list[Share]:
        """Returns what a D step trains."""
        return [Share(self.d_optimizer, self.d_variables)]

    def g_share(self) -> list[Share]:
        """Returns what a G step trains, with an optimiser for each network."""
        return [Share(self.g_optimizer, self.generator.trainable_variables)]

    def minimize(
        self,
        shares: Sequence[Share],
        losses: Callable[[Any], Losses],
        micro_batches: Iterable[Any],
    ) -> None:
        """Does one update from raw named losses, over one micro-batch or several.

        Args:
            shares: what to train.
            losses: maps a micro-batch to the raw losses, which are weighted, added up
                and logged here.
            micro_batches: what `losses` is called with in turn.
        """
        sums: Optional[list] = None
        parts = 0
        for one in micro_batches:
            with tf.control_dependencies(self._updates_so_far()):
                gradients = self._gradients(shares, losses, one)
            sums = (
                gradients
                if sums is None
                else [a + b for a, b in zip(sums, gradients, strict=True)]
            )
            parts += 1
        # Each replica's loss is the mean over its rows; the update is the mean over
        # micro-batches and replicas. Keras itself adds up the replicas' gradients.
        whole = parts * distribution.num_replicas()
        means = [total / whole for total in sums or []]
        if len(shares) > 1 and _is_scaled(shares[0]):
            means = _all_or_none(means)
        remaining = iter(means)
        for share in shares:
            own = [next(remaining) for _ in share.variables]
            share.optimizer.apply(_rescaled(own, share, shares[0]), share.variables)

    def minimize_at_once(
        self, shares: Mapping[str, Share], losses: Callable[[], Losses]
    ) -> None:
        """Updates several networks from one pass, each by losses of its own.

        Every gradient is of all networks as they were: none sees another's update.

        Args:
            shares: what to train, by the prefix of the names of its losses.
            losses: returns the raw losses of all, which are weighted, added up by
                prefix and logged here.
        """
        watched = [v.value for share in shares.values() for v in share.variables]
        with (
            tf.control_dependencies(self._updates_so_far()),
            tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape,
        ):
            tape.watch(watched)
            named = losses()
            totals = {}
            for prefix, share in shares.items():
                own = {n: v for n, v in named.items() if n.startswith(prefix)}
                totals[prefix] = _scaled(self._weighted_sum(own), share)
        self.track(named)
        gradients = {
            prefix: tape.gradient(
                totals[prefix],
                [v.value for v in share.variables],
                unconnected_gradients="zero",
            )
            for prefix, share in shares.items()
        }
        replicas = distribution.num_replicas()
        for prefix, share in shares.items():
            means = [tf.convert_to_tensor(g) / replicas for g in gradients[prefix]]
            share.optimizer.apply(means, share.variables)

    def update_ema(self) -> None:
        """Moves the average, BatchNorm statistics and spectral norm state included."""
        if self.generator_ema is self.generator:
            return
        step = tf.convert_to_tensor(self.step)
        decay = tf.where(step < self.config.ema_start, 0.0, self.config.ema_decay)
        pairs = zip(self.generator_ema.variables, self.generator.variables, strict=True)
        for average, source in pairs:
            distance = tf.convert_to_tensor(average) - tf.convert_to_tensor(source)
            average.assign_sub(distance * (1.0 - decay))

    def track(self, named: Losses) -> None:
        """Adds values to the running means that `finish_step` returns."""
        trackers = {tracker.name: tracker for tracker in self.trackers}
        for name, value in named.items():
            trackers[name].update_state(value)

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
        self.g_optimizer = self.attach(g_optimizer, self.generator.trainable_variables)
        self.d_optimizer = self.attach(d_optimizer, self.d_variables)
        names = list(self.loss_names())
        for regularizer in self.regularizers:
            names += regularizer.loss_names
        self.trackers = tuple(keras.metrics.Mean(name=name) for name in names)

    def attach(self, optimizer: Any, variables: list[keras.Variable]) -> Any:
        """Returns an optimiser built for variables, with loss scaling in float16."""
        if self.generator.compute_dtype == "float16":
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        optimizer.build(variables)
        return optimizer

    @property
    def optimizers(self) -> dict[str, Any]:
        """All optimisers by their names in a checkpoint."""
        names = [f"{network}_optimizer" for network in self.config.networks]
        return {name: getattr(self, name) for name in names}

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

    def _updates_so_far(self) -> list[tf.Tensor]:
        """Returns what is known only when the updates before have been made.

        An update that does not read the other network would otherwise start with the
        step: all its activations would be held at once with the others'.
        """
        return [tf.convert_to_tensor(o.iterations) for o in self.optimizers.values()]

    def _gradients(
        self, shares: Sequence[Share], losses: Callable, one: Any
    ) -> list[tf.Tensor]:
        # Watching only what is updated keeps the other network's arithmetic out.
        watched = [v.value for share in shares for v in share.variables]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(watched)
            named = losses(one)
            total = _scaled(self._weighted_sum(named), shares[0])
        self.track(named)
        gradients = tape.gradient(total, watched, unconnected_gradients="zero")
        # An embedding's gradient comes as indexed slices, which do not add up.
        return [tf.convert_to_tensor(gradient) for gradient in gradients]

    def _weighted_sum(self, named: Losses) -> tf.Tensor:
        weights = self.config.loss_weights()
        for regularizer in self.regularizers:
            weights = weights | regularizer.weights
        return tf.add_n([weights.get(k, 1.0) * v for k, v in named.items()])


def _scaled(total: tf.Tensor, share: Share) -> tf.Tensor:
    """Returns a sum of losses in the scale that its optimiser expects."""
    return share.optimizer.scale_loss(total) if _is_scaled(share) else total


def _is_scaled(share: Share) -> bool:
    return isinstance(share.optimizer, keras.optimizers.LossScaleOptimizer)


def _rescaled(gradients: list, share: Share, first: Share) -> list:
    """Returns gradients of a loss that the first share's optimiser has scaled.

    Each optimiser divides by its own scale, and each scale has a history of its own.
    """
    if share is first or not _is_scaled(share):
        return gradients
    scales = [
        tf.convert_to_tensor(optimizer.dynamic_scale)
        for optimizer in (share.optimizer, first.optimizer)
    ]
    return [gradient * (scales[0] / scales[1]) for gradient in gradients]


def _all_or_none(gradients: list) -> list:
    """Returns the gradients, or nothing but not-a-numbers if one is not finite.

    Loss scaling skips an update that overflows; networks that are trained in one
    backward pass then skip it together.
    """
    finite = tf.reduce_all(
        [tf.reduce_all(tf.math.is_finite(gradient)) for gradient in gradients]
    )
    return [tf.where(finite, gradient, math.nan) for gradient in gradients]


def _copy(network: Any) -> Any:
    """Returns a network of the same class and weights."""
    # Zeros spare a second orthogonal initialisation; the weights are assigned anyway.
    changes = {"name": f"{network.name}_ema"}
    if hasattr(network, "initializer"):
        changes |= {"initializer": "zeros"}
    copy = type(network).from_config(network.get_config() | changes)
    if hasattr(network, "initializer"):
        copy.initializer = network.initializer
    for target, source in zip(copy.variables, network.variables, strict=True):
        target.assign(source)
    return copy
