import numpy as np
import pytest
from models import harness
from models.test_variants import CONTRAGAN

from tfgan_contra.layers import batch_norm_layers
from tfgan_contra.models.sampler import Sampler, to_uint8


@pytest.fixture(scope="module")
def gan():
    return harness.build(CONTRAGAN)


def test_a_picture_depends_on_its_own_seed_and_label(gan):
    sampler = Sampler(gan, batch_size=4)
    labels, seeds = np.array([0, 1, 2, 0, 1]), np.array([5, 6, 7, 8, 9])
    images = sampler(labels, seeds)
    assert images.shape == (5, 32, 32, 1) and images.dtype == np.uint8
    order = np.array([3, 0, 4, 2, 1])
    again = sampler(labels[order], seeds[order]).astype(int)
    assert np.abs(again - images[order]).max() <= 1
    assert np.abs(images[0].astype(int) - images[3]).max() > 3


def test_generate_gives_the_samplers_pictures(gan):
    images = to_uint8(gan.generate(3, labels=[0, 1, 2], seed=5)).numpy().astype(int)
    sampled = Sampler(gan, batch_size=3)(np.arange(3), np.arange(5, 8)).astype(int)
    assert np.abs(images - sampled).max() <= 1


def test_truncation_moves_latents_to_the_centre(gan):
    full = np.array(gan.generate(8, labels=[0] * 8))
    narrow = np.array(gan.generate(8, labels=[0] * 8, truncation=0.1))
    assert narrow.std(axis=0).mean() < 0.5 * full.std(axis=0).mean()


def test_standing_statistics_are_means_over_batches(gan):
    moving = Sampler(gan, batch_size=8)
    standing = Sampler(gan, batch_size=8, statistics="standing", standing_batches=3)
    norm = batch_norm_layers(standing.generator)[0]
    before = batch_norm_layers(moving.generator)[0]
    assert np.abs(np.array(norm.moving_mean) - before.moving_mean).max() > 1e-4
    assert norm.momentum == before.momentum == 0.9


def test_the_model_itself_is_left_alone(gan):
    before = harness.arrays(gan)
    Sampler(gan, statistics="standing", batch_size=4)(np.array([0]), np.array([0]))
    after = harness.arrays(gan)
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_batch_statistics_are_not_those_of_the_filling(gan):
    """Asking for few pictures of one class looks like asking for many."""
    sampler = Sampler(gan, batch_size=32, statistics="batch")
    few = sampler(np.zeros(2, int), np.arange(2)).astype(float)
    many = sampler(np.arange(32) % 3, np.arange(32)).astype(float)
    assert np.abs(few[0] - many[0]).mean() < 0.25 * many.std()


def test_truncation_out_of_range_is_refused(gan):
    with pytest.raises(ValueError, match="truncation must be in .0, 1.. Received: 2"):
        Sampler(gan, truncation=2.0)


def test_unknown_statistics_are_named(gan):
    with pytest.raises(
        ValueError, match="moving, standing, batch. Received: 'sitting'"
    ):
        Sampler(gan, statistics="sitting")
