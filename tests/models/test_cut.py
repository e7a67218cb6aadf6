"""Training steps of CUT, FastCUT and SinCUT against PyTorch.

The numbers of `cut_step_*` are the authors' code's. Those of `twin_cut_step_*`, for
cases that are not among them, were made in float64 by an independent PyTorch
re-implementation that gives the authors' numbers to the bit: CUT with two oblong
pictures, FastCUT with mirrored ones, SinCUT with four crops (whose G is the smaller
one's, whose R1 is a thousand times the default, so that it is felt).
"""

import types

import numpy as np
import pytest
import tensorflow as tf
from golden_files import load_golden, part, relative_error

from tfgan_contra.importers.cut import (
    assign_discriminator,
    assign_generator,
    assign_projector,
    read_architecture,
)
from tfgan_contra.models.translation_configs import (
    CUTConfig,
    FastCUTConfig,
    SinCUTConfig,
)
from tfgan_contra.networks.translation_configs import (
    SinCUTNetworkConfig,
    TranslationNetworkConfig,
)
from tfgan_contra.optimizers import Adam
from tfgan_contra.regularizers.configs import R1Config
from tfgan_contra.types import TranslationSpec

CASES = {
    "cut_step_CUT_B1": CUTConfig,
    "twin_cut_step_CUT_B2_32x40": CUTConfig,
    "cut_step_FastCUT_B1_notflipped": FastCUTConfig,
    "twin_cut_step_FastCUT_B1_flipped": FastCUTConfig,
    "twin_cut_step_SinCUT_B4": SinCUTConfig,
}
ASSIGN = {"G": assign_generator, "D": assign_discriminator, "F": assign_projector}
# Against the network's largest gradient; a bias before a norm has none but rounding.
NOISE = 1e-5
# Stands for numbers that a file does not hold.
UNKNOWN = 1e30


def make_config(config_class, arrays):
    """Returns the config of a case."""
    options = {
        "num_patches": int(arrays["num_patches"]),
        "embedding_dim": int(arrays["netF_nc"]),
    }
    if config_class is SinCUTConfig:
        return SinCUTConfig(
            network=SinCUTNetworkConfig(g_width=2, d_width=1),
            regularizers=(R1Config(weight=float(arrays["lambda_R1"])),),
            **options,
        )
    blocks = read_architecture(part(arrays, "initial_G/"))["num_blocks"]
    network = TranslationNetworkConfig(g_width=4, d_width=4, num_blocks=blocks)
    return config_class(network=network, **options)


def networks(gan):
    """Returns each network with its optimiser, by the authors' letters."""
    return {
        "G": (gan.generator, gan.g_optimizer),
        "D": (gan.discriminator, gan.d_optimizer),
        "F": (gan.projector, gan.f_optimizer),
    }


def build(config, arrays):
    """Returns a model with the weights of a case."""
    size = arrays["real_A_nhwc"].shape[1]
    gan = config.build(TranslationSpec(size, 3, 3))
    gan.compile(*(make_adam(arrays) for _ in "GDF"), seed=1)
    for letter, (network, _) in networks(gan).items():
        ASSIGN[letter](network, part(arrays, f"initial_{letter}/"))
    return gan


def make_adam(arrays):
    return Adam(
        float(arrays["lr"]),
        beta_1=float(arrays["beta1"]),
        beta_2=float(arrays["beta2"]),
        epsilon=float(arrays["adam_eps"]),
    )


def make_step(gan):
    """Returns the compiled step, given what it would draw."""

    @tf.function(autograph=False)
    def step(data, drawn_places, mirrored):
        """Does a step of places and mirroring that are not drawn."""
        places = iter(drawn_places)
        gan.projector.draw = lambda features, key: next(places)
        if gan.config.flip_equivariance:
            gan.draw_mirrored = lambda noise: mirrored
        return gan.train_step(data)

    return step


def given(arrays, number, taps):
    """Returns the arguments of step `number`."""
    pictures = tuple(tf.constant(arrays[f"real_{domain}_nhwc"]) for domain in "AB")
    names = [n for n in ("NCE", "NCE_Y") if f"step{number}_loss_{n}" in arrays]
    places = [
        tuple(
            tf.constant(arrays[f"step{number}_patch_ids_{name}_layer{tap:02}"])
            for tap in taps
        )
        for name in names
    ]
    return pictures, places, tf.constant(bool(arrays.get("step0_flipped", False)))


