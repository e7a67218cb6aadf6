"""SinCUT's networks: StyleGAN2's layers for translation from a single image.

Source: Park et al., ECCV 2020 (arXiv 2007.15651), appendix on single images, in the
form of the authors' code (`stylegan2` generator and discriminator), whose parameter
counts and outputs it reproduces. Of StyleGAN2 (Karras et al., CVPR 2020, arXiv
1912.04958) there is neither a style nor the standard deviation of the mini-batch.
"""

from typing import Any, Optional

import keras
import tensorflow as tf

from tfgan_contra import random
from tfgan_contra.layers.equalized import (
    GAIN,
    EqualizedConv2D,
    EqualizedDense,
    EqualizedResidualBlock,
    UpsamplingConv2D,
)
from tfgan_contra.networks.tapping import answer, check_images, run_layers
from tfgan_contra.networks.translation_layout import check_taps

RESOLUTIONS = (4, 8, 16, 32, 64, 128, 256, 512, 1024)
# Only resolutions up to this have a limit of channels.
LIMITED_UP_TO = 32
MOST_G_CHANNELS, MOST_D_CHANNELS = 512, 384


def generator_channels(resolution: int, width: int) -> int:
    """Returns the channels of the generator's feature maps at a resolution."""
    # `round` and `int` as the authors have them; they matter for odd widths.
    channels = round(width * 512 / resolution)
    limited = resolution <= LIMITED_UP_TO
    return min(MOST_G_CHANNELS, channels) if limited else channels


def discriminator_channels(resolution: int, width: int) -> int:
    """Returns the channels of the discriminator's feature maps at a resolution."""
    channels = int(width * 256 / resolution)
    limited = resolution <= LIMITED_UP_TO
    return min(MOST_D_CHANNELS, channels) if limited else channels


def check_image_size(image_size: int, smallest: int) -> None:
    """Raises ValueError unless channels are defined from this resolution downwards."""
    if image_size not in RESOLUTIONS or image_size < smallest:
        allowed = tuple(side for side in RESOLUTIONS if side >= smallest)
        raise ValueError(f"image_size must be one of {allowed}. Received: {image_size}")


