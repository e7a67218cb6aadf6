"""What a translator is measured and shown on: images of one size of both domains."""

from typing import NamedTuple

import numpy as np

from tfgan_contra.data.configs import TwoDomainDataConfig
from tfgan_contra.data.ordering import (
    TEST_INPUT_CROP_STREAMS,
    TEST_TARGET_CROP_STREAMS,
)
from tfgan_contra.data.pictures import PictureSource
from tfgan_contra.data.specs import SPLIT_SEED, ImageDataset, ImageSource
from tfgan_contra.data.unpaired import UnpairedDataset
from tfgan_contra.data.windows import WindowPlan, cut_out, row_draws
from tfgan_contra.errors import DataError
from tfgan_contra.types import DataSpec

TEST_CROPS = 200
TRAIN_CROPS = 250


class MeasuredDomains(NamedTuple):
    """Both domains as images of the training crops' size.

    Attributes:
        inputs: domain A; its test images are what is translated.
        targets: domain B, what translations are compared with.
        preparation: how pictures became images, for the protocol.
    """

    inputs: ImageDataset
    targets: ImageDataset
    preparation: str


class CropImages(ImageSource):
    """Crops of pictures in turn, always the same ones."""

    def __init__(
        self,
        source: PictureSource,
        plan: WindowPlan,
        size: int,
        positions: np.ndarray,
        first_stream: int,
    ) -> None:
        """Takes one crop for each of the stream positions.

        Args:
            source: the pictures.
            plan: where crops lie.
            size: side of the crops.
            positions: which of the streams' random numbers decide each crop.
            first_stream: the first of the streams.
        """
        self._source, self._plan = source, plan
        self._pictures = np.arange(len(positions)) % len(source)
        self._draws = row_draws(SPLIT_SEED, first_stream, positions)
        unlabelled = np.zeros(len(source), np.int32)
        labels = unlabelled if source.labels is None else source.labels
        self.labels = labels[self._pictures]
        self.image_shape = (size, size, source.channels)

    def load(self, indices: np.ndarray, crops: np.ndarray | None = None) -> np.ndarray:
        """Returns uint8 `[n, size, size, C]`; each number's crop is fixed."""
        images = np.empty((len(indices), *self.image_shape), np.uint8)
        for row, index in enumerate(indices):
            image = self._source.image(int(self._pictures[index]))
            window = self._plan.window(image.width, image.height, self._draws[index])
            images[row] = cut_out(image, window)
        return images

    @property
    def failure(self) -> DataError | None:
        """The pictures' failure."""
        return self._source.failure


def measured_domains(
    dataset: UnpairedDataset, config: TwoDomainDataConfig
) -> MeasuredDomains:
    """Returns both domains as images of the crops' size.

    Pictures are resized whole, without keeping the aspect, as the authors prepare
    their test images. A single picture per domain tells nothing of a distribution:
    there the images are crops like those of the training, but always the same
    `TEST_CROPS`; `TRAIN_CROPS` others stand for the training images.

    Args:
        dataset: the two domains.
        config: how crops are taken.
    """
    size = config.image_size
    if min(len(dataset.test.a), len(dataset.test.b)) > 1:
        return MeasuredDomains(
            dataset.domain_images("a"),
            dataset.domain_images("b"),
            f"whole pictures resized to {size}x{size}, aspect not kept, bicubic",
        )
    return MeasuredDomains(
        _crops(dataset, "a", config, TEST_INPUT_CROP_STREAMS),
        _crops(dataset, "b", config, TEST_TARGET_CROP_STREAMS),
        f"{TEST_CROPS} fixed random crops of {size}x{size} of each domain, "
        "zoomed and cut as in training",
    )


def _crops(
    dataset: UnpairedDataset, domain: str, config: TwoDomainDataConfig, stream: int
) -> ImageDataset:
    train, test = (getattr(split, domain) for split in (dataset.train, dataset.test))
    size, plan, names = config.image_size, config.window_plan(), dataset.class_names
    positions = np.arange(TEST_CROPS + TRAIN_CROPS)
    return ImageDataset(
        DataSpec(size, train.channels, len(names), names),
        CropImages(train, plan, size, positions[TEST_CROPS:], stream),
        CropImages(test, plan, size, positions[:TEST_CROPS], stream),
        dataset.report,
    )
