"""Models of CUT and SinCUT made from the authors' states."""

import numpy as np
import pytest
from golden_files import relative_error
from importers.cut_states import (
    CUT_CONFIG,
    DISCRIMINATOR,
    GENERATOR,
    PROJECTOR,
    SINCUT,
    SINCUT_CONFIG,
    SINCUT_GENERATOR,
    STEP,
    as_saved,
    changed,
)

from tfgan_contra import importers
from tfgan_contra.errors import CheckpointError, UsageError
from tfgan_contra.importers.cut import import_states
from tfgan_contra.models import CUT, FastCUT, SinCUT
from tfgan_contra.models.translation_configs import FastCUTConfig
from tfgan_contra.networks import SinCUTDiscriminator
from tfgan_contra.types import TranslationSpec

PARTS = {
    "generator": GENERATOR,
    "discriminator": DISCRIMINATOR,
    "projector": PROJECTOR,
}


def fewer_channels(state, name):
    """The state with one channel instead of three going into a layer."""
    return state | {name: state[name][:, :1]}


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_authors_translation(wrapped):
    states = {k: as_saved(v) if wrapped else v for k, v in PARTS.items()}
    gan = importers.import_states(CUT_CONFIG, **states)
    assert type(gan) is CUT and gan.spec == TranslationSpec(256, 3, 3)
    assert gan.generator_ema is gan.generator
    made = gan.translate(STEP["real_A_nhwc"])
    assert relative_error(made, STEP["step0_fake_B_nhwc"]) < 1e-4
    logits = gan.discriminate(STEP["real_B_nhwc"])["logits"]
    real_loss = float(np.mean((np.asarray(logits) - 1) ** 2))
    assert real_loss == pytest.approx(float(STEP["step0_loss_D_real"]), rel=1e-4)
    hidden = np.asarray(gan.projector.hidden_layers[4].kernel)
    np.testing.assert_array_equal(hidden, PROJECTOR["mlp_4.0.weight"].T)


def test_fastcut_has_the_same_networks():
    config = FastCUTConfig(network=CUT_CONFIG.network, embedding_dim=16)
    gan = import_states(config, generator=GENERATOR)
    assert type(gan) is FastCUT
    made = gan.translate(STEP["real_A_nhwc"])
    assert relative_error(made, STEP["step0_fake_B_nhwc"]) < 1e-4


def test_a_moving_average_is_a_copy():
    config = changed(CUT_CONFIG)
    config.ema_decay = 0.9
    gan = import_states(config, generator=GENERATOR)
    assert gan.generator_ema is not gan.generator
    pairs = zip(gan.generator_ema.weights, gan.generator.weights, strict=True)
    for average, source in pairs:
        np.testing.assert_array_equal(np.asarray(average), np.asarray(source))
    made = gan.translate(STEP["real_A_nhwc"])
    assert relative_error(made, STEP["step0_fake_B_nhwc"]) < 1e-4


@pytest.mark.parametrize(
    ("states", "channels"),
    [
        ({"generator": fewer_channels(GENERATOR, "model.1.weight")}, (1, 3)),
        (
            {
                "generator": GENERATOR
                | {
                    "model.30.weight": GENERATOR["model.30.weight"][:1],
                    "model.30.bias": GENERATOR["model.30.bias"][:1],
                },
                "discriminator": fewer_channels(DISCRIMINATOR, "model.0.weight"),
            },
            (3, 1),
        ),
        ({"discriminator": fewer_channels(DISCRIMINATOR, "model.0.weight")}, (1, 1)),
        ({"projector": PROJECTOR}, (3, 3)),
    ],
)
def test_channels_are_the_arrays(states, channels):
    gan = import_states(CUT_CONFIG, image_size=64, **states)
    assert (gan.spec.channels_in, gan.spec.channels_out) == channels
    assert gan.spec.image_size == 64


def test_sincut():
    gan = import_states(SINCUT_CONFIG, generator=SINCUT_GENERATOR)
    assert type(gan) is SinCUT and gan.spec == TranslationSpec(64, 3, 3)
    made = gan.generator(SINCUT["input_32x48_nhwc"])
    assert relative_error(made, SINCUT["output_32x48_nhwc"]) < 1e-4


