"""mimicry's checkpoints of every kind and resolution, and states that do not fit."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from golden_files import part, relative_error
from importers.pytorch_files import array, mapping, number, zip_file
from networks.sngan_cases import (
    built,
    filled,
    load_case,
    new_heads,
    new_networks,
    variables,
)

from tfgan_contra.errors import CheckpointError
from tfgan_contra.importers import read_pytorch_state, read_pytorch_step
from tfgan_contra.importers.mimicry import assign_discriminator, assign_generator
from tfgan_contra.layers import SNDense
from tfgan_contra.networks import ResNetGenerator, SNGANDiscriminator, SNGANGenerator

ARRAYS = load_case("sngan32")
GENERATOR, DISCRIMINATOR = part(ARRAYS, "G/sd/"), part(ARRAYS, "D/sd/")
LATENTS, HIDDEN = 3, 5
# Per resolution: side of the first map, channels of the generator's maps and of the
# discriminator's, and how many blocks of that halve, all for a width of 1; then the
# names' numbers: of the generator's last layers and of the logit's.
SIZES = {
    32: (4, (4, 4, 4, 4), (2, 2, 2, 2), 2, 5, "l5"),
    48: (6, (8, 4, 2, 1), (1, 2, 4, 8, 16), 4, 5, "l5"),
    64: (4, (16, 8, 4, 2, 1), (1, 2, 4, 8, 16), 5, 6, "l6"),
    128: (4, (16, 16, 8, 4, 2, 1), (1, 2, 4, 8, 16, 16), 5, 7, "l7"),
}
KINDS = ("sngan", "ssgan", "infomax")


# Their names and shapes, written out.


def plain(name, *shape):
    return {f"{name}.weight": shape, f"{name}.bias": shape[:1]}


def normalised(name, *shape):
    rest = (int(np.prod(shape[1:])),)
    return {
        f"{name}.weight_orig": shape,
        f"{name}.bias": shape[:1],
        f"{name}.weight_u": shape[:1],
        f"{name}.weight_v": rest,
    }


def batch_norm(name, channels):
    kinds = ("weight", "bias", "running_mean", "running_var")
    counter = {f"{name}.num_batches_tracked": ()}
    return {f"{name}.{kind}": (channels,) for kind in kinds} | counter


def generator_shapes(image_size):
    side, channels, _, _, last, _ = SIZES[image_size]
    shapes = plain("l1", side * side * channels[0], LATENTS)
    for i, (narrow, wide) in enumerate(zip(channels, channels[1:], strict=False)):
        name = f"block{i + 2}"
        shapes |= plain(f"{name}.c1", wide, narrow, 3, 3)
        shapes |= plain(f"{name}.c2", wide, wide, 3, 3)
        shapes |= plain(f"{name}.c_sc", wide, narrow, 1, 1)
        shapes |= batch_norm(f"{name}.b1", narrow) | batch_norm(f"{name}.b2", wide)
    last_layers = batch_norm(f"b{last}", channels[-1])
    return shapes | last_layers | plain(f"c{last}", 3, channels[-1], 3, 3)


def block_name(kind, index, count):
    if kind != "infomax":
        return f"block{index + 1}"
    return (
        "global_feat_blocks.0" if index == count - 1 else f"local_feat_blocks.{index}"
    )


def discriminator_shapes(image_size, kind):
    _, _, channels, halvings, _, logit = SIZES[image_size]
    shapes, before, count = {}, 3, len(channels)
    for i, wide in enumerate(channels):
        name = block_name(kind, i, count)
        hidden = before if i else wide
        shapes |= normalised(f"{name}.c1", hidden, before, 3, 3)
        shapes |= normalised(f"{name}.c2", wide, hidden, 3, 3)
        if i < halvings or before != wide:
            shapes |= normalised(f"{name}.c_sc", wide, before, 1, 1)
        before = wide
    shapes |= normalised("linear" if kind == "infomax" else logit, 1, before)
    if kind == "ssgan":
        shapes |= normalised("l_y", 4, before)
    if kind == "infomax":
        for place, inputs, ones in (
            ("local", channels[-2], (1, 1)),
            ("global", before, ()),
        ):
            shapes |= normalised(f"{place}_nrkhs_a", inputs, inputs, *ones)
            shapes |= normalised(f"{place}_nrkhs_b", HIDDEN, inputs, *ones)
            shapes |= normalised(f"{place}_nrkhs_sc", HIDDEN, inputs, *ones)
    return shapes


def random_state(shapes):
    random = np.random.default_rng(0)
    return {
        name: np.array(random.standard_normal(shape), np.float32)
        for name, shape in shapes.items()
    }


def sums(arrays):
    return sorted(round(np.abs(np.asarray(a, np.float64)).sum(), 3) for a in arrays)


@pytest.mark.parametrize("image_size", SIZES)
def test_every_array_of_a_generator_finds_its_place(image_size):
    state = random_state(generator_shapes(image_size))
    generator = SNGANGenerator(
        image_size=image_size, width=1, latent_dim=LATENTS, initializer="zeros"
    )
    assign_generator(generator, {f"module.{name}": a for name, a in state.items()})
    read = [a for name, a in state.items() if not name.endswith("tracked")]
    assert sums(generator.get_weights()) == sums(read)


@pytest.mark.parametrize("image_size", SIZES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_array_of_a_discriminator_finds_its_place(image_size, kind):
    state = random_state(discriminator_shapes(image_size, kind))
    discriminator = SNGANDiscriminator(
        image_size=image_size, width=1, initializer="zeros"
    )
    heads = new_heads(discriminator, state)
    assert (
        set(heads)
        == {
            "sngan": {"logit_head"},
            "ssgan": {"logit_head", "rotation_head"},
            "infomax": {"logit_head", "local_projection", "global_projection"},
        }[kind]
    )
    assign_discriminator(discriminator, state, **heads)
    placed = [v for _, v in variables([discriminator, *heads.values()])]
    assert sums(placed) == sums(state.values())


@pytest.mark.parametrize("image_size", [32, 48])
def test_rows_of_the_first_layer_are_channels_first(image_size):
    side, (channels, *_), *_ = SIZES[image_size]
    state = random_state(generator_shapes(image_size))
    generator = SNGANGenerator(image_size=image_size, width=1, latent_dim=LATENTS)
    assign_generator(generator, state)
    z = np.ones((1, LATENTS), np.float32)
    theirs = (z @ state["l1.weight"].T + state["l1.bias"]).reshape(channels, side, side)
    ours = np.reshape(generator.first(z), [side, side, channels])
    np.testing.assert_allclose(ours, np.moveaxis(theirs, 0, 2), atol=1e-5)


# SSGAN's heads at 32 pixels.


def with_early_heads(features):
    """SNGAN's state with SSGAN's heads, which know the u of some iterations ago."""
    random = np.random.default_rng(1)
    state = {k: v for k, v in DISCRIMINATOR.items() if not k.startswith("l5")}
    for name, units in (("l5", 1), ("l_y", 4)):
        state |= {
            f"{name}.weight": random.standard_normal((units, features)).astype("f"),
            f"{name}.bias": random.standard_normal(units).astype("f"),
            f"{name}.sn_u": random.standard_normal((1, units)).astype("f"),
            f"{name}.sn_sigma": np.ones(1, np.float32),
        }
    return state


def their_training_pass(state, name, inputs):
    """Returns the outputs and the u of mimicry's own spectral norm."""
    weight, u = state[f"{name}.weight"].astype(float), state[f"{name}.sn_u"]
    v = u @ weight
    v /= np.linalg.norm(v)
    u = v @ weight.T
    u /= np.linalg.norm(u)
    sigma = (u @ weight @ v.T).item()
    return inputs @ (weight / sigma).T + state[f"{name}.bias"], u[0]


