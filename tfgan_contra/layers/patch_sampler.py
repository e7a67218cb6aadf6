"""The F network of CUT: patches of feature maps, projected to unit vectors.

Shapes: `B` images, `H W C` of a feature map, `P` patches, `D` embedding.
"""

from typing import Any, Optional

import keras
import tensorflow as tf

from tfgan_contra.layers.initializers import small_normal

EPSILON = 1e-7


@keras.saving.register_keras_serializable(package="tfgan_contra")
class PatchSampler(keras.layers.Layer):
    """Takes the features at some places of every map and projects them.

    Per map: `f = W2 relu(W1 x + b1) + b2`, then `f / (|f| + 1e-7)`. The places are the
    same in all images of the batch, without repetition, and are drawn or given: those
    drawn for the keys are given for the queries. A map with fewer places than
    `num_patches` gives all of them.

    Call: `embeddings, patch_ids = sampler(features, key=key)`, then
    `sampler(other_features, patch_ids=patch_ids)`.

    Args:
        channels: C of every map, in order.
        num_patches: P, 256 in CUT.
        embedding_dim: D; None for no projection, so that D is C.
        init_gain: of the Xavier initialisation.

    Raises:
        ValueError: for fewer than 1 patch, no map, or in a call for another number of
            maps, or neither or both of `patch_ids` and `key`.

    Source: Park et al., ECCV 2020 (arXiv 2007.15651); equal to the authors'
    `PatchSampleF`. Unlike there, a vector that is exactly zero has gradient 0 (theirs
    is not a number), and the weights exist before the first batch is seen.
    """

    def __init__(
        self,
        channels: tuple[int, ...],
        *,
        num_patches: int = 256,
        embedding_dim: Optional[int] = 256,
        init_gain: float = 0.02,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if num_patches < 1:
            raise ValueError(f"num_patches must be 1 or more. Received: {num_patches}")
        if not channels:
            raise ValueError("channels must name the channels of one map or more")
        self.channels, self.num_patches = tuple(channels), num_patches
        self.embedding_dim, self.init_gain = embedding_dim, init_gain
        maps = range(len(self.channels)) if embedding_dim else ()
        self.hidden_layers = tuple(self._dense(f"hidden{i}", "relu") for i in maps)
        self.output_layers = tuple(self._dense(f"output{i}", None) for i in maps)
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights; the shapes follow from the arguments."""
        for layer, channels in zip(self.hidden_layers, self.channels, strict=False):
            layer.build((None, channels))
        for layer in self.output_layers:
            layer.build((None, self.embedding_dim))
        self.built = True

    def call(
        self,
        features: tuple[tf.Tensor, ...],
        patch_ids: Optional[tuple[Any, ...]] = None,
        key: Optional[tf.Tensor] = None,
    ) -> tuple[tuple[tf.Tensor, ...], tuple[tf.Tensor, ...]]:
        """Samples and projects.

        Args:
            features: `[B, H, W, C]` maps, as many as `channels`.
            patch_ids: `[P]` int places `y * W + x` for every map.
            key: the seed to draw them with; see `tfgan_contra.random`.

        Returns:
            `[B, P, D]` float32 unit vectors for every map, and the places.
        """
        if len(features) != len(self.channels):
            raise ValueError(
                f"features must be {len(self.channels)} maps. Received: {len(features)}"
            )
        if (patch_ids is None) == (key is None):
            raise ValueError("give either patch_ids or a key to draw them with")
        if patch_ids is None:
            patch_ids = self.draw(features, key)
        rows = [
            self._project(i, take_patches(maps, ids))
            for i, (maps, ids) in enumerate(zip(features, patch_ids, strict=True))
        ]
        return tuple(unit_vectors(f) for f in rows), tuple(patch_ids)

    def draw(self, features: tuple[tf.Tensor, ...], key: Any) -> tuple[tf.Tensor, ...]:
        """Returns `[P]` int32 random places for every map."""
        return tuple(
            draw_patch_ids(
                tf.random.experimental.stateless_fold_in(key, i),
                tf.shape(maps)[1] * tf.shape(maps)[2],
                self.num_patches,
            )
            for i, maps in enumerate(features)
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this layer."""
        return super().get_config() | {
            "channels": self.channels,
            "num_patches": self.num_patches,
            "embedding_dim": self.embedding_dim,
            "init_gain": self.init_gain,
        }

    def _dense(self, name: str, activation: Optional[str]) -> keras.layers.Dense:
        return keras.layers.Dense(
            self.embedding_dim,
            activation=activation,
            kernel_initializer=small_normal(self.init_gain),
            dtype=self.dtype_policy,
            name=name,
        )

    def _project(self, place: int, rows: tf.Tensor) -> tf.Tensor:
        if self.embedding_dim is None:
            return rows
        return self.output_layers[place](self.hidden_layers[place](rows))


def draw_patch_ids(key: tf.Tensor, num_places: Any, num_patches: int) -> tf.Tensor:
    """Draws different places: `[min(num_patches, num_places)]` int32 in random order.

    A function of the key alone, the same on every replica.
    """
    numbers = tf.random.stateless_uniform([num_places], key, alg="philox")
    # The places of the largest numbers; equal numbers have different places too.
    return tf.math.top_k(numbers, tf.minimum(num_patches, num_places)).indices


def take_patches(maps: tf.Tensor, patch_ids: Any) -> tf.Tensor:
    """Returns the features `[B, P, C]` of `[B, H, W, C]` at places `y * W + x`."""
    shape = tf.shape(maps)
    places = shape[1] * shape[2]
    firsts_B1 = places * tf.range(shape[0])[:, None]
    rows_BP = firsts_B1 + tf.cast(patch_ids, tf.int32)[None, :]

    @tf.custom_gradient
    def take(rows: tf.Tensor) -> Any:
        """Takes the rows with the gradient written out."""

        def gradient(upstream: tf.Tensor) -> tf.Tensor:
            """Puts the gradient back where the rows came from."""
            # In one pass; gather's own is sparse and becomes dense in several.
            return tf.scatter_nd(rows_BP[..., None], upstream, tf.shape(rows))

        return tf.gather(rows, rows_BP), gradient

    return take(tf.reshape(maps, [shape[0] * places, maps.shape[3]]))


def unit_vectors(rows: tf.Tensor) -> tf.Tensor:
    """Returns `f / (|f| + 1e-7)` in float32 for the last axis; zero stays zero.

    The 1e-7 is the authors', and is felt: at their initialisation lengths are 3e-4. A
    zero vector has no direction, and gets no gradient.
    """
    rows = tf.cast(rows, tf.float32)
    square = tf.reduce_sum(tf.square(rows), axis=-1, keepdims=True)
    there = square > 0.0
    length = tf.sqrt(tf.where(there, square, 1.0)) + EPSILON
    return tf.where(there, rows / length, 0.0)
