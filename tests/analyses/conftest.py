"""One tiny subject for all analyses."""

import keras
import pytest
from analyses.small_subject import small_subject

from tfgan_contra.networks.configs import DCGANConfig


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("analyses")


@pytest.fixture(scope="session")
def subject(cache_dir):
    keras.utils.set_random_seed(0)
    return small_subject(cache_dir)


@pytest.fixture(scope="session")
def unconditional(cache_dir):
    keras.utils.set_random_seed(0)
    return small_subject(cache_dir, unconditional=True)


@pytest.fixture(scope="session")
def one_hot(cache_dir):
    """A generator that shares no class embedding between its blocks."""
    keras.utils.set_random_seed(0)
    network = DCGANConfig(g_width=4, d_width=4, latent_dim=16)
    return small_subject(cache_dir, network=network)
