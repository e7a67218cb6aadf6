"""A data set that a classifier learns in seconds, and samplers that cheat."""

import dataclasses

import numpy as np
import pytest

from tfgan_contra.types import DataSpec

NAMES = ("bar", "corner", "cross")
SIDE = 16


class ArrayImages:
    """Images in memory that count how often they are asked for."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self.images, self.labels, self.loads = images, labels.astype(np.int32), 0

    def __len__(self) -> int:
        return len(self.labels)

    def load(self, indices: np.ndarray) -> np.ndarray:
        self.loads += 1
        return self.images[indices]


@dataclasses.dataclass
class ToyDataset:
    spec: DataSpec
    train: ArrayImages
    test: ArrayImages

    def sample(self, labels: np.ndarray | None, seeds: np.ndarray) -> np.ndarray:
        """A perfect generator: a training image of the class asked for."""
        if labels is None:
            return self.train.images[seeds % len(self.train)]
        members = [np.flatnonzero(self.train.labels == k) for k in range(len(NAMES))]
        pairs = zip(labels, seeds, strict=True)
        chosen = [members[k][s % len(members[k])] for k, s in pairs]
        return self.train.images[np.array(chosen)]


def draw(labels: np.ndarray, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    images = random.integers(0, 40, (len(labels), SIDE, SIDE, 1))
    for image, label in zip(images, labels, strict=True):
        y, x = random.integers(4, 12, 2)
        level = random.integers(140, 215)
        if label == 0:
            image[y - 1 : y + 1, 2:14] += level
        elif label == 1:
            image[y - 4 : y + 4, x - 4 : x - 2] += level
            image[y - 4 : y - 2, x - 4 : x + 4] += level
        else:
            image[y - 4 : y + 4, x - 1 : x + 1] += level
            image[y - 1 : y + 1, x - 4 : x + 4] += level
    return np.clip(images, 0, 255).astype(np.uint8)


def toy_dataset(num_train: int = 600, num_test: int = 150) -> ToyDataset:
    train, test = np.arange(num_train) % 3, np.arange(num_test) % 3
    return ToyDataset(
        DataSpec(SIDE, 1, 3, NAMES),
        ArrayImages(draw(train, 0), train),
        ArrayImages(draw(test, 1), test),
    )


@pytest.fixture
def dataset() -> ToyDataset:
    return toy_dataset()


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One cache for all tests, so that the classifier is trained once."""
    return str(tmp_path_factory.mktemp("evaluation"))
