"""The ContraGAN authors' states of every version become models with their outputs."""

import dataclasses

import numpy as np
import pytest
from golden_files import relative_error
from importers.reference_states import (
    BIG,
    BIG_CONFIG,
    DEEP,
    DEEP_CONFIG,
    RESNET,
    RESNET_CONFIG,
    states,
)

from tfgan_contra.errors import CheckpointError
from tfgan_contra.importers import import_states
from tfgan_contra.importers.layouts import TodaysState
from tfgan_contra.layers.spectral_norm import spectral_norm_layers
from tfgan_contra.models.configs import (
    ACGANConfig,
    ProjGANConfig,
    ReACGANConfig,
    UnconditionalGANConfig,
)
from tfgan_contra.types import DataSpec

CASES = {
    "resnet": (RESNET, RESNET_CONFIG, DataSpec(32, 3, 10)),
    "big_resnet": (BIG, BIG_CONFIG, DataSpec(64, 3, 12)),
    "deep_conv": (DEEP, DEEP_CONFIG, DataSpec(32, 3, 10)),
}


def images(generator, arrays, training=False):
    stride = int(arrays.get("meta/stored_image_stride", 1))
    made = generator([arrays["in/z"], arrays["in/y_fake"]], training=training)
    return np.asarray(made)[:, ::stride, ::stride]


def check_generator(generator, arrays, mode="eval"):
    made = images(generator, arrays, training=mode == "train")
    assert relative_error(made, arrays[f"{mode}/G_images_nhwc"]) < 1e-4


def check_discriminator(gan, arrays, mode="eval"):
    outputs = gan.discriminate(
        arrays["in/images_nhwc"], arrays["in/y_real"], training=mode == "train"
    )
    for ours, theirs in (
        ("logits", "adv_output"),
        ("embeddings", "embed"),
        ("proxies", "proxy"),
    ):
        assert relative_error(outputs[ours], arrays[f"{mode}/D_{theirs}"]) < 1e-4, ours


@pytest.mark.parametrize("case", CASES)
def test_the_authors_outputs_in_evaluation_and_training(case):
    arrays, config, spec = CASES[case]
    generator, discriminator = states(arrays)
    gan = import_states(config, generator=generator, discriminator=discriminator)
    assert gan.spec == spec
    check_generator(gan.generator_ema, arrays)
    check_generator(gan.generator, arrays, "train")
    check_discriminator(gan, arrays)
    check_discriminator(gan, arrays, "train")


def test_reacgan_has_the_same_heads():
    arrays, _, _ = CASES["resnet"]
    config = ReACGANConfig(network=RESNET_CONFIG.network, embedding_dim=24)
    gan = import_states(config, discriminator=states(arrays)[1])
    check_discriminator(gan, arrays)


# Older versions.


def with_tables(state):
    """A generator as it was saved from late 2020 to January 2022."""
    old = {}
    for name, array in state.items():
        for today, table in (("gain", "embed0"), ("bias", "embed1")):
            if name.endswith(f".{today}.weight"):
                name = name.replace(f".{today}.", f".{table}.")
                array = array.T
        old[name] = array
    return old


def with_one_table(state):
    """A generator as it was saved in June 2020, through DataParallel."""
    old = {}
    for name, array in state.items():
        if name.endswith(".gain.weight"):
            other = state[name.replace("gain", "bias")]
            table = np.concatenate([array.T, other.T], axis=1)
            old["module." + name.replace("gain", "embed")] = table
        elif not name.endswith(".bias.weight"):
            old["module." + name] = array
    return old


def renamed(state, names):
    """Exchanges the first part of names."""
    pieces = {name: name.partition(".") for name in state}
    return {
        f"{names.get(first, first)}.{rest}": state[name]
        for name, (first, _, rest) in pieces.items()
    }


@pytest.mark.parametrize("case", ["resnet", "deep_conv"])
@pytest.mark.parametrize("older", [with_tables, with_one_table])
def test_norms_that_were_tables_of_classes(case, older):
    arrays, config, spec = CASES[case]
    gan = import_states(config, generator=older(states(arrays)[0]))
    assert gan.spec == spec
    check_generator(gan.generator, arrays)