@keras.saving.register_keras_serializable(package="tfgan_contra")
class SinCUTGenerator(keras.Model):
    """Images to images of a multiple of two in size.

    Call: `generator(images, key=...)`, images `[B, H, W, channels]` in [-1, 1]; returns
    `[B, H', W', out_channels]` float32 around [-1, 1] (there is no tanh), where H' is H
    rounded down to a multiple of `2 ** num_downsampling`. Taps and `encode_only` as in
    `TranslationGenerator`: layer 0 is the image, 1 the first convolution, 2 the first
    downsampling block; the decoder has no number.

    Noise is added after upsampling, with a learned strength. It is drawn from `key`;
    without one there is none, and a picture has one translation only. (The authors draw
    it in training and testing alike.)

    Args:
        image_size: of the training crops; it only decides how many channels there are.
        channels: of the images taken.
        out_channels: of the images made.
        width: the authors' `ngf`, 10: 80 channels at 64 pixels.
        num_downsampling: halvings of the size, 1 in SinCUT.
        num_blocks: residual blocks, half of them in the encoder; even. 2 is the
            authors' `smallstylegan2`.

    Raises:
        ValueError: for an image size without channels, a count out of range, a tap that
            is no layer of the encoder, or images of other channels.
    """

    def __init__(
        self,
        *,
        image_size: int = 64,
        channels: int = 3,
        out_channels: int = 3,
        width: int = 10,
        num_downsampling: int = 1,
        num_blocks: int = 6,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if min(channels, out_channels, width, num_downsampling) < 1:
            raise ValueError(
                "channels, out_channels, width and num_downsampling must be 1 or more. "
                f"Received: {channels}, {out_channels}, {width}, {num_downsampling}"
            )
        check_image_size(image_size, RESOLUTIONS[0] << num_downsampling)
        if num_blocks < 0 or num_blocks % 2:
            raise ValueError(
                f"num_blocks must be even and not negative. Received: {num_blocks}"
            )
        self.image_size, self.channels = image_size, channels
        self.out_channels, self.width = out_channels, width
        self.num_downsampling, self.num_blocks = num_downsampling, num_blocks
        # Channels at each resolution, from the image's to the deepest.
        self.level_channels = tuple(
            generator_channels(image_size >> level, width)
            for level in range(num_downsampling + 1)
        )
        self.make_layers()
        self.build()

    def make_layers(self) -> None:
        """Creates the layers."""
        first, *deeper = self.level_channels
        half = range(1, self.num_blocks // 2 + 1)
        self.first = EqualizedConv2D(first, 1, name="first")
        # Layers live in tuples: Keras 3 drops those in lists from checkpoints.
        self.downs = tuple(
            EqualizedResidualBlock(filters, downsample=True, name=f"down{i}")
            for i, filters in enumerate(deeper, start=1)
        )
        self.encoder_blocks, self.decoder_blocks = (
            tuple(
                EqualizedResidualBlock(deeper[-1], name=f"{part}_block{i}")
                for i in half
            )
            for part in ("encoder", "decoder")
        )
        self.ups = tuple(
            UpsamplingConv2D(filters, name=f"up{i}")
            for i, filters in enumerate(self.level_channels[-2::-1], start=1)
        )
        self.last = EqualizedConv2D(self.out_channels, 1, name="last")

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights; the shapes follow from the arguments."""
        wide = (self.channels, *self.level_channels)
        down: tuple[Any, ...] = (self.first, *self.downs)
        up: tuple[Any, ...] = (*self.ups, self.last)
        for layer, channels in zip(down, wide, strict=False):
            layer.build((None, None, None, channels))
        for layer in (*self.encoder_blocks, *self.decoder_blocks):
            layer.build((None, None, None, wide[-1]))
        for layer, channels in zip(up, wide[::-1], strict=False):
            layer.build((None, None, None, channels))
        self.built = True

    @property
    def encoder_layers(self) -> tuple[Any, ...]:
        """The layers that taps count, the image itself being number 0."""
        return (tf.identity, self.first, *self.downs, *self.encoder_blocks)

    def call(
        self,
        images: tf.Tensor,
        training: bool = False,
        taps: tuple[int, ...] = (),
        encode_only: bool = False,
        key: Optional[tf.Tensor] = None,
    ) -> Any:
        """Translates; see the class.

        Args:
            images: `[B, H, W, channels]`.
            training: makes no difference to this network.
            taps: numbers of the layers whose outputs to return, in this order.
            encode_only: return the features alone.
            key: the seed of the noise; see `tfgan_contra.random`.
        """
        check_images(images, self.channels, 2**self.num_downsampling)
        check_taps(taps, len(self.encoder_layers))
        run = run_layers(
            enumerate(self.encoder_layers),
            tf.cast(images, self.compute_dtype),
            tuple(taps),
            stop_early=encode_only,
        )
        if encode_only:
            return run.features
        hidden = run.outputs
        for block in self.decoder_blocks:
            hidden = block(hidden)
        for i, up in enumerate(self.ups):
            hidden = up(hidden, noise=_noise(hidden, key, i))
        made = tf.cast(self.last(hidden), tf.float32)
        return answer(made, run.features, encode_only)

    def feature_channels(self, taps: tuple[int, ...]) -> tuple[int, ...]:
        """Returns the channels of the features at these taps.

        Raises:
            ValueError: for a tap that is no layer of the encoder.
        """
        wide = (self.channels, *self.level_channels)
        wide += (wide[-1],) * len(self.encoder_blocks)
        check_taps(taps, len(wide))
        return tuple(wide[tap] for tap in taps)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this network."""
        return {
            "name": self.name,
            "image_size": self.image_size,
            "channels": self.channels,
            "out_channels": self.out_channels,
            "width": self.width,
            "num_downsampling": self.num_downsampling,
            "num_blocks": self.num_blocks,
        }


@keras.saving.register_keras_serializable(package="tfgan_contra")
class SinCUTDiscriminator(keras.Model):
    """Images of one size to a logit.

    Call: `discriminator(images)`, images `[B, image_size, image_size, channels]`;
    returns `logits` `[B, 1]` float32, `local_features` `[B, 4, 4, F]` and
    `global_features` `[B, F]`, what the logit is linear in. It can be differentiated
    twice, as the gradient penalty needs.

    Args:
        image_size: a power of two from 8 on; the authors' 64.
        channels: of the image.
        width: the authors' `ndf`, 8: 32 channels at 64 pixels.

    Raises:
        ValueError: for an image size without channels, a count below 1, or images of
            another size or channels.
    """

    def __init__(
        self,
        *,
        image_size: int = 64,
        channels: int = 3,
        width: int = 8,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_image_size(image_size, 2 * RESOLUTIONS[0])
        if min(channels, width) < 1:
            raise ValueError(
                f"channels and width must be 1 or more. Received: {channels}, {width}"
            )
        self.image_size, self.channels, self.width = image_size, channels, width
        sides = [side for side in RESOLUTIONS[::-1] if side <= image_size]
        filters = [discriminator_channels(side, width) for side in sides]
        self.first = EqualizedConv2D(filters[0], 1, name="first")
        # Layers live in a tuple: Keras 3 drops those in lists from checkpoints.
        self.blocks = tuple(
            EqualizedResidualBlock(count, downsample=True, name=f"block{i}")
            for i, count in enumerate(filters[1:], start=1)
        )
        self.last_conv = EqualizedConv2D(filters[-1], 3, name="last_conv")
        self.hidden = EqualizedDense(
            filters[-1], activate=True, gain=GAIN, name="hidden"
        )
        self.logit = EqualizedDense(1, name="logit")
        self.build()

    def build(self, input_shape: Any = None) -> None:
        """Makes all weights; the shapes follow from the arguments."""
        channels = self.channels
        for layer in self.convolutional_layers:
            layer.build((None, None, None, channels))
            channels = layer.filters
        self.hidden.build((None, RESOLUTIONS[0] ** 2 * channels))
        self.logit.build((None, channels))
        self.built = True

    @property
    def convolutional_layers(self) -> tuple[Any, ...]:
        """All layers before the linear ones, in order."""
        return (self.first, *self.blocks, self.last_conv)

    def call(self, images: tf.Tensor, training: bool = False) -> dict[str, tf.Tensor]:
        """Returns logits and features by name; `training` makes no difference."""
        check_images(images, self.channels, 1)
        if images.shape[1:3] != (self.image_size, self.image_size):
            raise ValueError(
                f"images must be {self.image_size}x{self.image_size} pixels. "
                f"Received: {images.shape[1]}x{images.shape[2]}"
            )
        hidden = tf.cast(images, self.compute_dtype)
        for layer in self.convolutional_layers:
            hidden = layer(hidden)
        flat = tf.reshape(hidden, [-1, RESOLUTIONS[0] ** 2 * self.last_conv.filters])
        features = self.hidden(flat)
        return {
            "logits": tf.cast(self.logit(features), tf.float32),
            "local_features": hidden,
            "global_features": tf.cast(features, tf.float32),
        }

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments that rebuild this network."""
        return {
            "name": self.name,
            "image_size": self.image_size,
            "channels": self.channels,
            "width": self.width,
        }


def _noise(hidden: tf.Tensor, key: Optional[tf.Tensor], place: int) -> Any:
    """Returns `[B, 2H, 2W, 1]` of N(0, 1) for activations `[B, H, W, C]`, or None."""
    if key is None:
        return None
    batch, height, width, _ = tf.unstack(tf.shape(hidden))
    own_key = tf.random.experimental.stateless_fold_in(key, place)
    drawn = random.normal(own_key, batch, 4 * height * width)
    return tf.reshape(drawn, [batch, 2 * height, 2 * width, 1])
