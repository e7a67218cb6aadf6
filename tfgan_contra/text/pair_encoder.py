"""A text encoder and an image network that were trained on the same pairs."""

import os
from typing import Any

import numpy as np
import tensorflow as tf

from tfgan_contra.config import from_dict, to_dict
from tfgan_contra.errors import UserError
from tfgan_contra.text import storage
from tfgan_contra.text.configs import TrainedTextConfig
from tfgan_contra.text.image_tower import ImageTower
from tfgan_contra.text.tokenizer import Tokenizer
from tfgan_contra.text.trained import TrainedTextEncoder
from tfgan_contra.text.transformer import TextTransformer

_BATCH = 256


class PairEncoder:
    """Captions and images as vectors of one space, where those of a pair are near.

    It has three uses: its text encoder conditions a generator, its image network is
    the frozen one of XMC-GAN's image-image contrast, and one of another seed, which the
    training never saw, scores R-precision. `pretrain` makes one.

    Args:
        config: sizes, and how it is or was trained.
        tokenizer: the vocabulary of the training captions.
        image_size: height and width of the images.
        channels: of the images.
        seed: of the initial weights and of the training.

    Attributes:
        text: the text encoder.
        image: the image network.
    """

    def __init__(
        self,
        config: TrainedTextConfig,
        tokenizer: Tokenizer,
        *,
        image_size: int,
        channels: int,
        seed: int = 0,
    ) -> None:
        self.config, self.seed = config, seed
        text_seed, image_seed = np.random.SeedSequence(seed).generate_state(2)
        transformer = TextTransformer(
            num_ids=tokenizer.num_ids,
            max_words=tokenizer.max_words,
            num_layers=config.num_layers,
            dim=config.dim,
            num_heads=config.num_heads,
            seed=int(text_seed),
            name="text",
        )
        self.text = TrainedTextEncoder(tokenizer, transformer, config.sentence)
        self.image = ImageTower(
            image_size=image_size,
            channels=channels,
            dim=config.dim,
            width=config.image_width,
            seed=int(image_seed),
            name="image",
        )
        self._embed = tf.function(
            lambda images: self.image_features(tf.cast(images, tf.float32) / 127.5 - 1),
            input_signature=[tf.TensorSpec([None, *self.image_shape], tf.uint8)],
            autograph=False,
        )

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """`(height, width, channels)` of the images."""
        return (self.image.image_size, self.image.image_size, self.image.channels)

    @property
    def variables(self) -> list[Any]:
        """All weights of both networks."""
        return [*self.text.transformer.variables, *self.image.variables]

    @property
    def trainable_variables(self) -> list[Any]:
        """The weights that train; none once it is frozen."""
        networks = (self.text.transformer, self.image)
        return [v for network in networks for v in network.trainable_variables]

    def freeze(self) -> None:
        """Makes all weights constants of whatever uses the networks."""
        self.text.transformer.trainable = False
        self.image.trainable = False

    def image_features(self, images: tf.Tensor) -> tf.Tensor:
        """Returns what the image-image contrast compares, float32 `[B, F]`.

        It is the embedding that captions are held against, hence blind for what no
        caption names. Gradients flow to the images.

        Args:
            images: `[B, H, W, C]` in [-1, 1] of any precision.
        """
        return self.image(images)["embeddings"]

    def embed_images(self, images: np.ndarray) -> np.ndarray:
        """Returns the embeddings `[N, F]` of uint8 images `[N, H, W, C]`, in batches.

        Raises:
            ValueError: for images of another type or shape.
        """
        if images.dtype != np.uint8 or images.shape[1:] != self.image_shape:
            raise ValueError(
                f"images must be uint8 of shape {self.image_shape}. "
                f"Received: {images.dtype} of shape {images.shape[1:]}"
            )
        embeddings = np.zeros((len(images), self.config.dim), np.float32)
        for start in range(0, len(images), _BATCH):
            rows = slice(start, start + _BATCH)
            embeddings[rows] = self._embed(tf.constant(images[rows]))
        return embeddings

    def embed_captions(self, captions: Any) -> np.ndarray:
        """Returns the sentence vectors `[N, F]` of captions."""
        return self.text.encode(captions).sentences

    def save(self, folder: str | os.PathLike, replace: bool = True) -> None:
        """Writes weights, vocabulary and settings, all or nothing.

        Args:
            folder: where to.
            replace: whether another text encoder there gives way.

        Raises:
            CheckpointError: if the folder cannot be written.
        """
        settings = {
            "config": to_dict(self.config),
            "image_size": self.image.image_size,
            "channels": self.image.channels,
            "max_words": self.text.max_words,
            "seed": self.seed,
        }
        weights = {variable.path: np.asarray(variable) for variable in self.variables}
        vocabulary = self.text.tokenizer.vocabulary
        stored = storage.Stored(weights, vocabulary, settings)
        storage.write_folder(folder, stored, replace)

    @classmethod
    def load(cls, folder: str | os.PathLike) -> "PairEncoder":
        """Returns what `save` wrote, frozen.

        Raises:
            CheckpointError: if the folder is missing, damaged or something else.
        """
        stored = storage.read_folder(folder)
        try:
            pair = cls._rebuilt(stored)
        except (UserError, KeyError, TypeError, ValueError) as error:
            raise storage.unreadable(folder, error) from None
        pair.freeze()
        return pair

    @classmethod
    def _rebuilt(cls, stored: storage.Stored) -> "PairEncoder":
        """Builds the networks and assigns their weights; raises if they do not fit."""
        settings = stored.settings
        config = from_dict(settings["config"])
        if not isinstance(config, TrainedTextConfig):
            raise ValueError(f"its config is of {type(config).__name__}")
        config.validate()
        pair = cls(
            config,
            Tokenizer(stored.vocabulary, settings["max_words"]),
            image_size=settings["image_size"],
            channels=settings["channels"],
            seed=settings["seed"],
        )
        expected = {v.path: tuple(v.shape) for v in pair.variables}
        found = {name: value.shape for name, value in stored.weights.items()}
        if expected != found:
            odd = sorted(dict(expected.items() ^ found.items()))
            raise ValueError(f"its weights are of other networks: {odd[0]!r} differs")
        for variable in pair.variables:
            variable.assign(stored.weights[variable.path])
        return pair
