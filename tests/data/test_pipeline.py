"""Training batches: replicas, resume, epochs, flips and crops; evaluation subsets."""

import time

import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra.config import DataConfig
from tfgan_contra.data.ordering import BatchSchedule
from tfgan_contra.data.pipeline import (
    evaluation_images,
    evaluation_indices,
    image_chunks,
    training_batches,
)
from tfgan_contra.data.specs import ArraySource, CroppedSource
from tfgan_contra.errors import ConfigError, DataError
from tfgan_contra.types import Batch


def numbered_source(size: int) -> ArraySource:
    """Image i holds the value i in its left half and 255 - i in its right half."""
    images = np.zeros((size, 4, 4, 1), np.uint8)
    images[:, :, :2] = np.arange(size)[:, None, None, None]
    images[:, :, 2:] = 255 - np.arange(size)[:, None, None, None]
    return ArraySource(images, np.arange(size) % 7)


class WideSource(CroppedSource):
    """Images three times as wide as high whose columns are numbered."""

    def __init__(self, size: int) -> None:
        self.labels = np.zeros(size, np.int32)
        self.image_shape = (4, 4, 1)

    def prepared(self, indices):
        for _ in indices:
            yield np.arange(12, dtype=np.uint8)[None, :, None].repeat(4, axis=0)


class BrokenSource(ArraySource):
    """Fails on its first load, as a folder of broken files does."""

    error: DataError | None = None

    def load(self, indices, crops=None):
        self.error = DataError("too many unreadable images")
        raise self.error

    @property
    def failure(self):
        return self.error


def take(source, config, schedule, count, **arguments) -> list[Batch]:
    batches = training_batches(source, config, schedule, **arguments)
    return [Batch(*map(np.array, batch)) for batch in batches.take(count)]


def pixels(batch: Batch) -> np.ndarray:
    return np.rint((batch.images + 1) * 127.5).astype(int)


def test_elements_are_batches_with_static_shapes():
    schedule = BatchSchedule(6, slices=2, seed=1, num_replicas=2)
    batches = training_batches(numbered_source(20), DataConfig(), schedule)
    assert isinstance(batches.element_spec, Batch)
    assert batches.element_spec.images.shape == (6, 4, 4, 1)
    assert batches.element_spec.images.dtype == tf.float32
    assert batches.element_spec.condition.shape == (6,)
    assert batches.element_spec.condition.dtype == tf.int32
    assert int(batches.cardinality()) == tf.data.INFINITE_CARDINALITY


def test_images_are_scaled_to_minus_one_to_one():
    images = np.array([0, 51, 255], np.uint8).reshape(3, 1, 1, 1)
    source = ArraySource(images, np.arange(3))
    (batch,) = take(source, DataConfig(), BatchSchedule(3), 1)
    by_label = batch.images.ravel()[np.argsort(batch.condition)]
    np.testing.assert_allclose(by_label, [-1.0, -0.6, 1.0], atol=1e-6)


@pytest.mark.parametrize("flip", [False, True])
def test_two_replicas_see_what_one_sees(flip):
    source, config = numbered_source(23), DataConfig(flip=flip)
    one = take(source, config, BatchSchedule(8, slices=3, seed=4), 5)
    two = take(source, config, BatchSchedule(8, 3, 4, num_replicas=2), 10)
    for step in range(5):
        parts = [two[2 * step + r].images.reshape(3, 4, 4, 4, 1) for r in range(2)]
        joined = np.concatenate(parts, axis=1).reshape(24, 4, 4, 1)
        assert (joined == one[step].images).all()