def test_heads_whose_v_is_not_stored():
    _, discriminator = new_networks(ARRAYS)
    features = discriminator.feature_dim
    state = with_early_heads(features)
    heads = new_heads(discriminator, state)
    assign_discriminator(discriminator, state, **heads)
    inputs = np.random.default_rng(2).standard_normal((3, features)).astype("f")
    for head, name in (("logit_head", "l5"), ("rotation_head", "l_y")):
        layer = heads[head]
        u = state[f"{name}.sn_u"][0]
        v = np.asarray(layer.sn_v)
        np.testing.assert_allclose(np.linalg.norm(v), 1.0, rtol=1e-6)
        largest = np.linalg.norm(state[f"{name}.weight"].T @ u)
        np.testing.assert_allclose(layer.sigma(), largest, rtol=1e-5)
        outputs, u = their_training_pass(state, name, inputs)
        ours = layer(tf.constant(inputs), training=True)
        assert relative_error(ours, outputs) < 1e-5
        assert relative_error(layer.sn_u, u) < 1e-5


def test_evaluation_agrees_where_the_heads_have_converged():
    _, discriminator = new_networks(ARRAYS)
    state = with_early_heads(discriminator.feature_dim)
    for name in ("l5", "l_y"):
        state[f"{name}.sn_u"] = np.linalg.svd(state[f"{name}.weight"])[0][:, :1].T
    heads = new_heads(discriminator, state)
    assign_discriminator(discriminator, state, **heads)
    inputs = np.ones((2, discriminator.feature_dim), np.float32)
    for head, name in (("logit_head", "l5"), ("rotation_head", "l_y")):
        outputs, _ = their_training_pass(state, name, inputs)
        assert relative_error(heads[head](tf.constant(inputs)), outputs) < 1e-5


