"""XMC-GAN's networks: from a caption's vectors to an image, and from it to regions.

Source: Zhang et al., "Cross-Modal Contrastive Learning for Text-to-Image Generation",
CVPR 2021 (arXiv 2101.04702), in the form of the authors' code, whose parameter counts
and outputs it reproduces. Theirs make and see images in [0, 1]; here images are in
[-1, 1], and the discriminator brings them to [0, 1] first, since zero padding means
something else there. Statistics of batch norm are those of all replicas (theirs: of
each), and spectral norm divides by lengths of at least 1e-6 where theirs adds 1e-10.
"""

from typing import Any

import keras
import tensorflow as tf

from tfgan_contra.layers.attentional_self_modulation import AttentionalSelfModulation
from tfgan_contra.layers.word_attention import attend_to_words
from tfgan_contra.networks.resnet import channels_at
from tfgan_contra.networks.sngan_blocks import convolution, dense
from tfgan_contra.networks.text_to_image_blocks import (
    ModulatedGeneratorBlock,
    discriminator_block,
)
from tfgan_contra.networks.text_to_image_configs import LAYOUTS

FIRST_SIDE = 4


@keras.saving.register_keras_serializable(package="tfgan_contra")
class TextToImageGenerator(keras.Model):
    """Latents and a caption's vectors to images.

    Call: `generator([latents, words, lengths, sentences], training=...)`, latents
    `[B, latent_dim]`, words `[B, T, word_dim]`, lengths `[B]` int, sentences
    `[B, word_dim]`; the last three may be one `TextFeatures`. Returns images
    `[B, image_size, image_size, channels]` float32 in [-1, 1].

    The latents alone make the 4x4 map. Latents and sentence scale and shift every
    channel of the first blocks. Then every place of the map reads those words that are
    like it, once, and what it read, with latents and sentence, scales and shifts that
    place in all further blocks (`AttentionalSelfModulation`). Padding is not read.

    Args:
        image_size: 32, 64, 128 or 256.
        channels: of the image.
        word_dim: length of the vectors of words and sentences.
        width: base width; the authors' `gf_dim`.
        latent_dim: length of the latents and of the projected sentence.
        attention_temperature: factor of the cosines between places and words.
        spectral_norm: whether every linear layer is spectrally normalised.
        initializer: of all kernels.

    Attributes:
        num_classes: 0: there are no labels.
        max_words: None: a caption may have any number of words.

    Raises:
        ValueError: for a resolution that the architecture does not define, or inputs
            that are not four or of another length than `word_dim`.
    """

    num_classes = 0
    max_words = None

    def __init__(
        self,
        *,
        image_size: int,
        word_dim: int,
        channels: int = 3,
        width: int = 96,
        latent_dim: int = 128,
        attention_temperature: float = 15.0,
        spectral_norm: bool = False,
        initializer: str = "glorot_normal",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.image_size, self.channels = image_size, channels
        self.word_dim, self.latent_dim, self.width = word_dim, latent_dim, width
        self.attention_temperature = attention_temperature
        self.spectral_norm, self.initializer = spectral_norm, initializer
        table = {side: layout.generator for side, layout in LAYOUTS.items()}
        self.block_channels = channels_at(image_size, table, width)
        self.regions_side = LAYOUTS[image_size].regions_side
        self.make_layers(LAYOUTS[image_size].global_blocks)
        self.build()

    def make_layers(self, global_blocks: int) -> None:
        """Creates the layers."""
        common: dict[str, Any] = {
            "spectral_norm": self.spectral_norm,
            "initializer": self.initializer,
        }
        self.sentence_projection = dense(
            self.latent_dim, self.word_dim, name="sentence_projection", **common
        )
        units = FIRST_SIDE**2 * self.block_channels[0]
        self.first = dense(units, self.latent_dim, name="first", **common)
        # Layers live in tuples: Keras 3 drops those in lists from checkpoints.
        blocks = tuple(
            ModulatedGeneratorBlock(filters, name=f"block{i}", **common)
            for i, filters in enumerate(self.block_channels[1:], start=1)
        )
        self.global_blocks = blocks[:global_blocks]
        self.spatial_blocks = blocks[global_blocks:]
        self.query_projection = convolution(
            self.word_dim,
            1,
            self.block_channels[global_blocks],
            name="query_projection",
            **common,
        )
        self.last_norm = AttentionalSelfModulation(name="last_norm", **common)
        self.last_conv = convolution(
            self.channels, 3, self.block_channels[-1], name="last_conv", **common
        )

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights; the shapes follow from the arguments."""
        self.sentence_projection.build((None, self.word_dim))
        self.first.build((None, self.latent_dim))
        size = 2 * self.latent_dim
        shape = (None, FIRST_SIDE, FIRST_SIDE, self.block_channels[0])
        for block in self.global_blocks:
            block.build(shape, (None, size))
            shape = _after(shape, block.filters)
        self.query_projection.build(shape)
        condition = (*shape[:3], self.word_dim + size)
        for block in self.spatial_blocks:
            block.build(shape, condition)
            shape = _after(shape, block.filters)
        self.last_norm.build(shape, condition)
        self.last_conv.build(shape)
        self.built = True

    def call(
        self, inputs: Any, training: bool = False, track_statistics: bool = True
    ) -> tf.Tensor:
        """Generates images; `track_statistics` as in `BatchNormalization`."""
        latents, words, lengths, sentences = self.checked(inputs)
        modes = {"training": training, "track_statistics": track_statistics}
        hidden, condition = self._regions(latents, sentences, modes)
        context, _ = self._read(hidden, words, lengths, training)
        condition = _beside(context, condition)
        for block in self.spatial_blocks:
            hidden = block(hidden, condition, **modes)
        hidden = tf.nn.relu(self.last_norm(hidden, condition, **modes))
        images = tf.tanh(self.last_conv(hidden, training=training))
        return tf.cast(images, tf.float32)

    def attention(self, inputs: Any) -> tf.Tensor:
        """Returns how much each place reads each word, as a call outside training does.

        Args:
            inputs: as for a call.

        Returns:
            `[B, h, w, T]` float32, summing to 1 over the words of a caption.
        """
        latents, words, lengths, sentences = self.checked(inputs)
        modes = {"training": False, "track_statistics": False}
        hidden, _ = self._regions(latents, sentences, modes)
        return self._read(hidden, words, lengths, False)[1]

    def checked(self, inputs: Any) -> tuple[tf.Tensor, ...]:
        """Returns latents, words, lengths and sentences, in the compute precision.

        Raises:
            ValueError: if they are not four, or not of the lengths that the network
                was made for.
        """
        parts = tf.nest.flatten(inputs)
        if len(parts) != 4:
            raise ValueError(
                "a TextToImageGenerator takes [latents, words, lengths, sentences]. "
                f"Received: {len(parts)} tensors"
            )
        latents, words, lengths, sentences = map(tf.convert_to_tensor, parts)
        sizes = (self.latent_dim, self.word_dim, self.word_dim)
        given = (latents.shape[-1], words.shape[-1], sentences.shape[-1])
        if given != sizes:
            raise ValueError(
                f"latents, words and sentences must be vectors of lengths {sizes}. "
                f"Received: {given}"
            )
        dtype = self.compute_dtype
        return (
            tf.cast(latents, dtype),
            tf.cast(words, dtype),
            lengths,
            tf.cast(sentences, dtype),
        )

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this network."""
        return {
            "name": self.name,
            "image_size": self.image_size,
            "channels": self.channels,
            "word_dim": self.word_dim,
            "width": self.width,
            "latent_dim": self.latent_dim,
            "attention_temperature": self.attention_temperature,
            "spectral_norm": self.spectral_norm,
            "initializer": self.initializer,
        }

    def _regions(
        self, latents: tf.Tensor, sentences: tf.Tensor, modes: dict[str, bool]
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the map whose places read words, and the global condition."""
        training = modes["training"]
        projected = self.sentence_projection(sentences, training=training)
        condition = tf.concat([projected, latents], axis=-1)
        hidden = self.first(latents, training=training)
        shape = [-1, FIRST_SIDE, FIRST_SIDE, self.block_channels[0]]
        hidden = tf.reshape(hidden, shape)
        for block in self.global_blocks:
            hidden = block(hidden, condition, **modes)
        return hidden, condition

    def _read(
        self, hidden: tf.Tensor, words: tf.Tensor, lengths: tf.Tensor, training: bool
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the context `[B, h, w, word_dim]` and the weights `[B, h, w, T]`."""
        side = self.regions_side
        queries = self.query_projection(hidden, training=training)
        context, weights = attend_to_words(
            tf.reshape(queries, [-1, side**2, self.word_dim]),
            words,
            lengths,
            temperature=self.attention_temperature,
        )
        context = tf.reshape(context, [-1, side, side, self.word_dim])
        num_words = tf.shape(words)[1]
        weights = tf.reshape(weights, [-1, side, side, num_words])
        return tf.cast(context, hidden.dtype), weights


@keras.saving.register_keras_serializable(package="tfgan_contra")
class TextToImageDiscriminator(keras.Model):
    """Images to features of regions and of the whole.

    Call: `discriminator(images, training=...)`, images `[B, H, W, C]` in [-1, 1];
    returns, both float32, `local_features` `[B, h, w, word_dim]`, the regions as words
    are compared with them: a 1x1 convolution of a block's output; and
    `global_features` `[B, feature_dim]`, the last block's output, rectified and summed
    over positions. Logits and sentences belong to the method's heads.

    Args:
        image_size: 32, 64, 128 or 256; there are 8x8 regions at 32, else 16x16.
        channels: of the image.
        word_dim: length of the vectors of words.
        width: base width; the authors' `df_dim`.
        spectral_norm: whether every layer is spectrally normalised.
        initializer: of all kernels.

    Attributes:
        feature_dim: length of the global features.
        local_dim: channels of the local features, `word_dim`.

    Raises:
        ValueError: for a resolution that the architecture does not define.
    """

    def __init__(
        self,
        *,
        image_size: int,
        word_dim: int,
        channels: int = 3,
        width: int = 96,
        spectral_norm: bool = True,
        initializer: str = "glorot_normal",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.image_size, self.channels, self.width = image_size, channels, width
        self.word_dim = self.local_dim = word_dim
        self.spectral_norm, self.initializer = spectral_norm, initializer
        table = {side: layout.discriminator for side, layout in LAYOUTS.items()}
        filters = channels_at(image_size, table, width)
        self.feature_dim = filters[-1]
        self.region_block = LAYOUTS[image_size].region_block(image_size)
        common: dict[str, Any] = {
            "spectral_norm": spectral_norm,
            "initializer": initializer,
        }
        self.blocks = tuple(
            discriminator_block(
                count,
                downsample=i < len(filters),
                first=i == 1,
                name=f"block{i}",
                **common,
            )
            for i, count in enumerate(filters, start=1)
        )
        self.region_projection = convolution(
            word_dim,
            1,
            filters[self.region_block - 1],
            name="region_projection",
            **common,
        )
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights; the shapes follow from the arguments."""
        shape = (None, self.image_size, self.image_size, self.channels)
        for i, block in enumerate(self.blocks, start=1):
            block.build(shape)
            side = shape[1] // 2 if block.downsample else shape[1]
            shape = (None, side, side, block.filters)
            if i == self.region_block:
                self.region_projection.build(shape)
        self.built = True

    def block_outputs(
        self, images: tf.Tensor, training: bool = False
    ) -> tuple[tf.Tensor, ...]:
        """Returns what every block gives, not rectified."""
        hidden = tf.cast(0.5 * images + 0.5, self.compute_dtype)
        outputs = []
        for block in self.blocks:
            hidden = block(hidden, training=training)
            outputs.append(hidden)
        return tuple(outputs)

    def call(self, images: tf.Tensor, training: bool = False) -> dict[str, tf.Tensor]:
        """Returns the features by name."""
        outputs = self.block_outputs(images, training)
        regions = outputs[self.region_block - 1]
        local = self.region_projection(regions, training=training)
        last = tf.cast(tf.nn.relu(outputs[-1]), tf.float32)
        return {
            "local_features": tf.cast(local, tf.float32),
            "global_features": tf.reduce_sum(last, [1, 2]),
        }

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this network."""
        return {
            "name": self.name,
            "image_size": self.image_size,
            "channels": self.channels,
            "word_dim": self.word_dim,
            "width": self.width,
            "spectral_norm": self.spectral_norm,
            "initializer": self.initializer,
        }


def _after(shape: tuple, filters: int) -> tuple:
    """Returns the shape of a map behind a block of the generator."""
    batch, height, width, _ = shape
    return (batch, 2 * height, 2 * width, filters)


def _beside(context: tf.Tensor, condition: tf.Tensor) -> tf.Tensor:
    """Joins a condition of every place with one of the whole image."""
    shape = tf.shape(context)
    shape = tf.concat([shape[:3], tf.shape(condition)[-1:]], axis=0)
    everywhere = tf.broadcast_to(condition[:, None, None], shape)
    return tf.concat([context, everywhere], axis=-1)
