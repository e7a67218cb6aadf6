"""Trains a text encoder and an image network on the real pairs, before the generator.

In the place of the BERT and the ImageNet network of XMC-GAN's authors: both are small
here, know exactly what the captions of the data set name, and need no download.
"""

import dataclasses
import os
import time
from collections.abc import Callable, Sequence
from typing import Any, Optional

import keras
import numpy as np
import tensorflow as tf

from tfgan_contra.config import differences
from tfgan_contra.data.ordering import in_groups
from tfgan_contra.errors import CheckpointError, DataError, TrainingStopped, UsageError
from tfgan_contra.losses.cross_modal import sentence_image_loss, word_region_loss
from tfgan_contra.text.base import require_words
from tfgan_contra.text.configs import TrainedTextConfig
from tfgan_contra.text.pair_encoder import PairEncoder
from tfgan_contra.text.tokenizer import (
    PADDING,
    UNKNOWN,
    Tokenizer,
    most_frequent_words,
)

Captions = Sequence[Sequence[str]]


def pretrain(
    images: Any,
    captions: Captions,
    config: Optional[TrainedTextConfig] = None,
    *,
    seed: int = 0,
    progress: Callable[[str], None] = print,
) -> PairEncoder:
    """Trains a pair encoder on images with captions and freezes it.

    Every step contrasts a batch of images with one caption of each, drawn anew at each
    visit: the sum of `sentence_image_loss` and `word_region_loss`, by Adam. Images of
    a group (`CaptionedImages.group_size`) follow each other. Everything
    random follows from `seed`; the global generators are left as they are. One seed
    gives the same encoder up to the rounding of the machine.

    Args:
        images: uint8 `[N, H, W, C]`, or `CaptionedImages`.
        captions: one or more captions of each image.
        config: sizes and schedule; None: the defaults.
        seed: of the weights, the order of the pairs and the hidden words.
        progress: is told one line every `config.log_every` steps.

    Raises:
        DataError: for fewer than 2 images, or images without captions.
        UsageError: for a caption without words.
        TrainingStopped: when the losses are no longer numbers.
    """
    config = config or TrainedTextConfig()
    pairs = _Pairs(images, captions, config)
    pair = PairEncoder(
        config,
        pairs.tokenizer,
        image_size=pairs.image_shape[0],
        channels=pairs.image_shape[2],
        seed=seed,
    )
    step, last, since = _training_step(pair), 0, time.perf_counter()
    random = np.random.default_rng([seed, 1])
    for number in range(1, config.num_steps + 1):
        losses = step(*pairs.batch(random))
        if number % config.log_every == 0 or number == config.num_steps:
            now = time.perf_counter()
            _report(number, config, losses, (number - last) / (now - since), progress)
            last, since = number, now
    pair.freeze()
    return pair


def pretrained(
    images: Any = None,
    captions: Optional[Captions] = None,
    config: Optional[TrainedTextConfig] = None,
    *,
    seed: int = 0,
    folder: Optional[str | os.PathLike] = None,
    progress: Callable[[str], None] = print,
) -> PairEncoder:
    """Returns the pair encoder of a folder, or trains one and saves it there.

    Args:
        images: as in `pretrain`; not needed where the folder is there.
        captions: likewise.
        config: likewise.
        seed: likewise.
        folder: where it is kept; None: nowhere.
        progress: is told one line now and then.

    Raises:
        CheckpointError: if the folder is damaged, holds something else, or was trained
            with other settings.
        UsageError: if there is nothing to load and nothing to train on.
    """
    config = config or TrainedTextConfig()
    if folder is not None and os.path.isdir(folder):
        pair = PairEncoder.load(folder)
        _check_settings(folder, pair, config, seed)
        return pair
    if images is None or captions is None:
        raise UsageError(
            "a text encoder that is trained in place needs images and captions. "
            f"Received: none, and no trained one in {folder}"
        )
    pair = pretrain(images, captions, config, seed=seed, progress=progress)
    if folder is not None:
        pair.save(folder)
    return pair


def shared(
    images: Any,
    captions: Captions,
    config: TrainedTextConfig,
    *,
    seed: int,
    folder: str | os.PathLike,
    progress: Callable[[str], None] = print,
) -> PairEncoder:
    """Returns the pair encoder of a folder that runs share, or trains it for them.

    Of several that train it at the same time the first one to end is kept, and taken by
    all. A folder that cannot be written is said and costs nothing but the time.

    Args:
        images: as in `pretrain`.
        captions: likewise.
        config: likewise.
        seed: likewise.
        folder: where it is kept.
        progress: is told one line now and then.

    Raises:
        CheckpointError: if the folder is damaged, holds something else, or was trained
            with other settings.
    """
    if not os.path.isdir(folder):
        pair = pretrain(images, captions, config, seed=seed, progress=progress)
        try:
            pair.save(folder, replace=False)
        except CheckpointError as error:
            if not os.path.isdir(folder):
                progress(f"{error}; config.evaluation.cache_dir names the place")
                return pair
    pair = PairEncoder.load(folder)
    _check_settings(folder, pair, config, seed)
    return pair