def sincut_discriminator(image_size):
    """A state of zeros by the shapes of our layers."""
    ours = SinCUTDiscriminator(image_size=image_size, width=1)
    state = {}

    def convolution(layer, name):
        place = int(layer.downsample)
        shape = layer.kernel.shape
        state[f"{name}.{place}.weight"] = np.zeros((*shape[:1:-1], *shape[:2]))
        if layer.activate:
            state[f"{name}.{place + 1}.bias"] = np.zeros((1, shape[3], 1, 1))

    convolution(ours.first, "convs.0")
    for number, block in enumerate(ours.blocks, start=1):
        convolution(block.conv1, f"convs.{number}.conv1")
        convolution(block.conv2, f"convs.{number}.conv2")
        convolution(block.shortcut, f"convs.{number}.skip")
    convolution(ours.last_conv, "final_conv")
    for number, layer in enumerate((ours.hidden, ours.logit)):
        state[f"final_linear.{number}.weight"] = np.zeros(layer.kernel.shape[::-1])
        state[f"final_linear.{number}.bias"] = np.zeros(layer.bias.shape)
    return state


def test_the_size_of_sincuts_crops():
    """By the halvings of D, else by how wide G is."""
    state = sincut_discriminator(32)
    gan = import_states(SINCUT_CONFIG, discriminator=state, image_size=64)
    assert gan.spec.image_size == gan.discriminator.image_size == 32
    wider = changed(SINCUT_CONFIG, g_width=4)
    gan = import_states(wider, generator=SINCUT_GENERATOR)
    assert gan.spec.image_size == 128
    # Neither of the two: the config's width is another than the checkpoint's.
    with pytest.raises(CheckpointError, match=r"'encoder.convs.1.0.weight' has shape"):
        import_states(changed(SINCUT_CONFIG, g_width=3), generator=SINCUT_GENERATOR)


REFUSED = [
    ({"num_blocks": 6}, {"generator": GENERATOR}, "num_blocks is 9, the config's 6"),
    (
        {"g_width": 8},
        {"generator": GENERATOR},
        r"'model.1.weight' has shape \(4, 3, 7, 7\).*conv1/kernel has \(7, 7, 3, 8\)",
    ),
    (
        {"d_width": 8},
        {"discriminator": DISCRIMINATOR},
        r"'model.0.weight' has shape \(4, 3, 4, 4\).* has \(4, 4, 3, 8\)",
    ),
    (
        {},
        {"generator": DISCRIMINATOR},
        "The generator is none of the authors' residual",
    ),
    (
        {},
        {"discriminator": GENERATOR},
        "The discriminator is none of the authors' basic, n_layers or pixel",
    ),
    ({}, {"generator": SINCUT_GENERATOR}, "none of the authors' residual ones"),
    ({}, {"generator": {}}, "none of the authors' residual ones"),
    ({}, {"projector": GENERATOR}, "lacks 'mlp_0.0.weight'"),
    (
        {},
        {
            "generator": GENERATOR,
            "discriminator": fewer_channels(DISCRIMINATOR, "model.0.weight"),
        },
        "do not belong together: the generator makes pictures of 3 channels, the "
        "discriminator takes 1",
    ),
]


@pytest.mark.parametrize(("network", "states", "message"), REFUSED)
def test_another_architecture_is_refused_in_one_line(network, states, message):
    with pytest.raises(CheckpointError, match=message) as caught:
        import_states(changed(CUT_CONFIG, **network), **states)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ({"generator": GENERATOR}, r"not SinCUT's \(the authors' stylegan2\)"),
        ({"discriminator": DISCRIMINATOR}, "none of the authors' stylegan2"),
    ],
)
def test_cuts_networks_are_not_sincuts(states, message):
    with pytest.raises(CheckpointError, match=message):
        import_states(SINCUT_CONFIG, **states)


def test_nothing_to_import_and_a_moving_average():
    with pytest.raises(UsageError, match="give a generator, discriminator or proj"):
        importers.import_states(CUT_CONFIG)
    with pytest.raises(UsageError, match="the CUT authors keep no moving average"):
        importers.import_states(CUT_CONFIG, generator_ema=GENERATOR)
