"""Self-modulated batch normalisation: the latents scale and shift every channel."""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.layers.conditional_norm import BatchNormalization, modulate
from tfgan_contra.layers.spectral_norm import SNDense

# Standard deviation of the kernels at the start, as in the authors' code.
INITIAL_SPREAD = 0.02


@keras.saving.register_keras_serializable(package="tfgan_contra")
class SelfModulatedBatchNormalization(keras.layers.Layer):
    """Batch normalisation whose scale and shift come from the generator's own latents.

    `y = normalised(x) * gamma(h) + beta(h)` with `h = relu(hidden(z))`; gamma, beta and
    hidden are linear layers, and the biases start at 1 (gamma) and 0. The kernels start
    small, so that the layer starts close to a plain batch normalisation.

    Args:
        hidden: units of h; 0: `h = z`, so that gamma and beta are linear in z.
        epsilon: added to the variance.
        momentum: share of the old running average that is kept.
        spectral_norm: whether the linear layers are spectrally normalised.

    Raises:
        ValueError: for a negative `hidden`.

    Source: Chen et al., "On Self Modulation for Generative Adversarial Networks", ICLR
    2019 (arXiv 1810.01365), as used by Chen et al., "Self-Supervised GANs via Auxiliary
    Rotation Loss", CVPR 2019 (arXiv 1811.11212). Equal to the authors' code (biased
    running variance; power iteration from the inputs' side) with `epsilon=1e-3,
    momentum=0.999`; the defaults here are those of all their example configurations.
    Unlike theirs, spectral norm iterates only in training. What they call accumulated
    moments are the standing statistics that images can be sampled with.
    """

    def __init__(
        self,
        hidden: int = 32,
        *,
        epsilon: float = 1e-5,
        momentum: float = 0.9,
        spectral_norm: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if hidden < 0:
            raise ValueError(f"hidden must be 0 or more units. Received: {hidden}")
        self.hidden, self.spectral_norm = hidden, spectral_norm
        self.epsilon, self.momentum = epsilon, momentum
        self.norm = BatchNormalization(
            momentum=momentum,
            epsilon=epsilon,
            affine=False,
            unbiased=False,
            name="norm",
        )

    def build(self, inputs_shape: Any, latents_shape: Any) -> None:
        """Builds the normalisation and the linear layers."""
        self.norm.build(inputs_shape)
        shape = tuple(latents_shape)
        if self.hidden:
            self.hidden_layer = self._dense(self.hidden, "hidden", activation="relu")
            self.hidden_layer.build(shape)
            shape = (*shape[:-1], self.hidden)
        channels = inputs_shape[-1]
        self.gamma = self._dense(channels, "gamma", bias_initializer="ones")
        self.beta = self._dense(channels, "beta")
        self.gamma.build(shape)
        self.beta.build(shape)

    def call(
        self,
        inputs: tf.Tensor,
        latents: tf.Tensor,
        training: bool = False,
        track_statistics: bool = True,
    ) -> tf.Tensor:
        """Normalises `[B, H, W, C]` under latents `[B, Z]`.

        Args:
            inputs: the activations.
            latents: the generator's whole input; any `[B, Z]` condition will do.
            training: whether to use the batch's statistics (else the running ones).
            track_statistics: whether a training call moves the running ones.
        """
        normalisation = self.norm.scale_and_shift(inputs, training, track_statistics)
        features = latents
        if self.hidden:
            features = self.hidden_layer(latents, training=training)
        gamma_BC = tf.cast(self.gamma(features, training=training), tf.float32)
        beta_BC = tf.cast(self.beta(features, training=training), tf.float32)
        return modulate(inputs, normalisation, gamma_BC, beta_BC)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        return super().get_config() | {
            "hidden": self.hidden,
            "epsilon": self.epsilon,
            "momentum": self.momentum,
            "spectral_norm": self.spectral_norm,
        }

    def _dense(self, units: int, name: str, **options: Any) -> keras.layers.Layer:
        """Makes one linear layer with an initialiser of its own."""
        dense = InputSideSNDense if self.spectral_norm else keras.layers.Dense
        spread = keras.initializers.RandomNormal(stddev=INITIAL_SPREAD)
        return dense(units, kernel_initializer=spread, name=name, **options)


@keras.saving.register_keras_serializable(package="tfgan_contra")
class InputSideSNDense(SNDense):
    """`SNDense` whose power iteration starts from a vector with an entry per input.

    As in the authors' code: one iteration is `v = unit(K' u)`, then `u = unit(K v)`,
    with `sigma = u' K v` for the kernel `K [inputs, units]`. `SNDense` goes the other
    way round, from an entry per unit. The norm that both converge to is the same.
    """

    _output_axis = 0