def test_two_workers_see_what_one_process_sees():
    source, schedule = numbered_source(23), BatchSchedule(8, 2, 4, num_replicas=4)
    whole = take(source, DataConfig(flip=True), schedule, 8)
    parts = [
        take(source, DataConfig(flip=True), schedule, 4, first_replica=first, **here)
        for first, here in ((0, {"num_replicas_here": 2}), (2, {}))
    ]
    order = [(0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (0, 3), (1, 2), (1, 3)]
    for batch, (worker, number) in zip(whole, order, strict=True):
        assert (batch.images == parts[worker][number].images).all()
        assert (batch.condition == parts[worker][number].condition).all()


def test_a_resumed_stream_goes_on_where_it_stopped():
    source, config = numbered_source(23), DataConfig(flip=True)
    whole = take(source, config, BatchSchedule(8, 2, 4, num_replicas=2), 40)
    resumed = take(source, config, BatchSchedule(8, 2, 4, 13, num_replicas=2), 14)
    for before, after in zip(whole[26:], resumed, strict=True):
        assert (before.images == after.images).all()
        assert (before.condition == after.condition).all()


def test_another_seed_gives_another_order():
    source = numbered_source(50)
    first, second = (
        take(source, DataConfig(), BatchSchedule(50, seed=seed), 1)[0].images
        for seed in (1, 2)
    )
    assert (first != second).any()


@pytest.mark.parametrize("size, batch, slices", [(12, 4, 1), (23, 4, 3), (3, 8, 2)])
def test_every_epoch_shows_every_image_once_with_its_label(size, batch, slices):
    schedule = BatchSchedule(batch, slices, seed=9)
    batches = take(numbered_source(size), DataConfig(), schedule, size)
    seen = np.concatenate([pixels(b)[:, 0, 0, 0] for b in batches])
    labels = np.concatenate([b.condition for b in batches])
    assert (labels == seen % 7).all()
    for epoch in range(batch * slices):
        part = seen[epoch * size : (epoch + 1) * size]
        assert sorted(part) == list(range(size))


def test_half_of_the_images_are_flipped_and_the_choice_changes_by_epoch():
    source = numbered_source(100)
    batches = take(source, DataConfig(flip=True), BatchSchedule(100, seed=3), 20)
    flipped = []
    for batch in batches:
        images = pixels(batch)
        left, right = images[:, 0, 0, 0], images[:, 0, 3, 0]
        assert (left + right == 255).all()
        mirrored = left > 127
        number = np.where(mirrored, right, left)
        flipped.append(mirrored[np.argsort(number)])
    share = np.mean(flipped)
    assert abs(share - 0.5) < 0.05
    assert all((a != b).any() for a, b in zip(flipped, flipped[1:], strict=False))
    assert (source.load(np.arange(100))[:, 0, 0, 0] == np.arange(100)).all()


def test_random_crops_differ_and_do_not_depend_on_replicas():
    config = DataConfig(crop="random")
    (one,) = take(WideSource(40), config, BatchSchedule(40, seed=2), 1)
    two = take(WideSource(40), config, BatchSchedule(40, seed=2, num_replicas=2), 2)
    lefts = pixels(one)[:, 0, 0, 0]
    assert set(lefts) == set(range(9))
    assert (lefts == np.concatenate([pixels(b)[:, 0, 0, 0] for b in two])).all()


def test_centre_crop_unless_random_is_asked_for():
    (batch,) = take(WideSource(10), DataConfig(crop="center"), BatchSchedule(10), 1)
    assert set(pixels(batch)[:, 0, 0, 0]) == {4}


def test_batch_that_does_not_divide_is_refused_at_once():
    schedule = BatchSchedule(10, num_replicas=4)
    with pytest.raises(ConfigError, match="multiple of the 4 replicas, for example 8"):
        training_batches(numbered_source(5), DataConfig(), schedule)


def test_the_users_line_survives_tensorflow():
    source = BrokenSource(np.zeros((4, 4, 4, 1), np.uint8), np.zeros(4))
    with pytest.raises(tf.errors.OpError, match="too many unreadable images"):
        take(source, DataConfig(), BatchSchedule(2), 1)
    assert str(source.failure) == "too many unreadable images"


def test_evaluation_subset_is_seeded_and_ascending():
    source = numbered_source(100)
    images, labels = evaluation_images(source, 30, seed=1)
    numbers = images[:, 0, 0, 0]
    assert len(set(numbers)) == 30 and (np.diff(numbers.astype(int)) > 0).all()
    assert (labels == numbers % 7).all() and images.dtype == np.uint8
    assert (evaluation_images(source, 30, seed=1)[0] == images).all()
    assert (evaluation_images(source, 30, seed=2)[0] != images).any()
    assert evaluation_indices(source, 1000, seed=1).tolist() == list(range(100))


def test_chunks_cover_the_subset_in_order():
    source = numbered_source(50)
    indices = evaluation_indices(source, 23, seed=0)
    chunks = list(image_chunks(source, indices, chunk_size=10))
    assert [len(images) for images, _ in chunks] == [10, 10, 3]
    joined = np.concatenate([images for images, _ in chunks])
    assert (joined == source.load(indices)).all()
    assert (np.concatenate([labels for _, labels in chunks]) == indices % 7).all()


def test_a_batch_takes_less_than_two_milliseconds_of_cpu():
    images = np.zeros((5000, 32, 32, 3), np.uint8)
    source = ArraySource(images, np.zeros(5000))
    schedule = BatchSchedule(64)
    batches = iter(training_batches(source, DataConfig(flip=True), schedule))
    next(batches)
    start = time.process_time()
    for _ in range(100):
        next(batches)
    # Three times the target: the machine that runs the tests may be shared.
    assert (time.process_time() - start) / 100 < 6e-3
