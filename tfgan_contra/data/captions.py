"""Images with captions, as training and evaluation take them; imports no TensorFlow."""

import dataclasses
from collections.abc import Sequence
from typing import Any, Optional

import numpy as np

from tfgan_contra.data.caption_configs import CaptionDataConfig
from tfgan_contra.data.caption_words import split_words
from tfgan_contra.data.specs import ImageDataset, ImageSource
from tfgan_contra.errors import DataError
from tfgan_contra.types import DataSpec


class CaptionedImages:
    """The images of one split, each with its captions.

    Attributes:
        source: the images.
        captions: one tuple of captions per image.
        unique_captions: every caption once, in the order of their first use; what a
            text encoder must encode.
        caption_ids: int64 `[N, k]`, numbers of `unique_captions`; k is the most
            captions that an image has, and shorter rows repeat theirs in turn.
        caption_counts: int64 `[N]`, how many of a row are the image's own.
        scenes: what rendered images show (`shape_scenes.Scene`), or None.
        group_size: how many images that follow each other are alike, and do so in every
            epoch's order too, so that a batch holds negatives that are hard to tell
            apart; 1: none. A replica's batch of a multiple of it, from as many images,
            holds whole groups; others cut some.
    """

    def __init__(
        self,
        source: ImageSource,
        captions: Sequence[Sequence[str]],
        scenes: Optional[Sequence[Any]] = None,
        group_size: int = 1,
    ) -> None:
        """Takes at least one caption for every image of `source`."""
        self.source, self.group_size = source, group_size
        self.captions = tuple(tuple(texts) for texts in captions)
        numbers: dict[str, int] = {}
        rows = [
            [numbers.setdefault(text, len(numbers)) for text in texts]
            for texts in self.captions
        ]
        self.unique_captions = tuple(numbers)
        self.caption_counts = np.array([len(row) for row in rows], np.int64)
        width = max(self.caption_counts)
        self.caption_ids = np.array([np.resize(row, width) for row in rows], np.int64)
        self.scenes = None if scenes is None else tuple(scenes)

    def __len__(self) -> int:
        """Returns the number of images."""
        return len(self.captions)

    def load(self, indices: np.ndarray) -> np.ndarray:
        """Returns images by number, uint8 `[n, H, W, C]`; see `ImageSource.load`."""
        return self.source.load(indices)

    def shown(self, indices: np.ndarray) -> np.ndarray:
        """Returns the numbers of the images that `load` gave for `indices`.

        They differ where a file has become unreadable and another took its place, whose
        captions then belong to it.
        """
        return indices

    def choose_captions(self, indices: np.ndarray, chances: np.ndarray) -> np.ndarray:
        """Returns the number of one caption per image, int64 `[n]`.

        Args:
            indices: `[n]` numbers of images.
            chances: `[n]` numbers in [0, 1), which of an image's captions.
        """
        columns = (chances * self.caption_counts[indices]).astype(np.int64)
        return self.caption_ids[indices, columns]

    @property
    def failure(self) -> Optional[DataError]:
        """The error that ended the last `load`, or None."""
        return self.source.failure


@dataclasses.dataclass
class CaptionedDataset:
    """A captioned data set.

    Attributes:
        spec: image size and channels; there are no classes.
        train: what to train on.
        test: what training never sees.
        held_out: images whose combinations of attributes training never sees, or None.
        report: lines worth showing; grows when an unreadable file is met later.
    """

    spec: DataSpec
    train: CaptionedImages
    test: CaptionedImages
    held_out: Optional[CaptionedImages] = None
    report: list[str] = dataclasses.field(default_factory=list)

    @property
    def images(self) -> ImageDataset:
        """The images alone, for metrics; all labels are 0."""
        return ImageDataset(self.spec, self.train.source, self.test.source, self.report)


def caption_report(train: CaptionedImages, config: CaptionDataConfig) -> list[str]:
    """Returns lines on the training captions: how many, how long, cut or mirrored."""
    # The text encoders cut by these words: a hyphen parts two, a full stop is none.
    words = [split_words(text) for text in train.unique_captions]
    lengths = [len(row) for row in words]
    lines = [
        f"{len(train)} training images with {train.caption_counts.sum()} captions"
        f" ({len(words)} different) of {min(lengths)} to {max(lengths)} words"
    ]
    cut = sum(length > config.max_words for length in lengths)
    if cut:
        lines.append(
            f"{cut} of {len(words)} captions are cut after config.data.max_words="
            f"{config.max_words} words"
        )
    sided = sum("left" in row or "right" in row for row in words)
    if config.flip and sided:
        lines.append(
            f"config.data.flip mirrors images, but {sided} of {len(words)} captions"
            " say left or right; --config.data.flip=false keeps them true"
        )
    return lines