# Files.


def test_a_checkpoint_file_gives_its_state(tmp_path):
    """Of arrays only the model's are read, not the optimiser's."""
    bias = np.arange(3, dtype=np.float32)
    members = {
        "model_state_dict": mapping({"c5.bias": array("0", bias)}),
        "optimizer_state_dict": mapping({"state": mapping({})}),
        "global_step": number(100000),
    }
    zip_file(tmp_path / "netG.pth", mapping(members), {"0": bias.tobytes()})
    state = read_pytorch_state(tmp_path / "netG.pth")
    assert list(state) == ["c5.bias"]
    np.testing.assert_array_equal(state["c5.bias"], bias)
    assert read_pytorch_step(tmp_path / "netG.pth") == 100000


@pytest.mark.parametrize(
    "beside", [{}, {"global_step": b"\x88"}, {"global_step": number(-1)}]
)
def test_what_is_no_step_is_none(tmp_path, beside):
    """Nothing, a flag, a negative number; and a state dict alone has none."""
    bias = np.zeros(3, np.float32)
    state = {"c5.bias": array("0", bias)}
    blocks = {"0": bias.tobytes()}
    members = {"model_state_dict": mapping(state)} | beside
    zip_file(tmp_path / "netG.pth", mapping(members), blocks)
    assert read_pytorch_step(tmp_path / "netG.pth") is None
    zip_file(tmp_path / "plain.pth", mapping(state), blocks)
    assert read_pytorch_step(tmp_path / "plain.pth") is None


# States that do not fit.


def without(state, name):
    return {key: value for key, value in state.items() if key != name}


def new_generator(**changes):
    options = {"image_size": 32, "width": 2, "latent_dim": 16} | changes
    return SNGANGenerator(**options, initializer="zeros")