def test_normalised_tables_keep_their_norm():
    """Transposing exchanges u and v; sigma = u' W v stays."""
    random = np.random.default_rng(0)
    table, u, v = (random.standard_normal(s) for s in ((5, 8), 5, 8))
    name = "blocks.0.0.bn1.embed0.weight"
    today = TodaysState({f"{name}_orig": table, f"{name}_u": u, f"{name}_v": v})
    kernel, new_u, new_v = (
        today[f"blocks.0.0.bn1.gain.weight_{suffix}"] for suffix in ("orig", "u", "v")
    )
    assert kernel.shape == (8, 5)
    np.testing.assert_allclose(new_u @ kernel @ new_v, u @ table @ v)


@pytest.mark.parametrize("numbers", [(4, 5), (5, 6), (6, 7)])
def test_heads_of_june_2020(numbers):
    arrays, config, _ = CASES["resnet"]
    names = {f"linear{i}": f"linear{n}" for i, n in enumerate(numbers, start=1)}
    gan = import_states(config, discriminator=renamed(states(arrays)[1], names))
    check_discriminator(gan, arrays)


@pytest.mark.parametrize("last", ["conv", "conv3"])
def test_the_last_convolution_of_deep_conv_had_other_names(last):
    arrays, config, _ = CASES["deep_conv"]
    gan = import_states(
        config, discriminator=renamed(states(arrays)[1], {"conv1": last})
    )
    check_discriminator(gan, arrays)


# Other heads, on the authors' features.


def head_inputs():
    """Returns D's state without 2C's heads, the authors' features and logits."""
    state = states(RESNET)[1]
    kept = {
        k: v for k, v in state.items() if not k.startswith(("linear2", "embedding"))
    }
    return kept, RESNET["eval/D_h"], RESNET["eval/D_adv_output"]


def normalised(random, shape):
    """Returns a kernel with u and v, and the kernel divided by sigma."""
    kernel = random.standard_normal(shape).astype(np.float32)
    u, v = random.standard_normal(shape[0]), random.standard_normal(shape[1])
    arrays = {"weight_orig": kernel, "weight_u": u, "weight_v": v}
    return arrays, kernel / (u @ kernel @ v)


def test_projection_adds_the_class_embedding():
    state, features, logits = head_inputs()
    arrays, table = normalised(np.random.default_rng(0), (10, 16))
    state |= {f"embedding.{name}": array for name, array in arrays.items()}
    config = ProjGANConfig(network=RESNET_CONFIG.network)
    gan = import_states(config, generator=states(RESNET)[0], discriminator=state)
    labels = RESNET["in/y_real"]
    made = gan.discriminate(RESNET["in/images_nhwc"], labels)["logits"]
    expected = logits + (table[labels] * features).sum(axis=1)
    assert relative_error(made, expected) < 1e-4


@pytest.mark.parametrize("head", ["linear2", "linear4"])
def test_acgan_classifies_with_and_without_bias(head):
    """`linear2` has no bias; `linear4` of 2020 had one."""
    state, features, logits = head_inputs()
    arrays, kernel = normalised(np.random.default_rng(0), (10, 16))
    state |= {f"{head}.{name}": array for name, array in arrays.items()}
    bias = np.arange(10, dtype=np.float32) if head == "linear4" else np.zeros(10)
    if head == "linear4":
        state["linear4.bias"] = bias
    network = RESNET_CONFIG.network
    config = ACGANConfig(network=network, class_bias=head == "linear4")
    gan = import_states(config, discriminator=state)
    assert gan.spec.num_classes == 10
    outputs = gan.discriminate(RESNET["in/images_nhwc"])
    assert relative_error(outputs["logits"], logits) < 1e-4
    assert relative_error(outputs["class_logits"], features @ kernel.T + bias) < 1e-4

    wrong = dataclasses.replace(config, class_bias=not config.class_bias)
    message = "linear4.bias" if head == "linear4" else "lacks 'linear2.bias'"
    with pytest.raises(CheckpointError, match=message):
        import_states(wrong, discriminator=state)


