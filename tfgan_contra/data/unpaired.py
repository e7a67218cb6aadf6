"""Two domains of pictures without pairs: the data set and its order; no TensorFlow."""

import dataclasses

import numpy as np

from tfgan_contra.data.ordering import PARTNER_STREAM, EpochOrder, uniform
from tfgan_contra.data.pictures import FixedSizeImages, PictureSource
from tfgan_contra.data.specs import ImageDataset
from tfgan_contra.errors import DataError
from tfgan_contra.types import DataSpec, TranslationSpec


@dataclasses.dataclass(frozen=True)
class Domains:
    """The pictures of both domains of one split.

    Attributes:
        a: what is translated.
        b: what translations shall look like.
    """

    a: PictureSource
    b: PictureSource

    @property
    def failure(self) -> DataError | None:
        """The error that ended the last reading of either, or None."""
        return self.a.failure or self.b.failure


@dataclasses.dataclass
class UnpairedDataset:
    """Two domains as the training and the evaluation of a translator take them.

    Attributes:
        spec: crop size, channels and names of the domains.
        train: the pictures to train on.
        test: pictures that training never sees (for single pictures: the same ones).
        class_names: names of the classes that the sources' labels count, or none.
        report: lines worth showing, such as files that were skipped; grows when an
            unreadable file is met later.
    """

    spec: TranslationSpec
    train: Domains
    test: Domains
    class_names: tuple[str, ...] = ()
    report: list[str] = dataclasses.field(default_factory=list)

    def domain_images(self, domain: str) -> ImageDataset:
        """Returns one domain, resized to the crop's size, for metrics and classifiers.

        Args:
            domain: `a` or `b`.

        Returns:
            The data set; its labels are all 0 and its number of classes is 0 where no
            labels are known.
        """
        train, test = (getattr(split, domain) for split in (self.train, self.test))
        size = self.spec.image_size
        return ImageDataset(
            DataSpec(size, train.channels, len(self.class_names), self.class_names),
            FixedSizeImages(train, size),
            FixedSizeImages(test, size),
            self.report,
        )


class UnpairedOrder:
    """Which pictures stand at which place of the training stream.

    An epoch is a seeded permutation of `epoch_size` numbers; A takes number modulo its
    size, so that its pictures are visited equally often up to one; B is uniformly
    random and independent.

    Reference: the unaligned data set of the authors' code (Park et al., ECCV 2020,
    arXiv 2007.15651), which drops the incomplete last batch of an epoch; here the
    stream goes on into the next epoch.
    """

    def __init__(
        self, epoch_size: int, num_inputs: int, num_targets: int, seed: int
    ) -> None:
        """Makes the stream for so many samples per epoch and pictures in A and B."""
        self._order = EpochOrder(epoch_size, seed)
        self._num_inputs = num_inputs
        self._num_targets = num_targets
        self._seed = seed

    def inputs(self, positions: np.ndarray) -> np.ndarray:
        """Returns the number of A's picture at every stream position, `[n]`."""
        return self._order.indices(positions) % self._num_inputs

    def targets(self, positions: np.ndarray) -> np.ndarray:
        """Returns the number of B's picture at every stream position, `[n]`."""
        chances = uniform(self._seed, PARTNER_STREAM, positions)
        return (chances * self._num_targets).astype(np.int64)
