"""Pooling against loops, readers against networks called by hand."""

import math

import numpy as np
import pytest
import tensorflow as tf

from tfgan_contra.data.specs import ArraySource
from tfgan_contra.errors import ConfigError, UsageError
from tfgan_contra.experiments import block_features
from tfgan_contra.experiments.block_features import (
    adaptive_pool,
    block_reader,
    cells_within,
    pixel_reader,
)
from tfgan_contra.layers.spectral_norm import settle_spectral_norm
from tfgan_contra.networks.dcgan import DCGANDiscriminator
from tfgan_contra.networks.sngan import SNGANDiscriminator

REDUCE = {"max": np.max, "avg": np.mean}


def pooled_by_loops(maps, cells, kind):
    rows, height, width, channels = maps.shape
    found = np.zeros((rows, cells, cells, channels))
    for i in range(cells):
        top, bottom = (
            math.floor(i * height / cells),
            math.ceil((i + 1) * height / cells),
        )
        for j in range(cells):
            left, right = (
                math.floor(j * width / cells),
                math.ceil((j + 1) * width / cells),
            )
            patch = maps[:, top:bottom, left:right]
            found[:, i, j] = REDUCE[kind](patch, axis=(1, 2))
    return found


@pytest.mark.parametrize("kind", ["max", "avg"])
@pytest.mark.parametrize(
    ("shape", "cells"),
    [((7, 7), 3), ((8, 8), 4), ((5, 5), 5), ((9, 6), 4), ((3, 3), 1)],
)
def test_pooling_equals_the_loops(kind, shape, cells):
    maps = np.random.default_rng(0).standard_normal((2, *shape, 3)).astype(np.float32)
    found = adaptive_pool(tf.constant(maps), cells, kind)
    np.testing.assert_allclose(found, pooled_by_loops(maps, cells, kind), atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "most", "cells"),
    [
        ((16, 16, 128), 9000, 8),  # The paper's networks: 8,192 features.
        ((8, 8, 128), 9000, 8),
        ((4, 4, 1024), 9000, 2),
        ((4, 4, 16), 9000, 4),
        ((4, 4, 16), 63, 1),
        ((4, 4, 16), 64, 2),
        ((6, 3, 1), 9000, 3),
    ],
)
def test_cells_stay_within_the_limit(shape, most, cells):
    assert cells_within(shape, most) == cells


def images_of(count, channels=1):
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (count, 32, 32, channels), np.uint8)
    return ArraySource(pixels, np.arange(count) % 3), pixels


@pytest.fixture(scope="module")
def discriminator():
    network = SNGANDiscriminator(image_size=32, channels=1, width=2)
    settle_spectral_norm(network)
    return network


def test_features_are_the_blocks_pooled(discriminator, monkeypatch):
    monkeypatch.setattr(block_features, "CHUNK", 3)  # So that chunks must be joined.
    source, pixels = images_of(8)
    indices = np.array([1, 2, 4, 5, 7])
    reader = block_reader(discriminator, (2, 4), "avg", 40)
    found = reader(source, indices)
    np.testing.assert_array_equal(found.labels, indices % 3)
    assert list(found.features) == ["block2", "block4"]
    images = pixels[indices].astype(np.float32) / 127.5 - 1
    outputs = discriminator.block_outputs(tf.constant(images), training=False)
    for name, number in (("block2", 2), ("block4", 4)):
        # 4 channels in 3x3 cells are 36 features, 4x4 would be 64.
        expected = pooled_by_loops(outputs[number - 1].numpy(), 3, "avg")
        assert found.features[name].shape == (5, 36)
        np.testing.assert_allclose(
            found.features[name], expected.reshape(5, -1), rtol=1e-4, atol=1e-5
        )


def test_reading_sees_weights_that_change_later(discriminator):
    source, _ = images_of(4)
    reader = block_reader(discriminator, 1, "max", 100)
    before = reader(source, np.arange(4)).features["block1"]
    bias = next(v for v in discriminator.trainable_variables if v.ndim == 1)
    kept = bias.numpy()
    bias.assign(kept + 1)
    after = reader(source, np.arange(4)).features["block1"]
    bias.assign(kept)
    assert np.abs(before - after).max() > 1e-3


@pytest.mark.parametrize("spectral_norm", [True, False])
def test_dcgan_shows_its_layers(spectral_norm):
    network = DCGANDiscriminator(channels=3, width=1, spectral_norm=spectral_norm)
    source, pixels = images_of(2, channels=3)
    found = block_reader(network, "all", "max", 50)(source, np.arange(2))
    assert list(found.features) == [f"block{i}" for i in range(1, 8)]
    last = network(pixels.astype(np.float32) / 127.5 - 1)["local_features"]
    assert found.features["block7"].shape == (2, 32)
    np.testing.assert_allclose(
        found.features["block7"],
        pooled_by_loops(last.numpy(), 2, "max").reshape(2, -1),
        rtol=1e-4,
        # Sums of large and small numbers: small ones are right to the large ones' bits.
        atol=1e-6 * float(np.abs(last).max()),
    )


def test_pixels_are_the_images():
    source, pixels = images_of(3)
    found = pixel_reader((32, 32, 1), 9000)(source, np.arange(3)).features["pixels"]
    np.testing.assert_allclose(found, pixels.reshape(3, -1) / 127.5 - 1, atol=1e-6)
    few = pixel_reader((32, 32, 1), 64)(source, np.arange(3)).features["pixels"]
    blocks = (pixels / 127.5 - 1).reshape(3, 8, 4, 8, 4).mean(axis=(2, 4))
    np.testing.assert_allclose(few, blocks.reshape(3, -1), atol=1e-6)


def test_mistakes_are_one_line(discriminator):
    source, _ = images_of(2)
    with pytest.raises(ConfigError, match="blocks must be at most 4.*Received: 5"):
        block_reader(discriminator, (1, 5), "max", 100)(source, np.arange(2))
    with pytest.raises(ConfigError, match="max_features must be 4 or more"):
        block_reader(discriminator, "all", "max", 3)(source, np.arange(2))
    with pytest.raises(UsageError, match="block_outputs.*Received: object"):
        block_reader(object(), "all", "max", 100)
