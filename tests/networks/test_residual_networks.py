import csv

import numpy as np
import pytest
from golden_files import GOLDEN

from tfgan_contra.networks import (
    BigResNetGenerator,
    ResNetDiscriminator,
    ResNetGenerator,
)

with open(GOLDEN / "contragan" / "parameter_counts.csv") as file:
    ROWS = [
        row
        for row in csv.DictReader(file)
        if row["architecture"].startswith("resnet")
        or row["architecture"] == "big_resnet"
    ]
ATTENTION = {"32": ((2,), (1,)), "64": ((3,), (1,)), "128": ((4,), (1,))}


def count(network):
    return sum(int(np.prod(weight.shape)) for weight in network.trainable_weights)


def arguments(row):
    attention = row["architecture"] not in ("resnet (SNGAN)",)
    g_after, d_after = ATTENTION[row["image_size"]] if attention else ((), ())
    common = {
        "image_size": int(row["image_size"]),
        "width": int(row["g_conv_dim_and_d_conv_dim"]),
        "initializer": "zeros",
    }
    generator = common | {"latent_dim": int(row["z_dim"]), "attention_after": g_after}
    return generator, common | {"attention_after": d_after}


@pytest.mark.parametrize(
    "row",
    ROWS,
    ids=lambda r: f"{r['architecture']}-{r['image_size']}-{r['num_classes']}",
)
def test_parameter_counts_equal_the_authors(row):
    big = row["architecture"] == "big_resnet"
    generator, discriminator = arguments(row)
    make = BigResNetGenerator if big else ResNetGenerator
    classes = int(row["num_classes"])
    conditional = make(num_classes=classes, **generator)
    assert count(conditional) == int(row["G_conditional_cBN"])
    if classes == 10:
        assert count(make(**generator)) == int(row["G_unconditional"])
        body = ResNetDiscriminator(**discriminator)
        features = body.feature_dim
        with_logit = count(body) + features + 1
        assert with_logit == int(row["D_uncond_spectralnorm"])
        embedding = int(row["d_embed_dim_of_2C_D2DCE"])
        heads = (features + 1 + classes) * embedding
        assert with_logit + heads == int(row["D_2C_spectralnorm"])
        assert with_logit + classes * features == int(row["D_PD_spectralnorm"])
        if row["D_uncond_batchnorm"]:
            plain = ResNetDiscriminator(spectral_norm=False, **discriminator)
            assert count(plain) + features + 1 == int(row["D_uncond_batchnorm"])


@pytest.mark.parametrize("image_size", [32, 64, 128, 256])
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_at_every_resolution(image_size, channels):
    chunks = {32: 4, 64: 5, 128: 6, 256: 7}[image_size]
    generator = BigResNetGenerator(
        image_size=image_size,
        channels=channels,
        num_classes=5,
        width=2,
        latent_dim=2 * chunks,
        shared_dim=4,
        spectral_norm=True,
    )
    discriminator = ResNetDiscriminator(
        image_size=image_size, channels=channels, width=2
    )
    images = generator([np.ones((2, 2 * chunks), np.float32), np.array([0, 4])])
    assert images.shape == (2, image_size, image_size, channels)
    assert np.abs(images).max() <= 1.0
    features = discriminator(images)
    assert features["global_features"].shape == (2, discriminator.feature_dim)
    summed = np.sum(features["local_features"], axis=(1, 2))
    np.testing.assert_allclose(features["global_features"], summed, rtol=1e-4)


def test_a_config_rebuilds_the_network():
    network = BigResNetGenerator(
        image_size=32, num_classes=3, width=2, latent_dim=8, attention_after=(2,)
    )
    again = BigResNetGenerator.from_config(network.get_config())
    assert [w.path for w in again.weights] == [w.path for w in network.weights]


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"\(32, 64, 128, 256\). Received: 48"):
        ResNetGenerator(image_size=48)
    with pytest.raises(ValueError, match="latent_dim must be a multiple of 4"):
        BigResNetGenerator(image_size=32, latent_dim=81)
