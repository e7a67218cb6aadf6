"""Data configs of image translation; import no TensorFlow."""

import dataclasses
from typing import Optional

from tfgan_contra.config import DataConfig, require, require_choice
from tfgan_contra.data.windows import (
    SMALLEST_SIDE,
    LoadAndCrop,
    WindowPlan,
    ZoomAndCell,
)

UNPAIRED_SOURCES = (
    "unpaired:<folderA>,<folderB>, single:<imageA>,<imageB>, tfds:cycle_gan/<name>,"
    " bundled:digit_styles or bundled:photos"
)


@dataclasses.dataclass
class TwoDomainDataConfig(DataConfig):
    """Base of the configs of two domains without pairs; the training crops are squares.

    Attributes:
        source: `unpaired:<folderA>,<folderB>` (or one folder with trainA and trainB),
            `single:<imageA>,<imageB>`, `tfds:cycle_gan/<name>`,
            `bundled:digit_styles` or `bundled:photos`.
        image_size: side of the training crops, a multiple of 4; the authors'
            `crop_size`.
        channels: of both domains: 1, 3 or 4 to convert; None keeps what each has.
        channels_in: the same for domain A alone; None: `channels`.
        channels_out: the same for domain B alone; None: `channels`.
        flip: mirror half of the crops of either domain, each by itself.
    """

    source: str = "bundled:digit_styles"
    crop: str = "random"
    flip: bool = True
    channels_in: Optional[int] = None
    channels_out: Optional[int] = None

    def check(self, path: str) -> None:
        """Checks the source's form, the crop's size and the channels."""
        require(":" in self.source, f"{path}.source", self.source, UNPAIRED_SOURCES)
        require(
            self.image_size >= 4 * SMALLEST_SIDE and self.image_size % 4 == 0,
            f"{path}.image_size",
            self.image_size,
            f"a multiple of 4 from {4 * SMALLEST_SIDE}",
        )
        for name in ("channels", "channels_in", "channels_out"):
            value = getattr(self, name)
            require(
                value in (None, 1, 3, 4), f"{path}.{name}", value, "1, 3, 4 or None"
            )
        require(
            self.max_unreadable >= 0,
            f"{path}.max_unreadable",
            self.max_unreadable,
            "0 or more",
        )

    @property
    def wanted_channels(self) -> tuple[Optional[int], Optional[int]]:
        """The channels to convert A and B to; None keeps what the domain has."""
        return self.channels_in or self.channels, self.channels_out or self.channels

    @property
    def smallest_side(self) -> int:
        """The fewest pixels a side of a training picture may have."""
        return self.image_size

    def window_plan(self, decaying: bool = False) -> WindowPlan:
        """Returns what crops the pictures; `decaying`: the rates have begun to fall."""
        raise NotImplementedError(f"{type(self).__name__} crops nothing")

    def epoch_size(self, num_inputs: int, num_targets: int) -> int:
        """Returns the samples of one epoch for so many pictures in A and in B."""
        return max(num_inputs, num_targets)


@dataclasses.dataclass
class TranslationDataConfig(TwoDomainDataConfig):
    """Two collections of pictures, for CUT and FastCUT.

    Attributes:
        image_size: the authors' 256.
        load_size: what a picture is resized to before the crop is taken; once the
            learning rates fall, the crop's own size takes its place, as in the
            authors' code.
        resize: `square`: both sides become `load_size`, whatever the shape; `width`:
            the width does and the height follows (GTA to Cityscapes: 1024, with crops
            of 512); `none`: crops of the pictures as they are.
        crop: `random` or `center`.
    """

    image_size: int = 256
    load_size: int = 286
    resize: str = "square"

    def check(self, path: str) -> None:
        """Checks the resizing as well."""
        super().check(path)
        require_choice(f"{path}.crop", self.crop, ("random", "center"))
        require_choice(f"{path}.resize", self.resize, ("square", "width", "none"))
        require(
            self.load_size >= self.image_size or self.resize == "none",
            f"{path}.load_size",
            self.load_size,
            f"{path}.image_size={self.image_size} or more",
        )

    @property
    def smallest_side(self) -> int:
        """The crop's side where nothing is resized, else what a network can take."""
        return self.image_size if self.resize == "none" else SMALLEST_SIDE

    def window_plan(self, decaying: bool = False) -> WindowPlan:
        """Returns the resizing and the crop; see the base class."""
        load_size = self.image_size if decaying else self.load_size
        return LoadAndCrop(
            load_size, self.image_size, self.resize, self.crop == "center"
        )


@dataclasses.dataclass
class SingleImageDataConfig(TwoDomainDataConfig):
    """Crops of one large picture per domain, for SinCUT.

    Attributes:
        image_size: the authors' 64.
        smallest_zoom: width and height are shrunk by random factors from this to 1.
        crops_per_epoch: the authors' 100,000.
        crop: `random`.
    """

    source: str = "bundled:photos"
    image_size: int = 64
    smallest_zoom: float = 1 / 3
    crops_per_epoch: int = 100_000

    def check(self, path: str) -> None:
        """Checks the zoom and the epoch as well."""
        super().check(path)
        require_choice(f"{path}.crop", self.crop, ("random",))
        require(
            0 < self.smallest_zoom <= 1,
            f"{path}.smallest_zoom",
            self.smallest_zoom,
            "in (0, 1]",
        )
        require(
            self.crops_per_epoch >= 1,
            f"{path}.crops_per_epoch",
            self.crops_per_epoch,
            "1 or more",
        )

    def window_plan(self, decaying: bool = False) -> WindowPlan:
        """Returns the zoom and the grid, the same throughout the training."""
        return ZoomAndCell(self.image_size, self.smallest_zoom)

    def epoch_size(self, num_inputs: int, num_targets: int) -> int:
        """Returns `crops_per_epoch`."""
        return self.crops_per_epoch
