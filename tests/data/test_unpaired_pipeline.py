"""Training batches of two domains: protocol, replicas, resume, crops and flips."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra.data import BatchSchedule, unpaired_batches
from tfgan_contra.data.configs import SingleImageDataConfig, TranslationDataConfig
from tfgan_contra.data.pictures import MemoryPictures, PictureSource
from tfgan_contra.data.unpaired import Domains, UnpairedOrder
from tfgan_contra.errors import ConfigError, DataError
from tfgan_contra.types import Batch

PLAIN = TranslationDataConfig(image_size=32, load_size=32, flip=False)


def numbered(count, channels, side=32, first=0) -> MemoryPictures:
    pictures = [
        np.full((side, side, channels), first + i, np.uint8) for i in range(count)
    ]
    return MemoryPictures(pictures, [str(i) for i in range(count)])


def ramps(count) -> MemoryPictures:
    """Pictures of 40x36 whose first channel counts columns, the second rows."""
    picture = np.zeros((36, 40, 3), np.uint8)
    picture[..., 0] = np.arange(40)
    picture[..., 1] = np.arange(36)[:, None]
    return MemoryPictures([picture] * count, ["ramp"] * count)


def take(domains, config, schedule, count, **arguments) -> list[Batch]:
    batches = unpaired_batches(domains, config, schedule, **arguments)
    return [Batch(*map(np.array, batch)) for batch in batches.take(count)]


def pixels(images: np.ndarray) -> np.ndarray:
    return np.rint((images + 1) * 127.5).astype(int)


def numbers(images: np.ndarray) -> list[int]:
    return pixels(images)[:, 0, 0, 0].tolist()


def test_elements_are_batches_with_static_shapes():
    schedule = BatchSchedule(6, slices=2, seed=1, num_replicas=2)
    batches = unpaired_batches(Domains(numbered(4, 1), numbered(5, 3)), PLAIN, schedule)
    assert isinstance(batches.element_spec, Batch)
    assert batches.element_spec.images.shape == (6, 32, 32, 1)
    assert batches.element_spec.condition.shape == (6, 32, 32, 3)
    assert {part.dtype for part in batches.element_spec} == {tf.float32}
    assert int(batches.cardinality()) == tf.data.INFINITE_CARDINALITY


def test_images_are_scaled_to_minus_one_to_one():
    (batch,) = take(
        Domains(numbered(1, 1), numbered(1, 1, first=255)), PLAIN, BatchSchedule(1), 1
    )
    assert (batch.images == -1).all() and (batch.condition == 1).all()


def test_rows_follow_the_order():
    domains = Domains(numbered(5, 1), numbered(9, 1, first=100))
    batches = take(domains, PLAIN, BatchSchedule(4, seed=7), 9)
    order, stream = UnpairedOrder(9, 5, 9, seed=7), np.arange(36)
    a = [number for batch in batches for number in numbers(batch.images)]
    b = [number - 100 for batch in batches for number in numbers(batch.condition)]
    assert a == order.inputs(stream).tolist()
    assert b == order.targets(stream).tolist()
    for epoch in range(4):
        visits = np.bincount(a[9 * epoch : 9 * epoch + 9], minlength=5)
        assert visits.tolist() == [2, 2, 2, 2, 1]


CONFIGS = pytest.mark.parametrize(
    "config",
    [
        TranslationDataConfig(image_size=32, load_size=35),
        SingleImageDataConfig(image_size=32),
    ],
)


@CONFIGS
def test_a_resumed_run_continues_exactly(config):
    domains = Domains(ramps(3), ramps(5))
    whole = take(domains, config, BatchSchedule(4, slices=2, seed=1), 6)
    rest = take(domains, config, BatchSchedule(4, slices=2, seed=1, start_step=4), 2)
    for expected, batch in zip(whole[4:], rest, strict=True):
        assert (batch.images == expected.images).all()
        assert (batch.condition == expected.condition).all()
    assert (whole[0].images != whole[1].images).any()


@CONFIGS
def test_replicas_share_the_same_rows(config):
    domains = Domains(ramps(3), ramps(5))
    (one,) = take(domains, config, BatchSchedule(4, slices=2, seed=1), 1)
    split = BatchSchedule(4, slices=2, seed=1, num_replicas=2)
    two = take(domains, config, split, 2)
    second = take(domains, config, split, 1, first_replica=1, num_replicas_here=1)
    for field in range(2):
        parts = [batch[field].reshape(2, 2, 32, 32, 3) for batch in two]
        joined = np.concatenate(parts, axis=1).reshape(one[field].shape)
        assert (joined == one[field]).all()
        assert (second[0][field] == two[1][field]).all()


def test_batch_that_does_not_divide_is_refused_at_once():
    domains = Domains(ramps(1), ramps(1))
    with pytest.raises(ConfigError, match="multiple of the 4 replicas, for example 8"):
        unpaired_batches(domains, PLAIN, BatchSchedule(10, num_replicas=4))


def test_crops_move_in_either_domain_by_itself():
    config = TranslationDataConfig(
        image_size=32, load_size=0, resize="none", flip=False
    )
    (batch,) = take(Domains(ramps(1), ramps(1)), config, BatchSchedule(200), 1)
    corners = [pixels(images)[:, 0, 0, :2] for images in batch]
    for corner in corners:
        assert set(corner[:, 0]) == set(range(9))
        assert set(corner[:, 1]) == set(range(5))
    assert (corners[0] != corners[1]).any(axis=1).mean() > 0.8
    inside = pixels(batch.images)
    assert (inside[:, :, 31, 0] - inside[:, :, 0, 0] == 31).all()


def test_half_of_either_domain_is_mirrored_by_itself():
    config = TranslationDataConfig(
        image_size=32, load_size=0, resize="none", crop="center"
    )
    (batch,) = take(Domains(ramps(1), ramps(1)), config, BatchSchedule(400), 1)
    mirrored = [pixels(part)[:, 0, 0, 0] > pixels(part)[:, 0, 31, 0] for part in batch]
    for part in mirrored:
        assert abs(part.mean() - 0.5) < 0.1
    assert abs((mirrored[0] == mirrored[1]).mean() - 0.5) < 0.1


def test_from_the_decay_step_on_pictures_are_loaded_at_the_crops_size():
    config = TranslationDataConfig(image_size=32, load_size=64, flip=False)
    domains = Domains(ramps(1), ramps(1))
    schedule = BatchSchedule(2, start_step=3)
    before, at, after = take(domains, config, schedule, 3, decay_step=4)
    assert (at.images == after.images).all() and (at.images[0] == at.images[1]).all()
    assert (before.images != at.images).any()
    row = pixels(at.images)[0, 0, :, 0]
    assert row[0] == 0 and row[-1] == 39
    never = take(domains, config, schedule, 3)
    assert (never[0].images == before.images).all()
    assert (never[2].images != after.images).any()


def test_single_pictures_give_crop_after_crop_that_differs():
    noise = np.random.default_rng(0).integers(0, 256, (120, 150, 3), np.uint8)
    picture = MemoryPictures([noise], ["noise"])
    config = SingleImageDataConfig(image_size=32, crops_per_epoch=10)
    batches = take(Domains(picture, picture), config, BatchSchedule(16), 4)
    crops = {image.tobytes() for batch in batches for image in batch.images}
    assert len(crops) == 64


class Broken(PictureSource):
    """Fails on its first reading, as a folder of broken files does."""

    names, channels = ("x",), 1
    error: DataError | None = None

    def image(self, index):
        self.error = DataError("too many unreadable pictures")
        raise self.error

    @property
    def failure(self):
        return self.error


@pytest.mark.parametrize("broken_first", [True, False])
def test_the_users_line_survives_tensorflow(broken_first):
    pair = (Broken(), numbered(1, 1))
    domains = Domains(*(pair if broken_first else pair[::-1]))
    with pytest.raises(tf.errors.OpError, match="too many unreadable pictures"):
        take(domains, PLAIN, BatchSchedule(1), 1)
    assert str(domains.failure) == "too many unreadable pictures"