class _Pairs:
    """Images with their numbered captions, batch by batch."""

    def __init__(
        self, images: Any, captions: Captions, config: TrainedTextConfig
    ) -> None:
        if len(images) != len(captions) or len(captions) < 2:
            raise DataError(
                "pretraining needs 2 or more images with captions for each. "
                f"Received: {len(images)} images, captions for {len(captions)}"
            )
        self._counts = np.array([len(texts) for texts in captions])
        if not self._counts.all():
            raise DataError(
                "every image needs a caption. Received: none for image "
                f"{int(np.argmin(self._counts))}"
            )
        texts = [text for own in captions for text in own]
        require_words(texts)
        words = most_frequent_words(texts, config.vocabulary_size)
        self.tokenizer = Tokenizer(words, config.max_words)
        self._ids, self._lengths = self.tokenizer.numbered(texts)
        self._starts = np.cumsum(self._counts) - self._counts
        self._images, self._config = images, config
        self._group_size = 1 if isinstance(images, np.ndarray) else images.group_size
        self._order = np.empty(0, np.int64)
        pixels, _ = self._load(np.zeros(1, np.int64))
        self.image_shape = pixels.shape[1:]

    def batch(self, random: np.random.Generator) -> tuple[np.ndarray, ...]:
        """Returns uint8 images, ids and lengths of the next pairs."""
        size = min(self._config.batch_size, len(self._counts))
        while len(self._order) < size:
            groups = random.permutation(-(-len(self._counts) // self._group_size))
            more = in_groups(groups, self._group_size, len(self._counts))
            self._order = np.concatenate([self._order, more])
        rows, self._order = self._order[:size], self._order[size:]
        pixels, rows = self._load(rows)
        drawn = (random.random(size) * self._counts[rows]).astype(np.int64)
        chosen = self._starts[rows] + drawn
        ids = self._ids[chosen]
        hidden = random.random(ids.shape) < self._config.unknown_rate
        ids = np.where(hidden & (ids != PADDING), UNKNOWN, ids).astype(np.int32)
        return pixels, ids, self._lengths[chosen]

    def _load(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns images, and whose captions belong to them."""
        if isinstance(self._images, np.ndarray):
            return self._images[rows], rows
        return self._images.load(rows), self._images.shown(rows)


def _training_step(pair: PairEncoder) -> Any:
    optimizer = keras.optimizers.Adam(pair.config.learning_rate)
    variables = pair.trainable_variables
    optimizer.build(variables)

    @tf.function(autograph=False)
    def step(images: tf.Tensor, ids: tf.Tensor, lengths: tf.Tensor) -> list[tf.Tensor]:
        """Does one update and returns both losses."""
        with tf.GradientTape() as tape:
            text = pair.text.read(ids, lengths)
            image = pair.image(tf.cast(images, tf.float32) / 127.5 - 1)
            losses = [
                sentence_image_loss(image["embeddings"], text.sentences),
                word_region_loss(image["regions"], text.words, text.lengths),
            ]
            total = tf.add_n(losses)
        gradients = tape.gradient(total, variables)
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return losses

    return step


def _report(
    number: int,
    config: TrainedTextConfig,
    losses: Sequence[tf.Tensor],
    speed: float,
    progress: Callable[[str], None],
) -> None:
    sentence, word = (float(loss) for loss in losses)
    if not np.isfinite(sentence + word):
        raise TrainingStopped(
            f"the text encoder's losses are no numbers at step {number}; lower its "
            f"learning_rate. Received: {config.learning_rate}"
        )
    progress(
        f"text encoder: step {number} of {config.num_steps}, sentence loss "
        f"{sentence:.3f}, word loss {word:.3f}, {speed:.1f} steps/s"
    )


def _check_settings(
    folder: str | os.PathLike, pair: PairEncoder, config: TrainedTextConfig, seed: int
) -> None:
    """Raises CheckpointError if a stored encoder is not the one asked for."""
    asked = dataclasses.replace(config, log_every=pair.config.log_every)
    lines = differences(pair.config, asked)
    if pair.seed != seed:
        lines.append(f"seed: {pair.seed} -> {seed}")
    if lines:
        raise CheckpointError(
            f"{folder} holds a text encoder that was trained with other settings "
            f"({', '.join(lines)}); delete it to train anew"
        )
