"""The CUT authors' checkpoints in every layout, and states that do not fit."""

import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part
from networks.translation_cases import DISCRIMINATOR, GENERATOR, SINCUT_GENERATOR

from tfgan_contra.errors import CheckpointError
from tfgan_contra.importers.cut import (
    assign_discriminator,
    assign_generator,
    assign_projector,
    read_architecture,
)
from tfgan_contra.layers import PatchSampler
from tfgan_contra.networks import (
    PatchDiscriminator,
    SinCUTDiscriminator,
    SinCUTGenerator,
    TranslationGenerator,
)

STATE = part(load_golden(GENERATOR), "state/")
D_STATE = part(load_golden(DISCRIMINATOR), "state/")
SINCUT_STATE = part(load_golden(SINCUT_GENERATOR), "state/")
F_STATE = part(load_golden("cut/sampler_mlp_B1.npz"), "F_state/")
BLUR = load_golden("cut/blur_resampling.npz")


def theirs(places, random_state=0):
    """A state of random arrays: names and PyTorch's shapes."""
    random = np.random.default_rng(random_state)
    return {
        name: random.standard_normal(shape).astype(np.float32)
        for name, shape in places.items()
    }


def convolution(name, *shape, transposed=False):
    outputs = shape[1] if transposed else shape[0]
    return {f"{name}.weight": shape, f"{name}.bias": (outputs,)}


def generator_state(first_block, num_blocks, downs, ups, last, transposed):
    """A generator of width 2, by the numbers of its layers."""
    places = convolution("model.1", 2, 3, 7, 7)
    places |= convolution(f"model.{downs[0]}", 4, 2, 3, 3)
    places |= convolution(f"model.{downs[1]}", 8, 4, 3, 3)
    for i in range(first_block, first_block + num_blocks):
        for j in (1, 5):
            places |= convolution(f"model.{i}.conv_block.{j}", 8, 8, 3, 3)
    for number, (wide, narrow) in zip(ups, ((8, 4), (4, 2)), strict=True):
        shape = (wide, narrow, 3, 3) if transposed else (narrow, wide, 3, 3)
        places |= convolution(f"model.{number}", *shape, transposed=transposed)
    return theirs(places | convolution(f"model.{last}", 3, 2, 7, 7))


LAYOUTS = {
    (9, True, True): generator_state(12, 9, (4, 8), (22, 26), 30, False),
    (6, True, True): generator_state(12, 6, (4, 8), (19, 23), 27, False),
    (9, False, False): generator_state(10, 9, (4, 7), (19, 22), 26, True),
    (9, False, True): generator_state(10, 9, (4, 7), (20, 24), 28, False),
    (9, True, False): generator_state(12, 9, (4, 8), (21, 24), 28, True),
}


def filters():
    """The constants that a file of the 6-block generator holds."""
    down, up = (BLUR[f"{kind}sample_filter_used"] for kind in ("down", "up"))
    stored = {f"model.{i}.filt": np.tile(down, (4 * i - 20, 1, 1, 1)) for i in (7, 11)}
    return stored | {f"model.{i}.filt": np.tile(up, (8, 1, 1, 1)) for i in (18, 22)}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_of_the_generator(layout):
    num_blocks, down, up = layout
    state = LAYOUTS[layout]
    architecture = read_architecture(state)
    assert architecture == {
        "channels": 3,
        "out_channels": 3,
        "width": 2,
        "num_blocks": num_blocks,
        "antialias_down": down,
        "antialias_up": up,
    }
    generator = TranslationGenerator(**architecture)
    assign_generator(generator, state)
    placed = {round(float(np.abs(w).sum()), 2) for w in generator.get_weights()}
    assert placed == {round(float(np.abs(a).sum()), 2) for a in state.values()}
    assert len(generator.weights) == len(state)


