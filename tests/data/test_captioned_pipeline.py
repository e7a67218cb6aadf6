"""Training batches of captioned images: protocol, replicas, resume, captions, flips."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra.data import BatchSchedule, CaptionDataConfig, captioned_batches
from tfgan_contra.data.captions import CaptionedImages
from tfgan_contra.data.ordering import EpochOrder
from tfgan_contra.data.specs import ArraySource
from tfgan_contra.errors import ConfigError
from tfgan_contra.types import Batch

CONFIG = CaptionDataConfig("captions:x")


def numbered(count, captions=3, group_size=1) -> CaptionedImages:
    """Images whose red is their number and whose green counts columns."""
    pixels = np.zeros((count, 8, 8, 3), np.uint8)
    pixels[..., 0] = np.arange(count)[:, None, None]
    pixels[..., 1] = np.arange(8)
    texts = [[f"{i}-{j}" for j in range(captions)] for i in range(count)]
    source = ArraySource(pixels, np.zeros(count))
    return CaptionedImages(source, texts, group_size=group_size)


def take(images, schedule, count, config=CONFIG, **arguments) -> list[Batch]:
    batches = captioned_batches(images, config, schedule, **arguments)
    return [Batch(*map(np.array, batch)) for batch in batches.take(count)]


def pixels(batch) -> np.ndarray:
    return np.rint((batch.images + 1) * 127.5).astype(int)


def test_elements_are_batches_with_static_shapes():
    schedule = BatchSchedule(6, slices=2, seed=1, num_replicas=2)
    spec = captioned_batches(numbered(4), CONFIG, schedule).element_spec
    assert isinstance(spec, Batch)
    assert spec.images == tf.TensorSpec((6, 8, 8, 3), tf.float32)
    assert spec.condition == tf.TensorSpec((6,), tf.int64)


def test_rows_follow_the_order_and_carry_their_own_captions():
    images = numbered(9)
    batches = take(images, BatchSchedule(4, seed=7), 9)
    rows = [number for batch in batches for number in pixels(batch)[:, 0, 0, 0]]
    assert rows == EpochOrder(9, 7).indices(np.arange(36)).tolist()
    ids = np.concatenate([batch.condition for batch in batches])
    assert [images.unique_captions[i].split("-")[0] for i in ids] == list(
        map(str, rows)
    )
    assert batches[0].images.min() >= -1 and batches[0].images.max() <= 1


def test_images_of_a_group_come_together():
    batches = take(numbered(12, group_size=4), BatchSchedule(4, seed=7), 6)
    for batch in batches:
        rows = pixels(batch)[:, 0, 0, 0]
        assert rows[0] % 4 == 0 and rows.tolist() == list(range(rows[0], rows[0] + 4))


def test_each_caption_of_an_image_gets_its_share():
    (batch,) = take(numbered(1, captions=5), BatchSchedule(2000), 1)
    counts = np.bincount(batch.condition, minlength=5)
    assert counts.sum() == 2000 and np.abs(counts - 400).max() < 80


def test_captions_change_from_visit_to_visit():
    batches = take(numbered(4, captions=5), BatchSchedule(4, seed=1), 20)
    seen = {}
    for batch in batches:
        for number, caption in zip(
            pixels(batch)[:, 0, 0, 0], batch.condition, strict=True
        ):
            seen.setdefault(number, set()).add(caption)
    assert all(len(captions) >= 4 for captions in seen.values())
    others = take(numbered(4, captions=5), BatchSchedule(4, seed=2), 20)
    assert any(
        (one.condition != other.condition).any()
        for one, other in zip(batches, others, strict=True)
    )


def test_a_resumed_run_continues_exactly():
    config = CaptionDataConfig("captions:x", flip=True)
    whole = take(numbered(5), BatchSchedule(4, slices=2, seed=1), 6, config)
    resumed = BatchSchedule(4, slices=2, seed=1, start_step=4)
    rest = take(numbered(5), resumed, 2, config)
    for expected, batch in zip(whole[4:], rest, strict=True):
        assert (batch.images == expected.images).all()
        assert (batch.condition == expected.condition).all()


def test_replicas_share_the_same_rows():
    images = numbered(7)
    (one,) = take(images, BatchSchedule(4, slices=2, seed=1), 1)
    split = BatchSchedule(4, slices=2, seed=1, num_replicas=2)
    two = take(images, split, 2)
    (second,) = take(images, split, 1, first_replica=1, num_replicas_here=1)
    for field in range(2):
        parts = [batch[field].reshape(2, 2, *batch[field].shape[1:]) for batch in two]
        joined = np.concatenate(parts, axis=1).reshape(one[field].shape)
        assert (joined == one[field]).all()
        assert (second[field] == two[1][field]).all()


def test_half_of_the_images_are_mirrored_where_asked():
    (plain,) = take(numbered(1), BatchSchedule(400), 1)
    assert (pixels(plain)[:, 0, 0, 1] == 0).all()
    config = CaptionDataConfig("captions:x", flip=True)
    (batch,) = take(numbered(1), BatchSchedule(400), 1, config)
    first = pixels(batch)[:, 0, 0, 1]
    assert set(first) == {0, 7} and abs((first == 7).mean() - 0.5) < 0.1


class StoodIn(CaptionedImages):
    """Image 1 stands in for every other."""

    def load(self, indices):
        return super().load(self.shown(indices))

    def shown(self, indices):
        return np.ones_like(indices)


def test_the_captions_are_those_of_the_images_shown():
    source = numbered(4)
    images = StoodIn(source.source, source.captions)
    (batch,) = take(images, BatchSchedule(8), 1)
    assert (pixels(batch)[:, 0, 0, 0] == 1).all()
    assert {images.unique_captions[i][0] for i in batch.condition} == {"1"}


def test_batch_that_does_not_divide_is_refused_at_once():
    with pytest.raises(ConfigError, match="multiple of the 4 replicas, for example 8"):
        captioned_batches(numbered(1), CONFIG, BatchSchedule(10, num_replicas=4))