def test_unconditional_networks():
    """Plain norms that equal the conditional ones of a class give that class."""
    conditional, label = states(RESNET)[0], int(RESNET["in/y_fake"][0])
    generator = {}
    for name, array in conditional.items():
        if name.endswith(".gain.weight"):
            name, array = name.replace("gain.", ""), 1 + array[:, label]
        elif name.endswith(".bias.weight"):
            name, array = name.removesuffix(".weight"), array[:, label]
        generator[name.replace(".bn.", ".")] = array
    discriminator, _, logits = head_inputs()
    config = UnconditionalGANConfig(network=RESNET_CONFIG.network)
    gan = import_states(config, generator=generator, discriminator=discriminator)
    assert gan.spec == DataSpec(32, 3, 0)
    made = np.asarray(gan.generator(RESNET["in/z"][:1]))
    assert relative_error(made, RESNET["eval/G_images_nhwc"][:1]) < 1e-4
    outputs = gan.discriminate(RESNET["in/images_nhwc"])
    assert relative_error(outputs["logits"], logits) < 1e-4


def test_a_discriminator_with_batch_norm():
    """Every array lands in its layer; the first block has no norm before them."""
    plain = dataclasses.replace(RESNET_CONFIG.network, d_spectral_norm=False)
    config = UnconditionalGANConfig(network=plain)
    random, state = np.random.default_rng(0), {}
    for name, array in head_inputs()[0].items():
        if not name.endswith(("_u", "_v")):
            state[name.replace("weight_orig", "weight")] = array
    sizes = {0: {0: 3, 1: 16}, 1: {0: 16, 1: 16, 2: 16}, 2: {1: 16, 2: 16}}
    for block, norms in (sizes | {3: sizes[2]}).items():
        for norm, size in norms.items():
            for kind in ("weight", "bias", "running_mean", "running_var"):
                name = f"blocks.{block}.0.bn{norm}.{kind}"
                state[name] = random.random(size, np.float32)
    gan = import_states(config, discriminator=state)
    blocks = gan.discriminator.blocks
    for variable, name in (
        (blocks[0].norm0.gamma, "blocks.0.0.bn0.weight"),
        (blocks[0].norm1.beta, "blocks.0.0.bn1.bias"),
        (blocks[1].norm1.moving_mean, "blocks.1.0.bn1.running_mean"),
        (blocks[3].norm2.moving_variance, "blocks.3.0.bn2.running_var"),
    ):
        np.testing.assert_array_equal(np.asarray(variable), state[name])


# The moving average.


def with_wrong_vectors(state):
    """What a moving average does to u and v, made worse."""
    random = np.random.default_rng(0)
    return {
        name: random.standard_normal(array.shape)
        if name[-2:] in ("_u", "_v")
        else array
        for name, array in state.items()
    }


def test_spectral_norm_of_the_average_is_computed_anew():
    """And the average alone becomes the generator too."""
    gan = import_states(BIG_CONFIG, generator_ema=with_wrong_vectors(states(BIG)[0]))
    for layer in spectral_norm_layers(gan.generator_ema):
        kernel = np.asarray(layer.kernel)
        largest = np.linalg.norm(kernel.reshape(-1, kernel.shape[-1]), 2)
        assert float(layer.sigma()) == pytest.approx(largest, rel=0.05)
    for ours, average in zip(
        gan.generator.variables, gan.generator_ema.variables, strict=True
    ):
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(average))


def test_generator_and_average_are_kept_apart():
    average = states(RESNET)[0]
    generator = average | {"conv2d5.bias": np.ones(3, np.float32)}
    gan = import_states(RESNET_CONFIG, generator=generator, generator_ema=average)
    check_generator(gan.generator_ema, RESNET)
    np.testing.assert_array_equal(np.asarray(gan.generator.last_conv.bias), np.ones(3))
