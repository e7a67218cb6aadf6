"""A BERT of the user as the text encoder, read from a folder by keras-hub.

As XMC-GAN's authors have it: frozen, the sequence output as words, the marks at both
ends counted as words. Nothing is ever downloaded, and weights that are missing are an
error.

Source: Devlin et al., "BERT", NAACL 2019 (arXiv 1810.04805); Zhang et al., CVPR 2021
(arXiv 2101.04702). keras-hub computes GELU by its tanh approximation where checkpoints
mean the exact one: word vectors differ by up to 3e-3.
"""

import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Optional

import numpy as np
import tensorflow as tf

from tfgan_contra.data.caching import user_cache
from tfgan_contra.errors import DataError, UsageError
from tfgan_contra.text.base import TextEncoder, pooled_features
from tfgan_contra.text.embedding_cache import cache_key, cached
from tfgan_contra.types import TextFeatures

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
VOCABULARY = "vocab.txt"
# What the marks at both ends of a caption take.
MARKS = 2
_PACKAGES = {"keras_hub": "keras-hub", "safetensors": "safetensors"}
_BATCH = 64


class BertTextEncoder(TextEncoder):
    """A BERT-type model in a folder: `config.json`, `vocab.txt`, `model.safetensors`.

    Features are kept on disk for every list of captions, since they cost most of a
    second per hundred. A served model cannot hold it: its tokenizer is not TensorFlow's
    own.

    Args:
        folder: the model.
        max_words: word pieces per caption, both marks included; the authors' 17.
        sentence: pooling of the word vectors, see `pooled_features`.
        cache_dir: where features are kept; None: the user's cache folder.

    Raises:
        UsageError: if keras-hub or safetensors is missing, or the folder.
        DataError: if the folder holds no BERT-type model.
        ValueError: if `max_words` leaves no place between the marks.
    """

    unit = "word pieces"

    def __init__(
        self,
        folder: str | os.PathLike,
        *,
        max_words: int = 17,
        sentence: str = "masked_mean",
        cache_dir: Optional[str | os.PathLike] = None,
    ) -> None:
        if max_words <= MARKS:
            raise ValueError(f"max_words must be above {MARKS}. Received: {max_words}")
        # An absolute path: other names keras-hub would look for on the net.
        self.folder = Path(folder).expanduser().absolute()
        _require_packages()
        super().__init__(_word_dim(self.folder), max_words, sentence)
        place = Path(cache_dir).expanduser() if cache_dir else user_cache()
        self._cache = place / "text"
        self._networks: Optional[tuple[Any, Any]] = None
        self._digest = ""

    def embed(self, captions: Sequence[str]) -> TextFeatures:
        """Returns the features, each different caption being run once.

        Where all are different the words are a memory map, however many there are.
        """
        numbers: dict[str, int] = {}
        rows = [numbers.setdefault(text, len(numbers)) for text in captions]
        unique = list(numbers)
        key = cache_key(self._identity(), unique)
        shape = (len(unique), self.max_words, self.word_dim)
        features = cached(self._cache, key, shape, self._batches(unique))
        if len(unique) == len(rows):
            return features
        return TextFeatures(*(value[rows] for value in features))

    def count(self, caption: str) -> int:
        """Returns the number of word pieces and marks."""
        return len(self._pieces(caption)) + MARKS

    def knows(self, word: str) -> bool:
        """Returns whether the vocabulary has pieces for all of a word."""
        tokenizer, _ = self._loaded()
        return tokenizer.token_to_id(tokenizer.oov_token) not in self._pieces(word)

    def places(self, caption: str) -> list[str]:
        """Returns the word pieces between the marks."""
        tokenizer, _ = self._loaded()
        pieces = self._pieces(caption)[: self.max_words - MARKS]
        marked = [tokenizer.cls_token_id, *pieces, tokenizer.sep_token_id]
        return [str(tokenizer.id_to_token(piece)) for piece in marked]

    def _batches(self, captions: Sequence[str]) -> Iterator[TextFeatures]:
        for start in range(0, len(captions), _BATCH):
            chosen = captions[start : start + _BATCH]
            ids, lengths = self._numbered(chosen)
            words = self._words(ids, lengths)
            features = pooled_features(words, lengths, self.sentence)
            yield TextFeatures(*(value.numpy() for value in features))

    def _numbered(self, captions: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Returns ids `[N, T]` with both marks, and lengths `[N]`."""
        tokenizer, _ = self._loaded()
        shape = (len(captions), self.max_words)
        ids = np.full(shape, tokenizer.pad_token_id, np.int32)
        lengths = np.zeros(len(captions), np.int32)
        for row, caption in enumerate(captions):
            pieces = self._pieces(caption)[: self.max_words - MARKS]
            marked = [tokenizer.cls_token_id, *pieces, tokenizer.sep_token_id]
            ids[row, : len(marked)] = marked
            lengths[row] = len(marked)
        return ids, lengths

    def _words(self, ids: np.ndarray, lengths: np.ndarray) -> tf.Tensor:
        _, backbone = self._loaded()
        inputs = {
            "token_ids": ids,
            "segment_ids": np.zeros_like(ids),
            "padding_mask": np.arange(self.max_words) < lengths[:, None],
        }
        return backbone(inputs, training=False)["sequence_output"]

    def _pieces(self, caption: str) -> list[int]:
        tokenizer, _ = self._loaded()
        return [int(piece) for piece in np.asarray(tokenizer(caption))]

    def _loaded(self) -> tuple[Any, Any]:
        """Returns tokenizer and network; importing keras-hub alone takes seconds."""
        if self._networks is None:
            import keras_hub

            source = os.fspath(self.folder)
            try:
                self._networks = (
                    keras_hub.models.BertTokenizer.from_preset(source),
                    keras_hub.models.BertBackbone.from_preset(source, dtype="float32"),
                )
            except Exception as error:
                text = " ".join(str(error).split())[:200]
                raise DataError(
                    f"keras-hub cannot read the model in {self.folder} ({text}); it "
                    "takes the files of a BERT-type model as published"
                ) from error
        return self._networks

    def _identity(self) -> str:
        """Returns what tells this encoder's features from all others'."""
        if not self._digest:
            digest = hashlib.sha256()
            for name in (CONFIG, VOCABULARY, WEIGHTS):
                digest.update((self.folder / name).read_bytes())
            self._digest = digest.hexdigest()
        return f"{self._digest} {self.max_words} {self.sentence}"


def _require_packages() -> None:
    missing = [
        package
        for module, package in _PACKAGES.items()
        if module not in sys.modules and importlib.util.find_spec(module) is None
    ]
    if missing:
        raise UsageError(
            f"a BERT as text encoder needs {' and '.join(missing)}: "
            "pip install -e '.[bert]'"
        )


def _word_dim(folder: Path) -> int:
    """Returns the length of the word vectors; raises unless the files are there."""
    if not folder.is_dir():
        raise UsageError(
            f"there is no folder {folder}; name one with {CONFIG}, {VOCABULARY} and "
            f"{WEIGHTS} of a BERT-type model"
        )
    missing = [n for n in (CONFIG, VOCABULARY, WEIGHTS) if not (folder / n).is_file()]
    if missing:
        raise DataError(
            f"{folder} lacks {', '.join(missing)}; a BERT-type model has {CONFIG}, "
            f"{VOCABULARY} and {WEIGHTS}"
        )
    try:
        values = json.loads((folder / CONFIG).read_text("utf-8"))
        kind, size = values.get("model_type"), values.get("hidden_size")
    except (OSError, ValueError, AttributeError) as error:
        raise DataError(f"{folder / CONFIG} is no readable JSON ({error})") from None
    if kind != "bert" or not isinstance(size, int):
        raise DataError(
            f"{folder / CONFIG} must have model_type bert and a hidden_size. "
            f"Received: {kind!r} and {size!r}"
        )
    return size
