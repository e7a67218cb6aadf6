"""True spectral normalisation: W / sigma(W) with the gradient through sigma.

`sigma = u' W v`, with u and v from power iteration kept as state (`sn_u`, `sn_v`) and
treated as constants in the gradient. One training call does one iteration; the kernel
itself is never assigned.

Source: Miyato et al., "Spectral Normalization for Generative Adversarial Networks",
ICLR 2018 (arXiv 1802.05957), algorithm 1. Numbers, including u and v, are those of
PyTorch's `spectral_norm`. `keras.layers.SpectralNormalization` overwrites the kernel
and drops the sigma term of the gradient, so it is another method.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfgan_contra.layers.convolution import ResampledConv2D

EVALUATION = ("frozen", "iterate")


class SpectralNorm:
    """Mixin that normalises the kernel of the Keras layer it is combined with.

    Args:
        power_iterations: iterations per training call.
        epsilon: lower bound of the length a vector is divided by.
        evaluation: what a call outside training does: `frozen` uses u and v as they
            are; `iterate` does one more iteration and keeps it, as the authors'
            code does when it samples.

    Raises:
        ValueError: for power_iterations < 1 or an unknown `evaluation`.
    """

    # Axis of the kernel that PyTorch's rows correspond to (its output channels).
    _output_axis = -1
    _kernel_name = "kernel"

    # Made by `build`, here and in the Keras layers.
    sn_u: keras.Variable
    sn_v: keras.Variable
    path: str

    def __init__(
        self,
        *args: Any,
        power_iterations: int = 1,
        epsilon: float = 1e-6,
        evaluation: str = "frozen",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if power_iterations < 1:
            raise ValueError(
                f"power_iterations must be 1 or more. Received: {power_iterations}"
            )
        if evaluation not in EVALUATION:
            raise ValueError(
                f"evaluation must be one of {', '.join(EVALUATION)}. "
                f"Received: {evaluation!r}"
            )
        self.power_iterations = power_iterations
        self.epsilon = epsilon
        self.evaluation = evaluation

    def add_weight(self, *args: Any, **kwargs: Any) -> keras.Variable:
        """Adds a weight that mixed precision never casts: sigma is found in float32."""
        return super().add_weight(*args, **(kwargs | {"autocast": False}))  # type: ignore[misc]

    def build(self, input_shape: Any = None) -> None:
        """Makes the layer's own weights, then u and v."""
        super().build(input_shape)  # type: ignore[misc]
        shape = tuple(getattr(self, self._kernel_name).shape)
        outputs = shape[self._output_axis]
        rest = int(np.prod(shape)) // outputs
        # Keras's default aggregation: every replica computes the same u from the same
        # kernel, whatever its data, so a local assignment keeps replicas equal.
        for name, size in (("sn_u", outputs), ("sn_v", rest)):
            weight = self.add_weight(
                name=name,
                shape=(size,),
                initializer=keras.initializers.RandomNormal(stddev=1 / size**0.5),
                trainable=False,
            )
            setattr(self, name, weight)

    def effective_kernel(self, training: bool) -> tf.Tensor:
        """Returns `kernel / sigma` in the compute precision; updates u and v."""
        kernel = tf.convert_to_tensor(getattr(self, self._kernel_name))
        u, v = tf.convert_to_tensor(self.sn_u), tf.convert_to_tensor(self.sn_v)
        if training or self.evaluation == "iterate":
            matrix, transposed = _as_matrix(tf.stop_gradient(kernel), self._output_axis)
            for _ in range(self.power_iterations):
                u, v = self._step(matrix, transposed, u)
            self.sn_u.assign(u)
            self.sn_v.assign(v)
        normalized = _divide_by_sigma(kernel, u, v, self._output_axis)
        return tf.cast(normalized, self.compute_dtype)  # type: ignore[attr-defined]

    def sigma(self, iterations: int = 0) -> tf.Tensor:
        """Returns the estimate of the kernel's largest singular value.

        Args:
            iterations: power iterations first, from the current u; the state stays.
        """
        matrix, transposed = self._kernel_matrix()
        u, v = tf.convert_to_tensor(self.sn_u), tf.convert_to_tensor(self.sn_v)
        for _ in range(iterations):
            u, v = self._step(matrix, transposed, u)
        return tf.tensordot(v, _times(matrix, u, not transposed), 1)

    def settle(self, iterations: int = 30) -> None:
        """Refines u and v without a forward pass, as needed after initialisation."""
        matrix, transposed = self._kernel_matrix()
        u, v = tf.convert_to_tensor(self.sn_u), tf.convert_to_tensor(self.sn_v)
        for _ in range(iterations):
            u, v = self._step(matrix, transposed, u)
        self.sn_u.assign(u)
        self.sn_v.assign(v)

    def save_own_variables(self, store: Any) -> None:
        """Saves u and v as well, which the Keras layers' own method leaves out."""
        for weight in _own_weights(self):
            store[weight.name] = weight

    def load_own_variables(self, store: Any) -> None:
        """Loads what `save_own_variables` wrote."""
        for weight in _own_weights(self):
            weight.assign(store[weight.name])

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        return super().get_config() | {  # type: ignore[misc]
            "power_iterations": self.power_iterations,
            "epsilon": self.epsilon,
            "evaluation": self.evaluation,
        }

    def _kernel_matrix(self) -> tuple[tf.Tensor, bool]:
        kernel = tf.convert_to_tensor(getattr(self, self._kernel_name))
        return _as_matrix(kernel, self._output_axis)

    def _step(
        self, matrix: tf.Tensor, transposed: bool, u: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        v = self._unit(_times(matrix, u, not transposed))
        return self._unit(_times(matrix, v, transposed)), v

    def _unit(self, vector: tf.Tensor) -> tf.Tensor:
        return vector / tf.maximum(tf.norm(vector), self.epsilon)


def _divide_by_sigma(
    kernel: tf.Tensor, u: tf.Tensor, v: tf.Tensor, output_axis: int
) -> tf.Tensor:
    """Returns `kernel / sigma` with sigma = v' M u; u and v are constants.

    The gradient for an upstream G is `(G - <G, kernel / sigma> d sigma) / sigma`, where
    `d sigma / d M = v u'`. Written out it takes half the passes over the kernel that
    automatic differentiation of a division takes.
    """
    u, v = tf.stop_gradient(u), tf.stop_gradient(v)

    @tf.custom_gradient
    def divide(kernel: tf.Tensor) -> Any:
        """Divides the kernel by its norm."""
        matrix, transposed = _as_matrix(kernel, output_axis)
        sigma = tf.tensordot(v, _times(matrix, u, not transposed), 1)
        normalized = kernel / sigma

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            """Returns the kernel's gradient, that through sigma included."""
            radial = tf.tensordot(_flat(upstream), _flat(normalized), 1)
            outer = _outer_like(kernel, u, v * radial, output_axis)
            return (upstream - outer) / sigma

        return normalized, gradient

    return divide(kernel)


def _flat(tensor: tf.Tensor) -> tf.Tensor:
    return tf.reshape(tensor, [-1])


def _as_matrix(kernel: tf.Tensor, output_axis: int) -> tuple[tf.Tensor, bool]:
    """Returns a view `[rest, outputs]`, or `[outputs, rest]` and True."""
    if output_axis == 0:
        return kernel, True
    if output_axis == -2:
        kernel = tf.transpose(kernel, [0, 1, 3, 2])
    return tf.reshape(kernel, [-1, kernel.shape[-1]]), False


def _outer_like(
    kernel: tf.Tensor, u: tf.Tensor, v: tf.Tensor, output_axis: int
) -> tf.Tensor:
    """Returns `v u'` laid out like the kernel: the inverse of `_as_matrix`."""
    if output_axis == 0:
        return u[:, None] * v[None, :]
    if output_axis == -2:
        height, width, outputs, inputs = kernel.shape
        v = tf.reshape(v, [height, width, 1, inputs])
        return v * tf.reshape(u, [outputs, 1])
    return tf.reshape(v[:, None] * u[None, :], kernel.shape)


def _times(matrix: tf.Tensor, vector: tf.Tensor, over_columns: bool) -> tf.Tensor:
    """`matrix @ vector`, or `matrix' @ vector` where the rows are summed over."""
    return tf.linalg.matvec(matrix, vector, transpose_a=not over_columns)


@keras.saving.register_keras_serializable(package="tfgan_contra")
class SNConv2D(SpectralNorm, ResampledConv2D):
    """`Conv2D` with a spectrally normalised kernel (and optional 2x resampling)."""


@keras.saving.register_keras_serializable(package="tfgan_contra")
class SNDense(SpectralNorm, keras.layers.Dense):
    """`keras.layers.Dense` with a spectrally normalised kernel."""

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps `[..., C]` to `[..., units]`."""
        outputs = tf.tensordot(inputs, self.effective_kernel(training), 1)
        if self.use_bias:
            outputs += tf.cast(tf.convert_to_tensor(self.bias), outputs.dtype)
        return self.activation(outputs) if self.activation is not None else outputs


@keras.saving.register_keras_serializable(package="tfgan_contra")
class SNConv2DTranspose(SpectralNorm, keras.layers.Conv2DTranspose):
    """`keras.layers.Conv2DTranspose` with a spectrally normalised kernel.

    The matrix has one row per *output* channel, as in PyTorch; the Keras wrapper takes
    the last axis, which here is the input's.
    """

    _output_axis = -2

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Maps `[B, H, W, C]` to `[B, H', W', filters]`."""
        kernel = self.effective_kernel(training)
        static = self.compute_output_shape(inputs.shape)
        shape = tf.concat([tf.shape(inputs)[:1], self._sides(inputs, static)], axis=0)
        outputs = tf.nn.conv2d_transpose(
            inputs, kernel, shape, self.strides, self.padding.upper()
        )
        if self.use_bias:
            bias = tf.cast(tf.convert_to_tensor(self.bias), outputs.dtype)
            outputs = tf.nn.bias_add(outputs, bias)
        return self.activation(outputs) if self.activation is not None else outputs

    def _sides(self, inputs: tf.Tensor, static: tuple) -> tf.Tensor:
        if None not in static[1:]:
            return tf.constant(static[1:])
        full = [
            0 if self.padding == "same" else max(size - step, 0)
            for size, step in zip(self.kernel_size, self.strides, strict=True)
        ]
        sides = tf.shape(inputs)[1:3] * tf.constant(self.strides) + tf.constant(full)
        return tf.concat([sides, [self.filters]], axis=0)


@keras.saving.register_keras_serializable(package="tfgan_contra")
class SNEmbedding(SpectralNorm, keras.layers.Embedding):
    """`keras.layers.Embedding` whose whole table is divided by its spectral norm."""

    _output_axis = 0
    _kernel_name = "embeddings"

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Looks up `[...]` int ids: `[..., output_dim]`."""
        return tf.gather(self.effective_kernel(training), tf.cast(inputs, tf.int32))


def spectral_norm_layers(model: keras.layers.Layer) -> list[SpectralNorm]:
    """Returns every spectrally normalised layer of a built model, in a fixed order."""
    layers = model._flatten_layers()
    return [layer for layer in layers if isinstance(layer, SpectralNorm)]


def settle_spectral_norm(model: keras.layers.Layer) -> None:
    """Makes every u and v of a newly initialised model belong to its kernel."""
    for layer in spectral_norm_layers(model):
        layer.settle()


def without_spectral_norm(network: Any) -> Any:
    """Returns a plain network of the same architecture, to be filled by `fold`.

    The network must take `spectral_norm` in its config.
    """
    changes = {"spectral_norm": False, "initializer": "zeros"}
    return type(network).from_config(network.get_config() | changes)


def fold(network: Any, plain: Any, iterations: int = 10) -> None:
    """Copies a network's weights to a plain one, with `kernel / sigma` as kernels.

    Sigma is refined first: in a moving average u and v are averages too, which belong
    to no kernel exactly. Neither network's spectral norm state changes.

    Args:
        network: the source, spectrally normalised or not.
        plain: what `without_spectral_norm(network)` returned.
        iterations: power iterations from the stored u.
    """
    for source, target in zip(
        _with_weights(network), _with_weights(plain), strict=True
    ):
        weights = {weight.name: weight for weight in _own_weights(source)}
        for weight in _own_weights(target):
            weight.assign(weights[weight.name])
        if isinstance(source, SpectralNorm):
            kernel = getattr(target, source._kernel_name)
            kernel.assign(tf.convert_to_tensor(kernel) / source.sigma(iterations))


def fold_spectral_norm(network: Any) -> Any:
    """Returns a plain copy of a network that gives the same images."""
    plain = without_spectral_norm(network)
    fold(network, plain)
    return plain


def _with_weights(network: Any) -> list[Any]:
    return [layer for layer in network._flatten_layers() if _own_weights(layer)]


def _own_weights(layer: Any) -> list[keras.Variable]:
    return layer._trainable_variables + layer._non_trainable_variables
