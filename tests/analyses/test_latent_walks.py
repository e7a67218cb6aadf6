"""Interpolation, semantic directions and spectra against what they are defined as."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from analyses.small_subject import BIG

from tfgan_contra.analyses.configs import InterpolationConfig, SemanticDirectionsConfig
from tfgan_contra.analyses.interpolation import with_class_table
from tfgan_contra.analyses.semantic_directions import semantic_directions
from tfgan_contra.analyses.spectrum import MeanSpectrum, azimuthal_mean
from tfgan_contra.analyses.subject import images_of, latents_of
from tfgan_contra.layers.spectral_norm import fold_spectral_norm, settle_spectral_norm
from tfgan_contra.networks.big_resnet import BigResNetGenerator
from tfgan_contra.networks.resnet import ResNetGenerator


@pytest.mark.parametrize("changes", [{}, {"truncation": 0.4}, {"statistics": "batch"}])
def test_latents_and_images_are_the_samplers(changes, subject):
    sampler = subject.sampler(batch_size=6, **changes)
    seeds, labels = np.arange(6), np.arange(6)
    drawn = images_of(sampler, latents_of(sampler, seeds), labels)
    expected = sampler(labels, seeds)
    assert np.abs(drawn.astype(int) - expected).max() <= 1
    assert expected.std() > 1


def test_a_class_table_of_the_generators_own_rows_changes_nothing(subject):
    sampler = subject.sampler()
    generator = sampler.generator
    table = np.asarray(generator.shared.embeddings)
    latents = latents_of(sampler, np.arange(4))
    labels = np.array([3, 0, 9, 3])
    copy = with_class_table(generator, table[labels])
    expected = images_of(sampler, latents, labels)
    drawn = images_of(sampler, latents, np.arange(4), copy)
    assert np.abs(drawn.astype(int) - expected).max() <= 1
    other = with_class_table(generator, table[labels] + 3)
    assert np.abs(images_of(sampler, latents, np.arange(4), other) - expected).max() > 1
    np.testing.assert_array_equal(generator.shared.embeddings, table)


def report(config, subject, folder):
    return config.build()(subject, folder)


def test_classes_are_walked_between_where_the_generator_shares_them(
    subject, unconditional, one_hot, tmp_path
):
    config = InterpolationConfig(num_rows=12, num_steps=3)
    shared = report(config, subject, tmp_path)
    assert shared["protocol"]["between_classes"]
    lines = shared["results"]["classes_lines"]
    assert lines[0] == "zero to one" and lines[11] == "one to three"
    assert len(set(lines)) == 12
    for other in (one_hot, unconditional):
        alone = report(config, other, tmp_path)
        assert not alone["protocol"]["between_classes"]
        assert "classes_jump" not in alone["results"]
        assert alone["results"]["latents_mean_change"] > 0


def kernel_of(generator):
    return np.asarray(generator.first.kernel, np.float64)


@pytest.mark.parametrize("spectral_norm", [False, True])
def test_directions_are_the_singular_vectors_of_the_folded_kernel(spectral_norm):
    keras.utils.set_random_seed(0)
    generator = ResNetGenerator(
        image_size=32, num_classes=3, width=4, latent_dim=6, spectral_norm=spectral_norm
    )
    # An orthogonal kernel has no order of directions.
    generator.first.kernel.assign(tf.random.stateless_normal((6, 256), (1, 2)))
    settle_spectral_norm(generator)
    folded = fold_spectral_norm(generator)
    values, directions = semantic_directions(folded)
    left, expected, _ = np.linalg.svd(kernel_of(folded), full_matrices=False)
    np.testing.assert_allclose(values, expected, rtol=1e-5)
    np.testing.assert_allclose(np.abs(np.sum(directions.T * left, 0)), 1, rtol=1e-5)
    if spectral_norm:
        assert values[0] == pytest.approx(1, rel=1e-2)


def test_a_biggans_directions_lie_in_the_first_chunk():
    keras.utils.set_random_seed(0)
    generator = BigResNetGenerator(
        image_size=32, num_classes=3, width=4, latent_dim=16, shared_dim=8
    )
    values, directions = semantic_directions(generator)
    expected = np.linalg.svd(kernel_of(generator), compute_uv=False)
    np.testing.assert_allclose(values, expected, rtol=1e-5)
    assert directions.shape == (4, 16)
    assert np.abs(directions[:, 4:]).max() == 0
    np.testing.assert_allclose(directions @ directions.T, np.eye(4), atol=1e-6)


def test_fewer_directions_where_the_layer_has_fewer(subject, tmp_path):
    config = SemanticDirectionsConfig(num_directions=9, num_steps=3)
    found = report(config, subject, tmp_path)
    assert len(found["results"]["directions"]) == BIG.latent_dim // 4
    assert found["protocol"]["latents_read_by_first_layer"] == BIG.latent_dim // 4


def test_a_plain_convolutional_generator_has_directions_too(one_hot, tmp_path):
    config = SemanticDirectionsConfig(num_directions=2, num_steps=3)
    found = report(config, one_hot, tmp_path)
    assert len(found["results"]["changes"]) == 2
    assert found["protocol"]["latents_read_by_first_layer"] == 16


def waves(frequency, size=16, count=3):
    x = np.arange(size)
    row = 127.5 + 100 * np.cos(2 * np.pi * frequency * x / size)
    return np.tile(row, (count, size, 1)).astype(np.uint8)[..., None]


def test_a_wave_has_its_peak_at_its_frequency():
    for frequency in (1, 3, 8):
        spectrum = MeanSpectrum()
        spectrum.update(waves(frequency))
        decibels = spectrum.decibels
        peak = np.unravel_index(decibels.argmax(), decibels.shape)
        assert peak[0] == 8 and abs(peak[1] - 8) == frequency
        curve = azimuthal_mean(decibels)
        assert len(curve) == 8 and curve.argmax() + 1 == frequency


def test_a_flat_image_has_the_floor_of_rounding_everywhere():
    spectrum = MeanSpectrum()
    spectrum.update(np.full((2, 16, 16, 3), 77, np.uint8))
    np.testing.assert_allclose(spectrum.decibels, -58.9, atol=0.05)


def test_every_image_counts_the_same_in_any_batches():
    images = np.random.default_rng(0).integers(0, 256, (7, 8, 8, 1)).astype(np.uint8)
    whole, parts, single = MeanSpectrum(), MeanSpectrum(), []
    whole.update(images)
    for part in (images[:1], images[1:6], images[6:]):
        parts.update(part)
    for image in images:
        one = MeanSpectrum()
        one.update(image[None])
        single.append(one.decibels)
    assert whole.count == parts.count == 7
    np.testing.assert_allclose(parts.decibels, whole.decibels, rtol=1e-12)
    np.testing.assert_allclose(np.mean(single, axis=0), whole.decibels, rtol=1e-12)
