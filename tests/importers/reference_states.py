"""The authors' states in tests/golden, with the configs of their architectures."""

from golden_files import load_golden, part

from tfgan_contra.models.configs import ContraGANConfig
from tfgan_contra.networks.configs import BigResNetConfig, DCGANConfig, ResNetConfig

RESNET = load_golden("contragan/models_resnet32_contragan.npz")
BIG = load_golden("contragan/models_big_resnet64_contragan_recipe.npz")
DEEP = load_golden("contragan/models_deep_conv32_div8_contragan.npz")
RESNET_CONFIG = ContraGANConfig(
    network=ResNetConfig(g_width=8, d_width=8, latent_dim=64), embedding_dim=24
)
BIG_CONFIG = ContraGANConfig(
    network=BigResNetConfig(
        g_width=8,
        d_width=8,
        latent_dim=100,
        shared_dim=16,
        g_spectral_norm=True,
        g_attention_after=(3,),
        d_attention_after=(1,),
    ),
    embedding_dim=16,
)
DEEP_CONFIG = ContraGANConfig(
    network=DCGANConfig(g_width=8, d_width=8, latent_dim=64), embedding_dim=24
)


def states(arrays):
    """Returns the generator's and the discriminator's state."""
    return part(arrays, "G_state/"), part(arrays, "D_state/")
