"""Which image stands where: seeded, addressable orders; imports no TensorFlow.

Every number here is a pure function of `(seed, stream, counter)`, so a run resumes at
any step, and any number of replicas sees the same images, with nothing to save.
NumPy's own permutations may change between its versions; these do not.
"""

import dataclasses
import functools

import numpy as np

from tfgan_contra.errors import ConfigError

# One stream per purpose; epochs count upwards from the last of them.
SPLIT_STREAM = 1
FLIP_STREAM = 2
CROP_STREAM = 3
SUBSET_STREAM = 4
PARTNER_STREAM = 5
CAPTION_STREAM = 6
SCENE_STREAM = 7
RENDER_STREAM = 8
PIXEL_STREAM = 9
STACKING_STREAM = 10
# The crops of two domains take several streams each, counted from these.
INPUT_CROP_STREAMS = 16
TARGET_CROP_STREAMS = 32
TEST_INPUT_CROP_STREAMS = 48
TEST_TARGET_CROP_STREAMS = 64
EPOCH_STREAM = 1 << 32

_GAMMA = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1


@dataclasses.dataclass(frozen=True)
class BatchSchedule:
    """How an endless stream of images is cut into steps, slices and replicas.

    Attributes:
        global_batch_size: images per update over all replicas.
        slices: updates of the discriminator per step, each with its own images.
        seed: the order of the images, the flips and the crops follow from it.
        start_step: the first step to yield; all that a resumed run needs.
        num_replicas: replicas over all workers that share one global batch.
    """

    global_batch_size: int
    slices: int = 1
    seed: int = 0
    start_step: int = 0
    num_replicas: int = 1

    @property
    def replica_batch_size(self) -> int:
        """Images per update on one replica.

        Raises:
            ConfigError: if the global batch does not divide by the replicas.
        """
        whole, rest = divmod(self.global_batch_size, self.num_replicas)
        if rest or not whole:
            near = max(1, whole) * self.num_replicas
            raise ConfigError(
                "config.train.global_batch_size must be a multiple of the"
                f" {self.num_replicas} replicas, for example {near}."
                f" Received: {self.global_batch_size}"
            )
        return whole

    def positions(self, step: int, replica: int) -> np.ndarray:
        """Returns the stream positions of one replica's rows, slice 0 first.

        Args:
            step: the training step, from 0.
            replica: the replica's number among `num_replicas`.

        Returns:
            int64 `[slices * replica_batch_size]`; position p is image
            `p % N` of epoch `p // N` for a data set of N images.
        """
        per_replica = self.replica_batch_size
        columns = replica * per_replica + np.arange(per_replica, dtype=np.int64)
        rows = np.arange(self.slices, dtype=np.int64) + step * self.slices
        return (rows[:, None] * self.global_batch_size + columns).ravel()


class EpochOrder:
    """An endless stream of image numbers: a fresh seeded permutation every epoch.

    Args:
        size: how many images there are.
        seed: of the permutations.
        group_size: images that follow each other; see `in_groups`.
    """

    def __init__(self, size: int, seed: int, group_size: int = 1) -> None:
        self._size = size
        number = -(-size // group_size)

        def epoch_order(epoch: int) -> np.ndarray:
            """Returns the image numbers of one epoch."""
            groups = permutation(seed, EPOCH_STREAM + epoch, number)
            return in_groups(groups, group_size, size)

        # A batch touches one or two epochs, or many tiny ones.
        self._epoch = functools.lru_cache(maxsize=4)(epoch_order)

    def indices(self, positions: np.ndarray) -> np.ndarray:
        """Returns the image number at every stream position, int64 `[n]`."""
        epochs, offsets = np.divmod(positions, self._size)
        result = np.empty_like(positions)
        for epoch in np.unique(epochs):
            here = epochs == epoch
            result[here] = self._epoch(int(epoch))[offsets[here]]
        return result


def random_bits(seed: int, stream: int, counters: np.ndarray) -> np.ndarray:
    """Returns 64 random bits for every counter, uint64 of the counters' shape.

    A SplitMix64 generator per `(seed, stream)`, read at any place in any order.

    Reference: Steele, Lea and Flood, Fast splittable pseudorandom number generators,
    OOPSLA 2014.
    """
    inner = _mix(np.array([(seed * _GAMMA + 1) & _WORD], np.uint64))
    key = _mix(inner + np.array([stream & _WORD], np.uint64))
    ticks = np.asarray(counters).astype(np.uint64) + np.uint64(1)
    return _mix(key + ticks * np.uint64(_GAMMA))


def uniform(seed: int, stream: int, counters: np.ndarray) -> np.ndarray:
    """Returns a random number in [0, 1) for every counter, float64."""
    bits = random_bits(seed, stream, counters) >> np.uint64(11)
    return bits.astype(np.float64) * 2.0**-53


def permutation(seed: int, stream: int, size: int) -> np.ndarray:
    """Returns the numbers 0 to `size - 1` in a seeded order, int64 `[size]`."""
    return np.argsort(random_bits(seed, stream, np.arange(size)), kind="stable")


def in_groups(order: np.ndarray, group_size: int, size: int) -> np.ndarray:
    """Returns the numbers 0 to `size - 1` group by group, int64 `[size]`.

    Args:
        order: the numbers of the groups, each once, in any order.
        group_size: numbers of a group, from 0 on, 1 or more; the last group may be
            smaller.
        size: how many numbers there are.
    """
    numbers = (order[:, None] * group_size + np.arange(group_size)).ravel()
    return numbers[numbers < size]


def proportional_counts(labels: np.ndarray, total: int) -> np.ndarray:
    """Shares `total` places among the classes by size, largest remainder first.

    Returns:
        int64 `[classes]`, one count per label from 0, summing to `total`.
    """
    sizes = np.bincount(labels)
    quotas = sizes * (total / sizes.sum())
    counts = np.floor(quotas).astype(np.int64)
    by_remainder = np.argsort(counts - quotas, kind="stable")
    counts[by_remainder[: total - counts.sum()]] += 1
    return counts


def tenth_counts(labels: np.ndarray) -> np.ndarray:
    """Returns a tenth of every class, at least 1 where a class has 2 or more images."""
    sizes = np.bincount(labels)
    return np.where(sizes >= 2, np.maximum(1, (sizes + 5) // 10), 0)


def stratified_split(
    labels: np.ndarray, held_out: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Splits image numbers into those that stay and those held out.

    Args:
        labels: `[N]` labels from 0.
        held_out: `[classes]`, how many images of each class to hold out.
        seed: which ones.

    Returns:
        `(kept, held out)`, both int64 and ascending.
    """
    shuffled = permutation(seed, SPLIT_STREAM, len(labels))
    grouped = shuffled[np.argsort(labels[shuffled], kind="stable")]
    starts = np.concatenate([[0], np.cumsum(np.bincount(labels))])
    rank_in_class = np.arange(len(labels)) - starts[labels[grouped]]
    chosen = rank_in_class < held_out[labels[grouped]]
    return np.sort(grouped[~chosen]), np.sort(grouped[chosen])


def _mix(words: np.ndarray) -> np.ndarray:
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