@pytest.mark.parametrize(
    ("changes", "state", "message"),
    [
        (
            {"width": 4},
            GENERATOR,
            r"'l1.weight' has shape \(128, 16\).*first/kernel has \(16, 256\)",
        ),
        ({"image_size": 48}, GENERATOR, r"'l1.weight' has shape \(128, 16\)"),
        ({}, without(GENERATOR, "b5.bias"), "lacks 'b5.bias', which .*last_norm/beta"),
        (
            {},
            GENERATOR | {"block5.c1.weight": np.zeros(3)},
            r"generator is of another .* takes its 'block5.c1.weight' \(1 arrays",
        ),
        (
            {},
            GENERATOR | {"c5.bias": np.full(3, np.nan)},
            "'c5.bias' is not finite everywhere",
        ),
        ({}, DISCRIMINATOR, "lacks 'l1.weight'"),
        ({"upsampling": "nearest"}, GENERATOR, "upsampling='bilinear', the config 'n"),
        ({"self_modulated": True}, GENERATOR, "self_modulated=False, the config True"),
        ({"num_classes": 10}, GENERATOR, "num_classes=0, the config 10"),
        ({"spectral_norm": True}, GENERATOR, "spectral_norm=False, the config True"),
    ],
)
def test_other_generators_are_refused(changes, state, message):
    with pytest.raises(CheckpointError, match=message) as caught:
        assign_generator(new_generator(**changes), state)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "state", "message"),
    [
        (
            {"width": 2},
            DISCRIMINATOR,
            r"'block1.c1.weight_orig' has shape \(8, 3, 3, 3\).*\(3, 3, 3, 4\)",
        ),
        (
            {"image_size": 48},
            DISCRIMINATOR,
            r"block1/conv1/kernel has \(3, 3, 3, 4\)",
        ),
        (
            {},
            without(DISCRIMINATOR, "block3.c2.weight_v"),
            "lacks 'block3.c2.weight_v'",
        ),
        (
            {},
            DISCRIMINATOR | {"l_y.bias": np.zeros(4)},
            r"discriminator is of another .* takes its 'l_y.bias' \(1 arrays",
        ),
        (
            {},
            {k.replace("l5.", "l9."): v for k, v in DISCRIMINATOR.items()},
            "it has no layers named l5, l6, l7 or linear",
        ),
        ({}, DISCRIMINATOR | {"l6.bias": np.zeros(1)}, "it has 2 layers named l5"),
        ({}, GENERATOR, "lacks 'block1.c1.weight_orig'"),
        ({"pooling": "mean"}, DISCRIMINATOR, "pooling='sum', the config 'mean'"),
        (
            {"rectified_shortcut": False},
            DISCRIMINATOR,
            "rectified_shortcut=True, the config False",
        ),
        ({"spectral_norm": False}, DISCRIMINATOR, "spectral_norm=True, the config F"),
        (
            {"attention_after": (1,)},
            DISCRIMINATOR,
            r"attention_after=\(\), the config \(1,\)",
        ),
    ],
)
def test_other_discriminators_are_refused(changes, state, message):
    options = {"image_size": 32, "width": 4} | changes
    discriminator = SNGANDiscriminator(**options, initializer="zeros")
    head = built(SNDense(1), discriminator.feature_dim)
    with pytest.raises(CheckpointError, match=message) as caught:
        assign_discriminator(discriminator, state, logit_head=head)
    assert "\n" not in str(caught.value)


def test_other_networks_and_heads_are_refused():
    network = ResNetGenerator(image_size=32, width=2, initializer="zeros")
    with pytest.raises(CheckpointError, match="SNGANGenerator.*is a ResNetGenerator"):
        assign_generator(network, GENERATOR)
    _, discriminator = new_networks(ARRAYS)
    state = with_early_heads(discriminator.feature_dim)
    head = built(keras.layers.Dense(1), discriminator.feature_dim)
    with pytest.raises(CheckpointError, match="'l5' is spectrally normalised"):
        assign_discriminator(discriminator, state, logit_head=head)


def test_a_head_that_is_given_no_place_is_named():
    generator, discriminator, _ = filled(ARRAYS)
    assert generator.built and discriminator.built
    with pytest.raises(CheckpointError, match=r"takes its 'l5.bias' \(4 arrays"):
        assign_discriminator(discriminator, DISCRIMINATOR)