@pytest.fixture(scope="module", params=CASES)
def run(request):
    """What the steps of a case gave."""
    arrays = load_golden(f"cut/{request.param}.npz")
    gan = build(make_config(CASES[request.param], arrays), arrays)
    step, losses, after = make_step(gan), [], {}
    while f"step{len(losses)}_loss_NCE" in arrays:
        gan.reset_metrics()
        logs = step(*given(arrays, len(losses), gan.taps))
        losses.append({name: float(value) for name, value in logs.items()})
        if len(losses) == 1:
            after = {
                letter: (
                    [v.numpy() for v in network.trainable_variables],
                    [m.numpy() for m in optimizer.first_moments],
                )
                for letter, (network, optimizer) in networks(gan).items()
            }
    return types.SimpleNamespace(arrays=arrays, gan=gan, losses=losses, after=after)


def in_our_layout(run, letter, prefix):
    """Returns arrays by the authors' names as ours; UNKNOWN where there is none."""
    initial = part(run.arrays, f"initial_{letter}/")
    stored = part(run.arrays, f"{prefix}_{letter}/")
    network = networks(run.gan)[letter][0]
    kept = [v.numpy() for v in network.trainable_variables]
    filled = {name: np.full_like(value, UNKNOWN) for name, value in initial.items()}
    ASSIGN[letter](network, filled | stored)
    ours = [v.numpy() for v in network.trainable_variables]
    for variable, value in zip(network.trainable_variables, kept, strict=True):
        variable.assign(value)
    return ours


def test_losses_of_every_step_equal_the_authors(run):
    weights = run.gan.config.loss_weights()
    for number, ours in enumerate(run.losses):

        def theirs(name, number=number):
            return float(run.arrays[f"step{number}_loss_{name}"])

        # Theirs hold their lambda already; the half between the contrasts is not in.
        halved = 0.5 if "g_identity_nce" in ours else 1.0
        expected = {
            "g_adversarial": theirs("G_GAN") / weights["g_adversarial"],
            "d_adversarial": 0.5
            * (theirs("D_real") + theirs("D_fake"))
            / weights["d_adversarial"],
            "g_nce": halved * theirs("NCE") / weights["g_nce"],
        }
        if "g_identity_nce" in ours:
            expected["g_identity_nce"] = (
                halved * theirs("NCE_Y") / weights["g_identity_nce"]
            )
        if "g_identity" in ours:
            expected["g_identity"] = theirs("idt") / weights["g_identity"]
            expected["r1"] = theirs("D_R1") / float(run.arrays["lambda_R1"])
        assert {n for n in ours if "layer" not in n} == set(expected)
        for name, value in expected.items():
            np.testing.assert_allclose(ours[name], value, rtol=1e-5, err_msg=name)


def test_a_contrast_is_the_mean_of_its_layers(run):
    for losses in run.losses:
        for name in ("g_nce", "g_identity_nce"):
            layers = [v for n, v in losses.items() if n.startswith(f"{name}_layer_")]
            if name in losses:
                assert len(layers) == len(run.gan.taps)
                np.testing.assert_allclose(np.mean(layers), losses[name], rtol=1e-5)


@pytest.mark.parametrize("letter", "GDF")
def test_gradients_equal_the_authors(run, letter):
    """Gradients as Adam's first moments after one step."""
    expected = in_our_layout(run, letter, "step0_grad")
    moments = run.after[letter][1]
    variables = networks(run.gan)[letter][0].trainable_variables
    largest = largest_of(expected)
    compared = 0
    for variable, moment, gradient in zip(variables, moments, expected, strict=True):
        # The noise itself is PyTorch's own.
        if is_unknown(gradient) or "noise" in variable.path:
            continue
        if np.abs(gradient).max() < NOISE * largest:
            continue
        ours = moment / (1.0 - float(run.arrays["beta1"]))
        assert relative_error(ours, gradient) < 1e-4, variable.path
        compared += 1
    assert compared >= 7


@pytest.mark.parametrize("letter", "DF")
def test_weights_after_a_step_equal_the_authors(run, letter):
    gradients = in_our_layout(run, letter, "step0_grad")
    expected = in_our_layout(run, letter, "after_step0")
    floor, compared = NOISE * largest_of(gradients), 0
    for ours, theirs, gradient in zip(
        run.after[letter][0], expected, gradients, strict=True
    ):
        if is_unknown(theirs) or is_unknown(gradient):
            continue
        # Adam moves by the learning rate whatever the gradient's size, which must
        # stand out from rounding noise for its sign to be known.
        known = np.abs(gradient) > floor
        np.testing.assert_allclose(ours[known], theirs[known], atol=2e-6)
        compared += known.sum()
    assert compared > 1000


def is_unknown(array):
    return np.abs(array).max() == np.float32(UNKNOWN)


def largest_of(gradients):
    """Returns the largest number of those that are known."""
    return max(np.abs(g).max() for g in gradients if not is_unknown(g))
