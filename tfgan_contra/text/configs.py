"""Configs of the text encoders; import no TensorFlow."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Optional

from tfgan_contra.config import PartConfig, require, require_choice

SENTENCES = ("masked_mean", "padded_sum")


@dataclasses.dataclass
class TextEncoderConfig(PartConfig):
    """Base of the configs of what turns captions into features.

    Attributes:
        has_image_network: whether the training of the encoder gives a frozen network
            for the image-image contrast as well.
        max_words: words that count; longer captions are cut. The authors' 17, of which
            BERT's two marks take two.
        sentence: how word vectors become one vector: `masked_mean` over the caption's
            words, or `padded_sum`: the authors' sum over all positions, padding
            included, divided by the number of words. The latter makes short captions
            long vectors and mixes in what the network says of padding.
    """

    has_image_network: ClassVar[bool] = False

    max_words: int = 17
    sentence: str = "masked_mean"

    def check(self, path: str) -> None:
        """Checks the number of words and the pooling."""
        require(self.max_words >= 1, f"{path}.max_words", self.max_words, "1 or more")
        require_choice(f"{path}.sentence", self.sentence, SENTENCES)

    def build(
        self,
        images: Optional[Any] = None,
        captions: Optional[Sequence[Sequence[str]]] = None,
        *,
        folder: Optional[str] = None,
        seed: int = 0,
        progress: Callable[[str], None] = print,
    ) -> Any:
        """Returns the `TextEncoder`.

        Args:
            images: uint8 `[N, H, W, C]`, for an encoder that trains on them.
            captions: one or more captions of every image, for the same.
            folder: where such an encoder is kept, and taken from if it is there.
            seed: of such a training.
            progress: is told one line now and then.
        """
        raise NotImplementedError(f"{type(self).__name__} builds nothing")


@dataclasses.dataclass
class TrainedTextConfig(TextEncoderConfig):
    """A small transformer, trained in place on the real pairs and then frozen.

    A small image network is trained with it, which serves as the frozen network of the
    image-image contrast; one of another seed scores R-precision.

    Attributes:
        num_layers: blocks of the transformer.
        dim: length of the word and sentence vectors, a multiple of `num_heads`.
        num_heads: attention heads.
        vocabulary_size: the most frequent words that are known.
        image_width: channels of the image network's first convolution.
        num_steps: training steps.
        batch_size: pairs per step, which are each other's negatives.
        learning_rate: step size of Adam.
        unknown_rate: how often a word of a training caption is hidden, so that one
            that was never seen means "some word" and not noise.
        log_every: steps between lines of progress.
    """

    has_image_network: ClassVar[bool] = True

    num_layers: int = 2
    dim: int = 64
    num_heads: int = 4
    vocabulary_size: int = 20_000
    image_width: int = 32
    num_steps: int = 3000
    batch_size: int = 32
    learning_rate: float = 1e-3
    unknown_rate: float = 0.02
    log_every: int = 300

    def check(self, path: str) -> None:
        """Checks the sizes, the schedule and the rates as well."""
        super().check(path)
        for name in (
            "num_layers",
            "num_heads",
            "vocabulary_size",
            "image_width",
            "log_every",
        ):
            value = getattr(self, name)
            require(value >= 1, f"{path}.{name}", value, "1 or more")
        require(
            self.dim >= 1 and self.dim % self.num_heads == 0,
            f"{path}.dim",
            self.dim,
            f"a multiple of num_heads={self.num_heads}",
        )
        require(self.num_steps >= 0, f"{path}.num_steps", self.num_steps, "0 or more")
        require(
            self.batch_size >= 2, f"{path}.batch_size", self.batch_size, "2 or more"
        )
        require(
            self.learning_rate > 0,
            f"{path}.learning_rate",
            self.learning_rate,
            "above 0",
        )
        require(
            0 <= self.unknown_rate < 1,
            f"{path}.unknown_rate",
            self.unknown_rate,
            "in [0, 1)",
        )

    def build(
        self,
        images: Optional[Any] = None,
        captions: Optional[Sequence[Sequence[str]]] = None,
        *,
        folder: Optional[str] = None,
        seed: int = 0,
        progress: Callable[[str], None] = print,
    ) -> Any:
        """Returns the encoder from `folder`, or trains it; see `PairEncoder`."""
        from tfgan_contra.text.pretraining import pretrained

        pair = pretrained(
            images, captions, self, seed=seed, folder=folder, progress=progress
        )
        return pair.text


@dataclasses.dataclass
class BertTextConfig(TextEncoderConfig):
    """A BERT of the user, read from a folder; needs the extra `[bert]`.

    Attributes:
        folder: with `config.json`, the vocabulary and `model.safetensors`, as
            published for BERT-type models.
        cache_dir: where embeddings are kept; None: the user's cache folder.
    """

    folder: str = ""
    cache_dir: Optional[str] = None

    def check(self, path: str) -> None:
        """Checks that a folder was named and holds more words than the two marks."""
        super().check(path)
        require(self.max_words >= 3, f"{path}.max_words", self.max_words, "3 or more")
        require(
            bool(self.folder),
            f"{path}.folder",
            self.folder,
            "the path of a BERT-type model",
        )

    def build(
        self,
        images: Optional[Any] = None,
        captions: Optional[Sequence[Sequence[str]]] = None,
        *,
        folder: Optional[str] = None,
        seed: int = 0,
        progress: Callable[[str], None] = print,
    ) -> Any:
        """Returns the encoder; all arguments are for encoders that are trained."""
        from tfgan_contra.text.bert import BertTextEncoder

        return BertTextEncoder(
            self.folder,
            max_words=self.max_words,
            sentence=self.sentence,
            cache_dir=self.cache_dir,
        )