def test_wrapped_names_and_dropout_give_the_same_network():
    plain, other = (TranslationGenerator(width=4, num_blocks=6) for _ in range(2))
    assign_generator(plain, STATE)
    renamed = {
        "module." + name.replace("conv_block.5", "conv_block.6"): array
        for name, array in STATE.items()
    }
    assign_generator(other, renamed)
    assert read_architecture(renamed) == read_architecture(STATE)
    for ours, expected in zip(other.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_stored_filters_are_checked():
    generator = TranslationGenerator(width=4, num_blocks=6)
    assign_generator(generator, STATE | filters())
    other = {"model.7.filt": np.full((8, 1, 3, 3), 1 / 9, np.float32)}
    with pytest.raises(CheckpointError, match="'model.7.filt'.*not the 3x3 blur"):
        assign_generator(generator, STATE | other)
    larger = {"model.11.filt": np.tile(BLUR["blur_kernel_filt5"], (16, 1, 1, 1))}
    with pytest.raises(CheckpointError, match=r"\(16, 1, 5, 5\) is not the 3x3 blur"):
        assign_generator(generator, STATE | larger)


@pytest.mark.parametrize(
    ("arguments", "numbers", "prefix"),
    [
        ({}, (0, 3, 7, 11, 14), "model"),
        ({"antialias": False}, (0, 2, 5, 8, 11), "model"),
        ({"kind": "n_layers", "num_layers": 2}, (0, 3, 7, 10), "model"),
    ],
)
def test_layouts_of_the_patch_discriminator(arguments, numbers, prefix):
    wide = (3, 2, 4, 8, 16)[: len(numbers)]
    shapes = zip((*wide[1:], 1), wide, strict=True)
    places = {}
    for number, (outputs, inputs) in zip(numbers, shapes, strict=True):
        places |= convolution(f"{prefix}.{number}", outputs, inputs, 4, 4)
    state, discriminator = theirs(places), PatchDiscriminator(width=2, **arguments)
    assign_discriminator(discriminator, state)
    for number in numbers:
        kernel = np.asarray(discriminator.steps[number].kernel)
        expected = state[f"{prefix}.{number}.weight"].transpose(2, 3, 1, 0)
        np.testing.assert_array_equal(kernel, expected)


def test_pixel_discriminator_by_hand():
    """Three 1x1 convolutions, a norm behind the second, in NumPy."""
    places = convolution("net.0", 2, 3, 1, 1) | convolution("net.2", 4, 2, 1, 1)
    state = theirs(places | convolution("net.5", 1, 4, 1, 1))
    discriminator = PatchDiscriminator(width=2, kind="pixel")
    assign_discriminator(discriminator, state)
    images = np.random.default_rng(0).standard_normal((1, 4, 5, 3))

    def apply(name, values):
        weight = state[f"{name}.weight"][:, :, 0, 0]
        return values @ weight.T.astype(np.float64) + state[f"{name}.bias"]

    def leaky(values):
        return np.where(values > 0, values, 0.2 * values)

    hidden = apply("net.2", leaky(apply("net.0", images)))
    variance = hidden.var(axis=(1, 2), keepdims=True)
    hidden = (hidden - hidden.mean(axis=(1, 2), keepdims=True)) / np.sqrt(
        variance + 1e-5
    )
    logits = discriminator(tf.constant(images, tf.float32))["logits"]
    np.testing.assert_allclose(logits, apply("net.5", leaky(hidden)), atol=1e-4)


def test_sincut_discriminator():
    """A channel of 4x4 maps is the slowest axis of the authors' flattened vectors."""
    discriminator = SinCUTDiscriminator(image_size=8, channels=1, width=1)
    a, b = (layer.filters for layer in (discriminator.first, discriminator.last_conv))
    places = {
        "convs.0.0.weight": (a, 1, 1, 1),
        "convs.0.1.bias": (1, a, 1, 1),
        "convs.1.conv1.0.weight": (a, a, 3, 3),
        "convs.1.conv1.1.bias": (1, a, 1, 1),
        "convs.1.conv2.1.weight": (b, a, 3, 3),
        "convs.1.conv2.2.bias": (1, b, 1, 1),
        "convs.1.skip.1.weight": (b, a, 1, 1),
        "final_conv.0.weight": (b, b, 3, 3),
        "final_conv.1.bias": (1, b, 1, 1),
        "final_linear.0.weight": (b, 16 * b),
        "final_linear.0.bias": (b,),
        "final_linear.1.weight": (1, b),
        "final_linear.1.bias": (1,),
    }
    state = theirs(places)
    blur = BLUR["blur_kernel_filt4"]
    stored = {"convs.1.conv2.0.kernel": blur, "convs.1.skip.0.kernel": blur}
    assign_discriminator(discriminator, state | stored)
    assert len(discriminator.weights) == len(state)

    outputs = discriminator(tf.random.stateless_normal([2, 8, 8, 1], [1, 2]))
    flat = np.transpose(outputs["local_features"], (0, 3, 1, 2)).reshape(2, -1)
    hidden = flat @ state["final_linear.0.weight"].T / np.sqrt(16 * b)
    hidden += state["final_linear.0.bias"]
    hidden = np.sqrt(2) * np.where(hidden > 0, hidden, 0.2 * hidden)
    np.testing.assert_allclose(outputs["global_features"], hidden, rtol=1e-3, atol=1e-3)
    with pytest.raises(CheckpointError, match="'convs.1.skip.0.kernel'"):
        assign_discriminator(discriminator, state | {"convs.1.skip.0.kernel": 2 * blur})


def without(state, name):
    return {key: array for key, array in state.items() if key != name}


REFUSED = [
    (
        lambda: TranslationGenerator(width=4),
        STATE,
        "num_blocks is 6, the config's 9",
    ),
    (
        lambda: TranslationGenerator(width=4, num_blocks=6, antialias_up=False),
        STATE,
        "antialias_up is True, the config's False",
    ),
    (
        lambda: TranslationGenerator(width=8, num_blocks=6),
        STATE,
        r"'model.1.weight' has shape \(4, 3, 7, 7\) \(\(7, 7, 3, 4\) in our layout\), "
        r"but .*conv1/kernel has \(7, 7, 3, 8\)",
    ),
    (
        lambda: TranslationGenerator(width=4, num_blocks=6),
        without(STATE, "model.19.bias"),
        "lacks 'model.19.bias'",
    ),
    (
        lambda: TranslationGenerator(width=4, num_blocks=6),
        STATE | {"model.40.weight": np.zeros((3, 3, 3, 3)), "extra": np.zeros(2)},
        r"nothing takes its 'model.40.weight' \(2 arrays are left over\)",
    ),
    (
        lambda: TranslationGenerator(width=4, num_blocks=6),
        STATE | {"model.1.bias": np.full(4, np.nan)},
        "'model.1.bias' is not finite",
    ),
    (
        lambda: TranslationGenerator(width=4),
        D_STATE,
        "none of the authors' residual ones",
    ),
    (
        lambda: SinCUTGenerator(width=4),
        SINCUT_STATE,
        r"'encoder.convs.1.0.weight' has shape \(16, 3, 1, 1\)",
    ),
    (
        lambda: SinCUTGenerator(width=2, num_blocks=4),
        SINCUT_STATE,
        "'decoder.convs.2.conv.weight'",
    ),
]


@pytest.mark.parametrize(("network", "state", "message"), REFUSED)
def test_refused_generators(network, state, message):
    with pytest.raises(CheckpointError, match=message):
        assign_generator(network(), state)


def test_refused_discriminators_and_projectors():
    with pytest.raises(CheckpointError, match="nothing takes its 'model.14.weight'"):
        four = PatchDiscriminator(width=8, kind="n_layers", num_layers=2)
        state = D_STATE | {
            "model.10.weight": np.zeros((1, 32, 4, 4)),
            "model.10.bias": np.zeros(1),
        }
        assign_discriminator(
            four, without(without(state, "model.11.weight"), "model.11.bias")
        )
    with pytest.raises(CheckpointError, match="lacks 'net.0.weight'"):
        assign_discriminator(PatchDiscriminator(width=8, kind="pixel"), D_STATE)
    with pytest.raises(CheckpointError, match="nothing takes its 'mlp_3.0"):
        assign_projector(PatchSampler((3, 16, 32), embedding_dim=32), F_STATE)
    with pytest.raises(CheckpointError, match=r"'mlp_1.0.weight' has shape \(32, 16\)"):
        assign_projector(PatchSampler((3, 8, 32, 32), embedding_dim=32), F_STATE)
