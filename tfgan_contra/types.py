"""The two things that pass between data, models and metrics; imports no TensorFlow."""

import dataclasses
from typing import Any, NamedTuple


class Batch(NamedTuple):
    """One training batch as every data source yields it and every variant takes it.

    Attributes:
        images: `[B, H, W, C]` float32 in [-1, 1].
        condition: labels `[B]` int32, or `()` where the method has no condition;
            other families put the other domain's images or captions here.
    """

    images: Any
    condition: Any = ()


class Generated(NamedTuple):
    """Images of a generator with what they were made from.

    Attributes:
        images: `[B, H, W, C]` float32 in [-1, 1].
        condition: labels, or None.
        latents: `[B, latent_dim]`.
    """

    images: Any
    condition: Any
    latents: Any


class TextFeatures(NamedTuple):
    """Captions as the vectors that a text encoder made of them.

    Attributes:
        words: `[B, T, C]` float32, one vector for each place of a caption; those behind
            its length are padding, and their values are of no account.
        lengths: `[B]` int32, how many places of each caption are in use.
        sentences: `[B, C]` float32, one vector for each whole caption.
    """

    words: Any
    lengths: Any
    sentences: Any


@dataclasses.dataclass(frozen=True)
class DataSpec:
    """What a model must know about its data, without the data.

    Attributes:
        image_size: height and width in pixels.
        channels: channels per pixel, 1 for grayscale.
        num_classes: number of classes; labels run from 0 to `num_classes - 1`.
        class_names: one name per class, in label order.
    """

    image_size: int
    channels: int
    num_classes: int
    class_names: tuple[str, ...] = ()

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """`(height, width, channels)`."""
        return (self.image_size, self.image_size, self.channels)


@dataclasses.dataclass(frozen=True)
class TranslationSpec:
    """What a translator of images from domain A to domain B must know about its data.

    Attributes:
        image_size: height and width of the training crops; whole pictures may have
            any size.
        channels_in: channels per pixel of domain A, 1 for grayscale.
        channels_out: channels per pixel of domain B.
        domain_names: what to call A and B.
    """

    image_size: int
    channels_in: int
    channels_out: int
    domain_names: tuple[str, str] = ("A", "B")

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """`(height, width, channels)` of a training crop of domain A."""
        return (self.image_size, self.image_size, self.channels_in)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """`(height, width, channels)` of a training crop of domain B."""
        return (self.image_size, self.image_size, self.channels_out)


@dataclasses.dataclass(frozen=True)
class CaptionSpec:
    """What a model of images with captions must know about its data.

    Attributes:
        image_size: height and width in pixels.
        channels: channels per pixel, 1 for grayscale.
        word_dim: length of the vectors of words and sentences.
        max_words: places of a caption, padding included.
    """

    image_size: int
    channels: int
    word_dim: int
    max_words: int

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """`(height, width, channels)`."""
        return (self.image_size, self.image_size, self.channels)
