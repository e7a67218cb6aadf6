import numpy as np
import pytest
import tensorflow as tf
from golden_files import relative_error
from networks.translation_cases import filled_discriminator, sizes

from tfgan_contra.networks import PatchDiscriminator

KINDS = (
    {"kind": "basic"},
    {"kind": "basic", "antialias": False},
    {"kind": "n_layers", "num_layers": 1},
    {"kind": "n_layers", "num_layers": 5},
    {"kind": "n_layers", "num_layers": 2, "antialias": False},
    {"kind": "pixel"},
)


def random(*shape):
    return tf.random.stateless_normal(shape, [3, 4])


def test_logits_equal_the_authors():
    discriminator, arrays = filled_discriminator()
    assert len(sizes(arrays)) == 3
    for size in sizes(arrays):
        logits = discriminator(arrays[f"input_{size}_nhwc"])["logits"]
        assert relative_error(logits, arrays[f"output_{size}_nhwc"]) < 1e-4


@pytest.mark.parametrize("arguments", KINDS)
def test_smallest_image_gives_one_logit(arguments):
    discriminator = PatchDiscriminator(channels=1, width=2, **arguments)
    side = discriminator.smallest_side
    outputs = discriminator(random(2, side, side + 1, 1))
    assert outputs["logits"].shape[:2] == (2, 1)
    assert outputs["logits"].shape[3] == 1
    if side > 1:
        with pytest.raises(ValueError, match=f"{side} pixels or more"):
            discriminator(random(1, side - 1, side, 1))


@pytest.mark.parametrize(
    ("arguments", "side"),
    [({}, 30), ({"antialias": False}, 30), ({"kind": "pixel"}, 256)],
)
def test_logits_per_patch_of_256_pixels(arguments, side):
    discriminator = PatchDiscriminator(width=1, **arguments)
    assert discriminator(random(1, 256, 256, 3))["logits"].shape == (1, side, side, 1)


@pytest.mark.parametrize(("antialias", "pixels"), [(True, 84), (False, 70)])
def test_receptive_field(antialias, pixels):
    """Of a discriminator without norms, which see the whole image."""
    discriminator = PatchDiscriminator(width=1, antialias=antialias)
    steps = [s for s in discriminator.steps if not s.name.startswith("norm")]
    images = random(1, 160, 160, 3)
    with tf.GradientTape() as tape:
        tape.watch(images)
        hidden = images
        for step in steps:
            hidden = step(hidden)
        logit = hidden[0, hidden.shape[1] // 2, hidden.shape[2] // 2, 0]
    seen = np.abs(tape.gradient(logit, images)).max(axis=(0, 2, 3)) > 0
    assert np.ptp(np.flatnonzero(seen)) + 1 == pixels


def test_config_rebuilds_the_network():
    for arguments in KINDS:
        network = PatchDiscriminator(channels=2, width=2, **arguments)
        copy = PatchDiscriminator.from_config(network.get_config())
        copy.set_weights(network.get_weights())
        images = random(1, 40, 48, 2)
        if network.smallest_side <= 40:
            ours, theirs = copy(images), network(images)
            np.testing.assert_array_equal(ours["logits"], theirs["logits"])


def test_features_are_what_the_logits_are_made_of():
    discriminator = PatchDiscriminator(width=2)
    outputs = discriminator(random(2, 32, 32, 3))
    assert outputs["local_features"].shape == (2, 3, 3, 16)
    again = discriminator.steps[-1](outputs["local_features"])
    np.testing.assert_allclose(again, outputs["logits"], atol=1e-6)


def test_mistakes_are_named():
    with pytest.raises(ValueError, match="basic, n_layers, pixel. Received: 'tile'"):
        PatchDiscriminator(kind="tile")
    with pytest.raises(ValueError, match="1 or more. Received: 3, 64 and 0"):
        PatchDiscriminator(num_layers=0)
    with pytest.raises(ValueError, match="3 channels. Received: 1"):
        PatchDiscriminator(width=1)(random(1, 32, 32, 1))
