"""The CUT authors' states in tests/golden, with the configs of their architectures."""

import dataclasses

import numpy as np
from golden_files import load_golden, part

from tfgan_contra.models.translation_configs import CUTConfig, SinCUTConfig
from tfgan_contra.networks.translation_configs import (
    SinCUTNetworkConfig,
    TranslationNetworkConfig,
)

STEP = load_golden("cut/cut_step_CUT_B1.npz")
GENERATOR, DISCRIMINATOR, PROJECTOR = (part(STEP, f"initial_{n}/") for n in "GDF")
SMALL = {"g_width": 4, "d_width": 4}
CUT_CONFIG = CUTConfig(
    network=TranslationNetworkConfig(**SMALL), embedding_dim=int(STEP["netF_nc"])
)
SINCUT = load_golden("cut/sincut_generator_ngf2.npz")
SINCUT_GENERATOR = part(SINCUT, "state/")
SINCUT_CONFIG = SinCUTConfig(network=SinCUTNetworkConfig(g_width=2, d_width=1))


def changed(config, **network):
    """Returns a config with other networks."""
    network = dataclasses.replace(config.network, **network)
    return dataclasses.replace(config, network=network)


def as_saved(state):
    """Returns a state as a file made on a CPU has it: wrapped, with the filters."""
    blur = load_golden("cut/blur_resampling.npz")
    stored = dict(state)
    if "model.30.weight" in state:
        for kind, channels in (("down", {7: 8, 11: 16}), ("up", {21: 16, 25: 8})):
            one = blur[f"{kind}sample_filter_used"]
            for number, count in channels.items():
                stored[f"model.{number}.filt"] = np.tile(one, (count, 1, 1, 1))
    return {f"module.{name}": array for name, array in stored.items()}
