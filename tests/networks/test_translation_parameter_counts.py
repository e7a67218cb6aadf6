"""Trainable parameters at the authors' real widths."""

import json

import pytest
from golden_files import GOLDEN

from tfgan_contra.layers import PatchSampler
from tfgan_contra.networks import (
    PatchDiscriminator,
    SinCUTDiscriminator,
    SinCUTGenerator,
    TranslationGenerator,
)

COUNTS = json.loads((GOLDEN / "cut" / "parameter_counts.json").read_text())
NETWORKS = {
    "G_resnet_9blocks_ngf64": TranslationGenerator,
    "G_resnet_9blocks_ngf64_no_antialias_no_antialias_up": lambda: TranslationGenerator(
        antialias_down=False, antialias_up=False
    ),
    "G_resnet_6blocks_ngf64": lambda: TranslationGenerator(num_blocks=6),
    "D_basic_3layers_ndf64": PatchDiscriminator,
    "D_n_layers_2_ndf64": lambda: PatchDiscriminator(kind="n_layers", num_layers=2),
    "D_n_layers_4_ndf64": lambda: PatchDiscriminator(kind="n_layers", num_layers=4),
    "D_pixel_ndf64": lambda: PatchDiscriminator(kind="pixel"),
    "F_mlp_sample_nc256_layers_0_4_8_12_16": lambda: PatchSampler(
        TranslationGenerator(num_blocks=6).feature_channels((0, 4, 8, 12, 16))
    ),
    "SinCUT_G_stylegan2_ngf10_64px": SinCUTGenerator,
    "SinCUT_G_smallstylegan2_ngf10_64px": lambda: SinCUTGenerator(num_blocks=2),
    "SinCUT_D_stylegan2_ndf8_64px": SinCUTDiscriminator,
    "SinCUT_F_mlp_sample_nc256_layers_0_2_4": lambda: PatchSampler(
        SinCUTGenerator(num_blocks=6).feature_channels((0, 2, 4))
    ),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_as_many_as_the_authors(name):
    network = NETWORKS[name]()
    assert sum(v.value.shape.num_elements() for v in network.weights) == COUNTS[name]
