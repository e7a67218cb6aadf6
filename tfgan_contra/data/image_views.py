"""Image sources made of others: other channels, several joined; no TensorFlow."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tfgan_contra.data.preparation import converted, pil_image
from tfgan_contra.data.specs import ImageDataset, ImageSource, SubsetSource
from tfgan_contra.errors import DataError
from tfgan_contra.types import DataSpec


class ConvertedImages(ImageSource):
    """The images of another source with other channels."""

    def __init__(self, source: ImageSource, channels: int) -> None:
        """Converts the images of `source`; see `converted_images`."""
        self._source = source
        self.labels = source.labels
        self.image_shape = (*source.image_shape[:2], channels)

    def load(self, indices: np.ndarray, crops: np.ndarray | None = None) -> np.ndarray:
        """Loads from the source and converts; see `ImageSource.load`."""
        images = self._source.load(indices, crops)
        return converted_images(images, self.image_shape[2])

    @property
    def failure(self) -> DataError | None:
        """The source's failure."""
        return self._source.failure


class JoinedImages(ImageSource):
    """The images of several sources after one another, labelled by their source."""

    def __init__(self, sources: Sequence[ImageSource]) -> None:
        """Joins sources whose images have one shape."""
        sizes = [len(source) for source in sources]
        self._sources = tuple(sources)
        self._starts = np.concatenate([[0], np.cumsum(sizes)])
        self.labels = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        self.image_shape = sources[0].image_shape

    def load(self, indices: np.ndarray, crops: np.ndarray | None = None) -> np.ndarray:
        """Loads each image from its source; see `ImageSource.load`."""
        images = np.empty((len(indices), *self.image_shape), np.uint8)
        owners = self.labels[indices]
        for number in np.unique(owners):
            rows = owners == number
            places = None if crops is None else crops[rows]
            own = indices[rows] - self._starts[number]
            images[rows] = self._sources[number].load(own, places)
        return images

    @property
    def failure(self) -> DataError | None:
        """The first failure of any source."""
        failures = (source.failure for source in self._sources)
        return next((error for error in failures if error), None)


def converted_images(images: np.ndarray, channels: int) -> np.ndarray:
    """Returns uint8 images `[N, H, W, C]` with so many channels, 1, 3 or 4.

    Colour becomes its luminance, alpha is dropped, or opaque where it is missing.
    """
    if images.shape[-1] == channels:
        return images
    rows = [np.asarray(converted(pil_image(image), channels)) for image in images]
    return np.stack(rows).reshape(*images.shape[:3], channels)


def with_channels(dataset: ImageDataset, channels: int) -> ImageDataset:
    """Returns a data set with so many channels; see `converted_images`."""
    if dataset.spec.channels == channels:
        return dataset
    return ImageDataset(
        dataclasses.replace(dataset.spec, channels=channels),
        ConvertedImages(dataset.train, channels),
        ConvertedImages(dataset.test, channels),
        dataset.report,
    )


def datasets_as_classes(
    datasets: Sequence[ImageDataset], names: Sequence[str]
) -> ImageDataset:
    """Returns one data set whose classes say which of several an image comes from.

    All are converted to the last one's channels. Smaller ones are repeated to train on,
    so that no class is rarer than another.

    Args:
        datasets: of one image size.
        names: of the classes, one for each data set.
    """
    channels = datasets[-1].spec.channels
    alike = [with_channels(dataset, channels) for dataset in datasets]
    most = max(len(dataset.train) for dataset in alike)
    train = [
        SubsetSource(dataset.train, np.resize(np.arange(len(dataset.train)), most))
        for dataset in alike
    ]
    size = datasets[-1].spec.image_size
    return ImageDataset(
        DataSpec(size, channels, len(datasets), tuple(names)),
        JoinedImages(train),
        JoinedImages([dataset.test for dataset in alike]),
    )
