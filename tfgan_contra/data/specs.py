"""What every data source offers; imports no TensorFlow."""

import abc
import dataclasses
from collections.abc import Iterable

import numpy as np

from tfgan_contra.config import nearest_name
from tfgan_contra.data.preparation import square_window
from tfgan_contra.errors import DataError
from tfgan_contra.types import DataSpec

# Which images are held out must not depend on the seed of a run.
SPLIT_SEED = 0


class ImageSource(abc.ABC):
    """Labelled uint8 images in random access; safe to call from several threads.

    Attributes:
        labels: int32 `[N]`.
        image_shape: `(height, width, channels)` of every loaded image.
    """

    labels: np.ndarray
    image_shape: tuple[int, int, int]

    def __len__(self) -> int:
        """Returns the number of images."""
        return len(self.labels)

    @abc.abstractmethod
    def load(self, indices: np.ndarray, crops: np.ndarray | None = None) -> np.ndarray:
        """Returns images by number, cropped and resized.

        Args:
            indices: `[n]` integers in [0, N).
            crops: `[n]` numbers in [0, 1), the place of each square crop between one
                end of the image's long edge and the other; None: the centre. Sources
                whose images are stored square ignore it.

        Returns:
            uint8 `[n, H, W, C]`.

        Raises:
            DataError: if more images turn out to be unreadable than the config allows.
        """

    @property
    def failure(self) -> DataError | None:
        """The error that ended the last `load`, or None.

        TensorFlow wraps what its callbacks raise; a trainer that catches
        `tf.errors.OpError` finds the user's one line here.
        """
        return None


class ArraySource(ImageSource):
    """Images that lie in memory, or in a memory-mapped file."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        """Wraps uint8 `images` `[N, H, W, C]` and integer `labels` `[N]`."""
        self._images = images
        self.labels = np.asarray(labels, np.int32)
        self.image_shape = images.shape[1:]

    def load(self, indices: np.ndarray, crops: np.ndarray | None = None) -> np.ndarray:
        """Returns a copy of the chosen images; see `ImageSource.load`."""
        return np.asarray(self._images[indices])


class CroppedSource(ImageSource):
    """Images kept wider or higher than the model's, cropped when they are loaded."""

    @abc.abstractmethod
    def prepared(self, indices: np.ndarray) -> Iterable[np.ndarray]:
        """Yields uint8 `[h, w, C]` with `min(h, w)` equal to the image size."""

    def load(self, indices: np.ndarray, crops: np.ndarray | None = None) -> np.ndarray:
        """Crops every image to a square; see `ImageSource.load`."""
        places = np.full(len(indices), 0.5) if crops is None else crops
        images = np.empty((len(indices), *self.image_shape), np.uint8)
        for row, pixels in enumerate(self.prepared(indices)):
            images[row] = square_window(pixels, float(places[row]))
        return images


class SubsetSource(ImageSource):
    """Some images of another source."""

    def __init__(self, source: ImageSource, indices: np.ndarray) -> None:
        """Keeps the images of `source` numbered `indices`, in that order."""
        self._source = source
        self._indices = indices
        self.labels = source.labels[indices]
        self.image_shape = source.image_shape

    def load(self, indices: np.ndarray, crops: np.ndarray | None = None) -> np.ndarray:
        """Loads from the whole source; see `ImageSource.load`."""
        return self._source.load(self._indices[indices], crops)

    @property
    def failure(self) -> DataError | None:
        """The whole source's failure."""
        return self._source.failure


@dataclasses.dataclass
class ImageDataset:
    """A data set as training and evaluation take it.

    Attributes:
        spec: image size, channels and classes.
        train: the images to train on.
        test: images that training never sees.
        report: lines worth showing, such as files that were skipped; grows when an
            unreadable file is met later.
    """

    spec: DataSpec
    train: ImageSource
    test: ImageSource
    report: list[str] = dataclasses.field(default_factory=list)


def class_index(spec: DataSpec, name_or_number: str | int) -> int:
    """Returns the label that a class name or a number stands for.

    A string is looked up among the names first (folders may be called `10`), then
    without regard to case, then read as a label's number.

    Raises:
        DataError: if no class has that name, or the number is out of range.
    """
    names = spec.class_names
    lowered = [name.lower() for name in names]
    text = str(name_or_number).strip()
    if isinstance(name_or_number, str):
        if text in names:
            return names.index(text)
        if lowered.count(text.lower()) == 1:
            return lowered.index(text.lower())
    try:
        number = int(text)
    except ValueError:
        raise DataError(
            f"no class is called {text!r}{nearest_name(text, names)}; name one of the"
            f" {spec.num_classes} classes, or its number from 0 to"
            f" {spec.num_classes - 1}"
        ) from None
    if not 0 <= number < spec.num_classes:
        raise DataError(
            f"label {number} is out of range; the {spec.num_classes} classes are"
            f" numbered from 0 to {spec.num_classes - 1}"
        )
    return number
