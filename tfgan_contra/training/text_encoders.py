"""The text encoder of a run: trained before the generator, or read, and kept."""

import os
from collections.abc import Callable
from typing import Any, NamedTuple, Optional

from tfgan_contra.config import Config
from tfgan_contra.data.captions import CaptionedImages
from tfgan_contra.errors import CheckpointError, ConfigError
from tfgan_contra.metrics.caching import cache_directory
from tfgan_contra.metrics.text_evaluator import pair_encoder_folder
from tfgan_contra.text.base import TextEncoder
from tfgan_contra.text.image_tower import ImageTower
from tfgan_contra.text.pair_encoder import PairEncoder
from tfgan_contra.text.pretraining import pretrained, shared
from tfgan_contra.text.tokenizer import most_frequent_words
from tfgan_contra.training.runs import RunFolder


class RunText(NamedTuple):
    """What a run knows of language.

    Attributes:
        encoder: captions to features.
        pair: the encoder with the image network trained with it; None where there is
            no such network.
    """

    encoder: TextEncoder
    pair: Optional[PairEncoder]


def prepared_text(
    config: Config,
    folder: RunFolder,
    images: CaptionedImages,
    progress: Callable[[str], None] = print,
) -> RunText:
    """Returns a run's text encoder; one that trains in place is trained if need be.

    It is then kept in `<workdir>/text`, whole or not at all: a run that was killed
    while it trained starts it anew, a later one takes it from there. A copy lies in
    the cache for runs that differ in other things.

    Args:
        config: of the run, whose seed is that of the training.
        folder: of the run.
        images: the training images.
        progress: is told one line now and then.

    Raises:
        CheckpointError: if the folder holds an encoder of other settings or captions,
            or none though the run has begun.
        UserError: if an encoder cannot be had.
    """
    method: Any = config.method
    chosen = method.text_encoder
    if not chosen.has_image_network:
        return RunText(chosen.build(), None)
    told: dict[str, Any] = {"seed": config.seed, "progress": progress}
    if folder.text.is_dir():
        pair = pretrained(config=chosen, folder=folder.text, **told)
        _check_same_data(pair, folder, images)
        return RunText(pair.text, pair)
    _check_not_lost(folder)
    cache = cache_directory(config.evaluation.cache_dir)
    cached = pair_encoder_folder(images, chosen, cache, config.seed)
    known = os.path.isdir(cached)
    what = f"taken from {cached}" if known else f"trained, {chosen.num_steps} steps"
    progress(f"the text encoder is {what}; it is kept in {folder.text}")
    pair = shared(images, images.captions, chosen, folder=cached, **told)
    pair.save(folder.text)
    return RunText(pair.text, pair)


def load_text_encoder(workdir: str | os.PathLike, config: Config) -> TextEncoder:
    """Returns the text encoder of a run, without its data set.

    Args:
        workdir: the run folder.
        config: of the run.

    Raises:
        CheckpointError: if the encoder that the run has trained is missing or damaged.
        UserError: if another encoder cannot be had.
    """
    method: Any = config.method
    if not method.text_encoder.has_image_network:
        return method.text_encoder.build()
    return PairEncoder.load(RunFolder(workdir).text).text


def frozen_copy(pair: PairEncoder) -> ImageTower:
    """Returns the image network anew, with variables of the strategy in scope."""
    tower = ImageTower.from_config(pair.image.get_config())
    for target, source in zip(tower.variables, pair.image.variables, strict=True):
        target.assign(source)
    tower.trainable = False
    return tower


def check_word_counts(config: Config) -> None:
    """Checks that captions are cut at one length only.

    Raises:
        ConfigError: if the data and the text encoder say different ones.
    """
    method, data = config.method, config.data
    ours, theirs = method.text_encoder.max_words, data.max_words  # type: ignore[attr-defined]
    if ours != theirs:
        raise ConfigError(
            "config.method.text_encoder.max_words must be that of config.data, "
            f"{theirs}. Received: {ours}"
        )


def _check_not_lost(folder: RunFolder) -> None:
    """Raises where a new encoder would not be the one that the model has trained with.

    One seed gives the same encoder only up to the rounding of the machine.
    """
    if folder.has_begun():
        raise CheckpointError(
            f"{folder.text} is missing, the text encoder that the run's model was "
            "trained with; restore it, or start another --workdir"
        )


def _check_same_data(
    pair: PairEncoder, folder: RunFolder, images: CaptionedImages
) -> None:
    texts = [text for own in images.captions for text in own]
    words = most_frequent_words(texts, pair.config.vocabulary_size)
    if (
        pair.text.tokenizer.vocabulary != words
        or pair.image_shape != images.source.image_shape
    ):
        anew = "give the run its data back" if folder.has_begun() else "delete it"
        raise CheckpointError(
            f"{folder.text} holds a text encoder of other images or captions; {anew}, "
            "or choose another --workdir"
        )
