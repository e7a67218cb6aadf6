"""Pictures of any size in random access, with their names; imports no TensorFlow."""

import abc
from collections.abc import Sequence

import numpy as np
from PIL import Image

from tfgan_contra.data.folder_index import worker_pool
from tfgan_contra.data.preparation import pil_image
from tfgan_contra.data.specs import ImageSource
from tfgan_contra.errors import DataError


class PictureSource(abc.ABC):
    """Pictures of one domain, each of its own size; safe to use from several threads.

    Attributes:
        names: a name for every picture, in order; a file's name relative to its folder.
        channels: 1 grayscale, 3 colour, 4 colour with alpha; the same for all.
        labels: int32 `[N]` where the classes are known (to measure with, never to
            train on), else None.
    """

    names: tuple[str, ...]
    channels: int
    labels: np.ndarray | None = None

    def __len__(self) -> int:
        """Returns the number of pictures."""
        return len(self.names)

    @abc.abstractmethod
    def image(self, index: int) -> Image.Image:
        """Returns a picture as a decoded PIL image, which the caller must not change.

        Raises:
            DataError: if it cannot be read.
        """

    def picture(self, index: int) -> np.ndarray:
        """Returns a whole picture at its own size, uint8 `[h, w, C]`."""
        image = self.image(index)
        return np.array(image).reshape(image.height, image.width, self.channels)

    @property
    def failure(self) -> DataError | None:
        """The error that ended the last reading, or None; see `ImageSource.failure`."""
        return None


class MemoryPictures(PictureSource):
    """Pictures that lie in memory."""

    def __init__(
        self,
        pictures: Sequence[np.ndarray],
        names: Sequence[str],
        labels: np.ndarray | None = None,
    ) -> None:
        """Wraps uint8 pictures `[h, w, C]` of one C, with names and maybe labels."""
        self._images = tuple(pil_image(pixels) for pixels in pictures)
        self.names = tuple(names)
        self.channels = pictures[0].shape[-1]
        self.labels = None if labels is None else np.asarray(labels, np.int32)

    def image(self, index: int) -> Image.Image:
        """Returns a picture; see `PictureSource.image`."""
        return self._images[index]


class FlatPictures(PictureSource):
    """Pictures end to end in one flat array, such as a memory-mapped cache."""

    def __init__(self, pixels: np.ndarray, shapes: np.ndarray, channels: int) -> None:
        """Wraps flat uint8 `pixels`; `shapes` `[N, 2]` are heights and widths."""
        self._pixels = pixels
        self._shapes = shapes.astype(np.int64)
        ends = np.cumsum(self._shapes.prod(axis=1) * channels)
        self._bounds = np.concatenate([[0], ends])
        self.channels = channels
        self.names = tuple(f"{number:06}" for number in range(len(shapes)))

    def image(self, index: int) -> Image.Image:
        """Returns a picture; see `PictureSource.image`."""
        flat = self._pixels[self._bounds[index] : self._bounds[index + 1]]
        return pil_image(flat.reshape(*self._shapes[index], self.channels))


class PictureSubset(PictureSource):
    """Some pictures of another source."""

    def __init__(self, source: PictureSource, indices: np.ndarray) -> None:
        """Keeps the pictures of `source` numbered `indices`, in that order."""
        self._source = source
        self._indices = [int(index) for index in indices]
        self.names = tuple(source.names[index] for index in self._indices)
        self.channels = source.channels
        self.labels = None if source.labels is None else source.labels[self._indices]

    def image(self, index: int) -> Image.Image:
        """Returns a picture of the whole source; see `PictureSource.image`."""
        return self._source.image(self._indices[index])

    @property
    def failure(self) -> DataError | None:
        """The whole source's failure."""
        return self._source.failure


class FixedSizeImages(ImageSource):
    """Pictures resized to one square, for metrics that compare images of one size.

    The aspect is not kept: so the authors prepare their test images.
    """

    def __init__(self, source: PictureSource, size: int) -> None:
        """Resizes the pictures of `source` bicubically to `size` x `size`."""
        self._source = source
        unlabelled = np.zeros(len(source), np.int32)
        self.labels = unlabelled if source.labels is None else source.labels
        self.image_shape = (size, size, source.channels)

    def load(self, indices: np.ndarray, crops: np.ndarray | None = None) -> np.ndarray:
        """Returns uint8 `[n, size, size, C]`; there is nothing left to crop."""
        wanted = [int(index) for index in indices]
        images = np.empty((len(wanted), *self.image_shape), np.uint8)
        for row, pixels in enumerate(worker_pool().map(self._resized, wanted)):
            images[row] = pixels
        return images

    @property
    def failure(self) -> DataError | None:
        """The pictures' failure."""
        return self._source.failure

    def _resized(self, index: int) -> np.ndarray:
        image = self._source.image(index)
        target = self.image_shape[:2]
        if image.size != target:
            image = image.resize(target, Image.Resampling.BICUBIC)
        return np.asarray(image).reshape(self.image_shape)
